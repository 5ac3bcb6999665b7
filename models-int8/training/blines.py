"""
Painted B-lines for lung ultrasound: bright rays from the pleura to the bottom of the sector, on frames without any, so that a sign of which nine
people have shown a real one is learned from frames of every machine. What a B-line is: Volpicelli 2012 (international evidence-based
recommendations for point-of-care lung ultrasound): laser-like, from the pleural line to the edge of the screen without fading, erasing A-lines.
"""
import torch
import torch.nn.functional as F

from augment import draw


def smoothed(light, size):
    return F.avg_pool2d(F.pad(light[None, None], (size // 2,) * 4, mode="replicate"), size, 1)[0, 0]


def between(lit, along):
    """[S, S] 1 from the first to the last lit place of each line along an axis."""
    return ((lit.cumsum(along) > 0) & (lit.flip(along).cumsum(along).flip(along) > 0)).float()


def sector(light):
    """[S, S] 1 inside the sector, its dark places too."""
    lit = (smoothed((light > 0.03).float(), 9) > 0.3).float()
    return torch.maximum(between(lit, 0), between(lit, 1))


def pleura(light, column):
    """Row of the brightest band between a tenth and half of the depth, near a column."""
    size = light.shape[-1]
    low, high = int(0.1 * size), int(0.5 * size)
    near = slice(max(0, column - 6), column + 7)
    return low + int(light[low:high, near].mean(1).argmax())


def rays(light):
    """How much of one to five B-lines is at each place, [S, S] from 0 to 1, and the share of the picture they take."""
    size = light.shape[-1]
    inside = sector(light)
    band = smoothed(light, 5)
    y, x = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    columns = inside.sum(0)
    middle = float((columns * torch.arange(float(size))).sum() / columns.sum().clamp(min=1))
    # where the rays meet, above the picture: near for a small convex probe, far for a linear one
    apex = -size * draw(0.05, 0.5) if torch.rand(()) < 0.75 else -size * 20
    out = torch.zeros(size, size)
    for _ in range(int(torch.randint(1, 6, ()))):
        column = int(middle + draw(-0.3, 0.3) * size)
        column = min(max(column, 0), size - 1)
        row = pleura(band, column)
        slope = (column - middle) / (row - apex)
        away = (x - (middle + slope * (y - apex))).abs()
        width = (draw(0.008, 0.05) if torch.rand(()) < 0.8 else draw(0.06, 0.12)) * size * (0.6 + 0.4 * (y - apex) / (row - apex))
        below = torch.sigmoid((y - row) / 2)
        fading = torch.exp(-draw(0, 0.8) * ((y - row) / size).clamp(min=0))
        ray = torch.exp(-(away / width) ** 2) * below * fading * draw(0.35, 1)
        out = torch.maximum(out, ray)
    return out * inside


def painted(x, chosen):
    """A batch [B, 3, H, W] in -1..1 with B-lines on the chosen frames. Speckle stays: a ray multiplies what noise there is."""
    x = x.clone()
    for i in torch.nonzero(chosen).flatten().tolist():
        light = (x[i].mean(0) + 1) / 2
        ray = rays(light)
        size = light.shape[-1]
        speckle = 1 + draw(0.05, 0.3) * F.interpolate(torch.randn(1, 1, size, size * 2 // 3), size=(size, size), mode="bilinear")[0, 0]
        bright = draw(0.2, 0.65) * speckle.clamp(0.1, 2)
        x[i] = (light * (1 - 0.7 * ray) + bright * ray).clamp(0, 1) * 2 - 1
    return x
