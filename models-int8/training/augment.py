"""Augmentation on a batch [B, 3, H, W] scaled to -1..1; every choice is drawn per image from torch's generator."""
import math

import torch
import torch.nn.functional as F


def uniform(n, low, high):
    return torch.rand(n) * (high - low) + low


def draw(low, high):
    """One number."""
    return low + (high - low) * float(torch.rand(()))


def geometric(x, rotate=10, scale=(0.9, 1.15), squeeze=(0.9, 1.1), shift=0.06, flip_x=True, flip_y=False):
    n = len(x)
    angle = uniform(n, -rotate, rotate) * math.pi / 180
    zoom = uniform(n, *scale)
    aspect = uniform(n, *squeeze)
    sx = (1 / (zoom * aspect)) * (torch.where(torch.rand(n) < 0.5, -1.0, 1.0) if flip_x else 1)
    sy = (1 / zoom) * (torch.where(torch.rand(n) < 0.5, -1.0, 1.0) if flip_y else 1)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = sx * angle.cos(), -sx * angle.sin()
    theta[:, 1, 0], theta[:, 1, 1] = sy * angle.sin(), sy * angle.cos()
    theta[:, :, 2] = uniform(n * 2, -shift, shift).view(n, 2)
    grid = F.affine_grid(theta, x.shape, align_corners=False)
    return F.grid_sample(x + 1, grid, align_corners=False, padding_mode="zeros") - 1


def tone(x, gamma=0.35, contrast=0.2, brightness=0.15, per_channel=0.0):
    n = len(x)
    v = ((x + 1) / 2).clamp(1e-3, 1)
    v = v ** torch.exp(uniform(n, -gamma, gamma)).view(n, 1, 1, 1)
    shape = (n, 3, 1, 1) if per_channel else (n, 1, 1, 1)
    c = 1 + uniform(n, -contrast, contrast).view(n, 1, 1, 1)
    b = uniform(n, -brightness, brightness).view(n, 1, 1, 1)
    if per_channel:
        c = c + uniform(n * 3, -per_channel, per_channel).view(shape)
        b = b + uniform(n * 3, -per_channel, per_channel).view(shape)
    return ((v - 0.5) * c + 0.5 + b).clamp(0, 1) * 2 - 1


def soften(x, share=0.3, lowest=0.45):
    """A random subset of the batch through a smaller size and back: focus, motion, cheap optics."""
    chosen = torch.rand(len(x)) < share
    if chosen.any():
        size = int(x.shape[-1] * float(uniform(1, lowest, 0.95)))
        small = F.interpolate(x[chosen], size=(size, size), mode="area")
        x = x.clone()
        x[chosen] = F.interpolate(small, size=x.shape[-2:], mode="bilinear", align_corners=False)
    return x


def noise(x, share=0.3, strength=0.12, grey=True):
    chosen = (torch.rand(len(x)) < share).float().view(-1, 1, 1, 1)
    sigma = uniform(len(x), 0, strength).view(-1, 1, 1, 1)
    shape = (len(x), 1 if grey else 3, *x.shape[-2:])
    return (x + chosen * sigma * torch.randn(shape)).clamp(-1, 1)


def border_mask(x, share=0.4, widest=0.12):
    """Black or white strips at the edges: collimation, labels, scanner frames."""
    x = x.clone()
    n, _, h, w = x.shape
    for i in torch.nonzero(torch.rand(n) < share).flatten().tolist():
        value = -1.0 if torch.rand(1) < 0.7 else 1.0
        top, bottom, left, right = (int(v * h) if torch.rand(1) < 0.5 else 0 for v in uniform(4, 0, widest).tolist())
        x[i, :, :top], x[i, :, h - bottom:] = value, value
        x[i, :, :, :left], x[i, :, :, w - right:] = value, value
    return x


def patches(x, share=0.4, count=3, largest=0.2):
    """Covers small rectangles: no single spot may carry the answer."""
    x = x.clone()
    n, _, h, w = x.shape
    for i in torch.nonzero(torch.rand(n) < share).flatten().tolist():
        for _ in range(int(torch.randint(1, count + 1, (1,)))):
            ph, pw = (int(v * h) for v in uniform(2, 0.04, largest).tolist())
            top, left = int(torch.rand(1) * (h - ph)), int(torch.rand(1) * (w - pw))
            x[i, :, top:top + ph, left:left + pw] = float(uniform(1, -1, 1))
    return x


def curve(x, share=0.5, strength=0.6):
    """A random rising tone curve through five points: film, scanner and display differ by such curves."""
    n = int((torch.rand(len(x)) < share).sum())
    if n == 0:
        return x
    rows = torch.randperm(len(x))[:n]
    steps = torch.exp(torch.randn(n, 4) * strength)
    knots = torch.cat([torch.zeros(n, 1), (steps / steps.sum(1, keepdim=True)).cumsum(1)], 1)
    v = (x[rows].flatten(1) + 1) / 2 * 4
    low = v.floor().clamp(0, 3).long()
    a, b = knots.gather(1, low), knots.gather(1, low + 1)
    x = x.clone()
    x[rows] = ((a + (b - a) * (v - low)) * 2 - 1).view_as(x[rows])
    return x


def local(x, share=0.4):
    """Adds or takes away fine detail (sharpening, local contrast) as film digitisers and makers' processing do."""
    gain = (torch.rand(len(x)) < share).float() * uniform(len(x), -0.5, 1.0)
    wide = F.avg_pool2d(F.pad(x, (8, 8, 8, 8), mode="reflect"), 17, 1)
    return (x + gain.view(-1, 1, 1, 1) * (x - wide)).clamp(-1, 1)
