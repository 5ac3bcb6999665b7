"""
Painted lesions: photographs without retinopathy get spots shaped and coloured like its lesions, so that a network can learn what small
dark and bright spots are from thousands of examples whose place is known. Sizes are shares of the picture's width, which shows about
45 degrees of the retina, 13 mm: microaneurysms below 125 micrometres, dot and blot haemorrhages to 500, cotton-wool spots 300 to 1000
(ETDRS report 10, 1991).
"""
import math

import torch

from augment import draw

RED, EXUDATE, COTTON = 0, 1, 2
KINDS = {  # radius as a share of the width, elongation, colour (red, green, blue), softness of the edge, how many at most
    "microaneurysm": (RED, (0.0025, 0.006), 1.2, (-0.35, -1.0, -0.6), 0.5, 12),
    "blot": (RED, (0.006, 0.022), 1.6, (-0.45, -1.0, -0.6), 0.3, 8),
    "flame": (RED, (0.004, 0.009), 4.0, (-0.4, -1.0, -0.6), 0.4, 5),
    "exudate": (EXUDATE, (0.003, 0.010), 2.2, (0.8, 1.0, 0.1), 0.2, 30),
    "cotton-wool": (COTTON, (0.012, 0.035), 1.8, (0.5, 0.8, 0.7), 0.9, 4),
}


def spot(radius, elongation, softness):
    """A patch [S, S] from 0 to 1: an ellipse turned anyhow, its edge uneven."""
    a, b = radius * math.sqrt(draw(1, elongation)), radius / math.sqrt(draw(1, elongation))
    half = int(math.ceil(1.6 * a + 2))
    y, x = torch.meshgrid(torch.arange(-half, half + 1.0), torch.arange(-half, half + 1.0), indexing="ij")
    turn = draw(0, math.pi)
    u, v = (x * math.cos(turn) + y * math.sin(turn)) / a, (-x * math.sin(turn) + y * math.cos(turn)) / b
    angle = torch.atan2(v, u)
    uneven = sum(draw(0, 0.12) * torch.cos(k * angle + draw(0, 6.3)) for k in (2, 3, 5))
    return torch.sigmoid((1 + uneven - (u * u + v * v).sqrt()) * min(radius, 4) / softness)


def places(inside, count, clustered):
    """Row and column of `count` pixels of the field of view, near one another where `clustered`."""
    all_places = torch.nonzero(inside)
    chosen = all_places[torch.randint(len(all_places), (count,))]
    if clustered:
        spread = draw(0.03, 0.12) * inside.shape[-1]
        near = (chosen[:1] + torch.randn(count, 2) * spread).round().long().clamp(0, inside.shape[-1] - 1)
        chosen = torch.where(inside[near[:, 0], near[:, 1]].unsqueeze(1), near, chosen)
    return chosen.tolist()


def add(picture, patch, row, column, amount):
    """Blends `amount` [3] (towards 1 where positive, -1 where negative) into a picture [3, H, W] around a place, in place."""
    half, size = patch.shape[0] // 2, picture.shape[-1]
    top, left = max(0, row - half), max(0, column - half)
    bottom, right = min(size, row + half + 1), min(size, column + half + 1)
    part = patch[top - row + half:bottom - row + half, left - column + half:right - column + half]
    there = picture[:, top:bottom, left:right]
    goal = amount.sign().view(3, 1, 1)
    there += part * amount.abs().view(3, 1, 1) * (goal * 0.95 - there)


def painted(x, stride=32, share=0.6):
    """
    A batch [B, 3, H, W] in -1..1 with lesions, and where they are: [B, 3, H / stride, W / stride], 1 where a lesion of that sort
    (red, exudate, cotton wool) has its middle. Each sort is in about `share` of the pictures where any is.
    """
    x = x.clone()
    n, _, size, _ = x.shape
    where = torch.zeros(n, 3, size // stride, size // stride)
    inside = torch.nn.functional.max_pool2d(-(x.amax(1, keepdim=True) > -0.6).float(), 15, 1, 7)[:, 0] < -0.5
    for i in range(n):
        if not inside[i].any() or torch.rand(()) > 0.8:
            continue
        for sort, radius, elongation, colour, softness, most in KINDS.values():
            if torch.rand(()) > share / (2 if sort == RED else 1):
                continue
            for row, column in places(inside[i], int(torch.randint(1, most + 1, ())), sort == EXUDATE or torch.rand(()) < 0.3):
                strength = draw(0.25, 0.85)
                add(x[i], spot(draw(*radius) * size, elongation, softness), row, column, torch.tensor(colour) * (strength * (1 + 0.25 * torch.randn(3))).clamp(0.05, 1))
                where[i, sort, min(row // stride, where.shape[2] - 1), min(column // stride, where.shape[3] - 1)] = 1
    return x, where
