"""
Painted findings for chest films: clouds, nodules, rings and blunted angles on films without any, so that what is to be found and what is not come
from the same hospital. Sizes are shares of the picture's width.
"""
import math

import torch
import torch.nn.functional as F

from augment import draw

CLOUD, FOCAL, ANGLE = 0, 1, 2


def smooth_noise(size, cells):
    """[S, S] of mean 0: a random relief of about that many hills across."""
    return F.interpolate(torch.randn(1, 1, cells + 2, cells + 2), size=(size, size), mode="bicubic", align_corners=False)[0, 0]


def bump(size, row, column, a, b, softness):
    """[S, S] from 0 to 1: a turned ellipse with a soft, uneven edge."""
    y, x = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    turn = draw(0, math.pi)
    u, v = ((x - column) * math.cos(turn) + (y - row) * math.sin(turn)) / a, (-(x - column) * math.sin(turn) + (y - row) * math.cos(turn)) / b
    return torch.sigmoid((1 - (u * u + v * v).sqrt() + 0.25 * smooth_noise(size, 10)) / softness)


def place(light):
    """A dark place of the upper two thirds, where the lungs are."""
    size = light.shape[-1]
    sides = [(0.16, 0.42), (0.58, 0.84)]
    for _ in range(12):
        low, high = sides[int(torch.rand(()) < 0.5)]
        row, column = int(draw(0.15, 0.68) * size), int(draw(low, high) * size)
        if -0.85 < light[row, column] < 0.1:
            break
    return row, column


def finding(kind, light):
    """What is added to a film [S, S] (its smoothed light given), and the middle."""
    size = light.shape[-1]
    if kind == ANGLE:
        low, high = ((0.1, 0.3), (0.7, 0.9))[int(torch.rand(()) < 0.5)]
        row, column = int(draw(0.72, 0.9) * size), int(draw(low, high) * size)
        return draw(0.3, 0.9) * bump(size, row, column, draw(0.1, 0.2) * size, draw(0.06, 0.14) * size, 0.25), row, column
    row, column = place(light)
    if kind == CLOUD:
        mask = bump(size, row, column, draw(0.06, 0.2) * size, draw(0.05, 0.14) * size, 0.35)
        return draw(0.25, 0.8) * mask * (0.6 + 0.5 * smooth_noise(size, int(draw(12, 40)))).clamp(0, 1.5), row, column
    a = draw(0.015, 0.05) * size
    spot = bump(size, row, column, a, a * draw(0.7, 1), 0.2)
    if torch.rand(()) < 0.4:
        spot = (spot - 0.9 * bump(size, row, column, a * 0.65, a * 0.6, 0.2)).clamp(0, 1)
    return draw(0.2, 0.7) * spot, row, column


def seen(cells):
    """One number a film from the cells [B, 3, h, w] of a Finder: how much of clouds and focal spots is anywhere (log of the summed odds)."""
    return torch.logsumexp(cells[:, :2].flatten(1), 1)


def painted(x, stride=32):
    """A batch [B, 3, H, W] in -1..1 with findings on most films, and where: [B, 3, H / stride, W / stride] for clouds, focal spots, angles."""
    x = x.clone()
    n, _, size, _ = x.shape
    where = torch.zeros(n, 3, size // stride, size // stride)
    smoothed = F.avg_pool2d(x.mean(1, keepdim=True), 9, 1, 4)[:, 0]
    for i in range(n):
        if torch.rand(()) < 0.35:
            continue
        for kind, share, most in ((CLOUD, 0.6, 3), (FOCAL, 0.5, 6), (ANGLE, 0.25, 1)):
            if torch.rand(()) > share:
                continue
            for _ in range(int(torch.randint(1, most + 1, ()))):
                more, row, column = finding(kind, smoothed[i])
                x[i] += more * (1 - x[i]) * 0.6
                where[i, kind, min(row // stride, where.shape[2] - 1), min(column // stride, where.shape[3] - 1)] = 1
    return x.clamp(-1, 1), where
