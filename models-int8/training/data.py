"""Arrays that preprocess.mjs wrote, joined with labels.csv: the pixels are the appliance's own, training never resamples."""
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import torch

WORK = Path(__file__).parent / "work"
DATA = Path(os.environ.get("SCREENPOST_DATA", Path(__file__).parents[3] / "shared" / "data"))


def arrays(name):
    """uint8 array [N, H, W, 3] and the files' paths, in order."""
    index = json.loads((WORK / f"{name}.json").read_text())
    pixels = np.memmap(WORK / f"{name}.u8", dtype=np.uint8, mode="r", shape=tuple(index["shape"]))
    return pixels, index["files"]


def labelled(name, folder):
    """Pixels and the labels table of one data folder, checked to be in the same order."""
    pixels, files = arrays(name)
    table = pd.read_csv(DATA / folder / "labels.csv")
    assert [str(DATA / folder / f) for f in table.file] == files, "run preprocess.mjs again: labels.csv changed"
    return pixels, table


def tensor(pixels):
    """uint8 NHWC to the float NCHW that the manifest's to-tensor step makes."""
    return (torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() - 128) / 128


def draws(weights, count, seed):
    """Indices drawn with replacement in proportion to the weights."""
    p = np.asarray(weights, dtype=np.float64)
    return np.random.default_rng(seed).choice(len(p), size=count, p=p / p.sum())


def group_weights(groups, shares):
    """Weight of each row so that each named group gets its share of the draws; rows of other groups get none."""
    weights = np.zeros(len(groups))
    for group, share in shares.items():
        members = np.array([g == group for g in groups])
        if members.any():
            weights[members] = share / members.sum()
    return weights
