"""
Photographs that come with every channel equalised, given the tones of one that was taken as it is: each channel's values (uniform, by
equalising) become those that the other photograph has at the same rank (histogram specification, Gonzalez and Woods 3.3).
"""
import numpy as np
from scipy.ndimage import uniform_filter

LIT = 12
# Around the field of view equalising left black, or specks.
LIT_AROUND, AROUND = 8, 9
# Reflections of the other photograph's disc would come out as coloured specks.
LOWEST, HIGHEST = 0.01, 0.985


def tones_of(picture):
    """[3, 256]: the value of each channel at 256 ranks inside the field of view of a photograph [H, W, 3]."""
    lit = picture[picture.max(-1) > LIT]
    return np.quantile(lit, np.linspace(LOWEST, HIGHEST, 256), axis=0).T.round().astype(np.uint8)


def retoned(pictures, tones):
    """Equalised photographs [B, H, W, 3] of uint8 with the tones [B, 3, 256] of others; what is outside the field of view becomes black."""
    lit = uniform_filter(pictures.max(-1).astype(np.float32), (0, AROUND, AROUND)) > LIT_AROUND
    rows, channels = np.arange(len(pictures))[:, None, None, None], np.arange(3)
    return np.where(lit[..., None], tones[rows, channels, pictures], 0).astype(np.uint8)
