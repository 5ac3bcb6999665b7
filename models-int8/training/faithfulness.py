"""
Whether a pack's heatmap shows what the score rests on. Deletion: the hottest parts are blurred away step by step, the score
should fall fast (small area under its curve). Insertion: they are put back into the blurred picture first, the score should rise fast
(large area). Beside it the same with another picture's map, turned, so that only the places differ (Petsiuk 2018, RISE). For chest packs
also the share of positive activation inside the lung field of OpenIST's masks beside the share of the picture that the lungs fill.
Adds "heatmap" to the pack's metrics.json. usage: faithfulness.py PACK_FOLDER --arrays NAME --folder F [--masks NAME] [--most N]
"""
import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from data import DATA, arrays, labelled
from session import cpu_session
from targets import FINDINGS, log_odds

STEPS = np.linspace(0, 1, 11)


class Pack:
    def __init__(self, folder):
        self.manifest = json.loads((folder / "manifest.json").read_text())
        self.session = cpu_session(folder / "model.onnx", 1)
        step = self.manifest["preprocess"][-1]
        self.mean, self.std = np.float32(step["mean"]), np.float32(step["std"])

    def run(self, picture, *outputs):
        x = ((picture.astype(np.float32) - self.mean) / self.std).transpose(2, 0, 1)[None]
        return self.session.run(list(outputs), {self.manifest["input"]["name"]: x})

    def score(self, picture, finding):
        logit = log_odds(self.run(picture, self.manifest["outputs"]["logits"])[0], finding["source"])[0]
        return 1 / (1 + np.exp(-logit))

    def heat(self, picture, plane):
        """The map of one finding as large as the picture, never below 0."""
        m = np.maximum(self.run(picture, self.manifest["outputs"]["activation"])[0][0, plane], 0)
        size = picture.shape[1::-1]
        return np.asarray(Image.fromarray(m.astype(np.float32)).resize(size, Image.BILINEAR))


def blurred(picture):
    blur = ImageFilter.GaussianBlur(picture.shape[0] / 10)
    return np.concatenate([np.asarray(Image.fromarray(np.ascontiguousarray(three)).filter(blur)) for three in np.split(picture, picture.shape[2] // 3, 2)], 2)


def areas(pack, finding, picture, heat):
    """Areas under the deletion and the insertion curve."""
    order, plain, dull = np.argsort(-heat, axis=None), picture.reshape(-1, picture.shape[2]), blurred(picture).reshape(-1, picture.shape[2])
    curves = [[], []]
    for share in STEPS:
        hottest = order[: int(share * len(order))]
        for curve, base, other in zip(curves, (plain, dull), (dull, plain)):
            changed = base.copy()
            changed[hottest] = other[hottest]
            curve.append(pack.score(changed.reshape(picture.shape), finding))
    return [float(np.trapezoid(c, STEPS)) for c in curves]


def interval(differences, seed=1):
    """Mean of paired differences with its 95 % bootstrap interval."""
    d = np.asarray(differences)
    means = np.random.default_rng(seed).choice(d, (2000, len(d))).mean(1)
    return {"value": round(float(d.mean()), 4), "low": round(float(np.quantile(means, 0.025)), 4), "high": round(float(np.quantile(means, 0.975)), 4), "n": len(d)}


def tested(pack, finding, plane, pictures):
    heats = [pack.heat(p, plane) for p in pictures]
    own = [areas(pack, finding, p, h) for p, h in zip(pictures, heats)]
    other = [areas(pack, finding, p, np.rot90(heats[i - 1], 2)) for i, p in enumerate(pictures)]
    return {"deletion less than a foreign map": interval([o[0] - m[0] for m, o in zip(own, other)]),
            "insertion more than a foreign map": interval([m[1] - o[1] for m, o in zip(own, other)])}


def positives(finding, pixels, table, most):
    """Cases of `val` that the finding is true of, at most so many, drawn with a fixed seed."""
    mask, truth = FINDINGS[finding["code"]](table)
    rows = np.flatnonzero(mask & truth & (table.split == "val").to_numpy())
    return [np.array(pixels[i]) for i in np.random.default_rng(1).permutation(rows)[:most]]


def lung_share(pack, plane, films, masks):
    """Share of the positive activation inside the lungs, and of the picture that they fill."""
    inside, filled = [], []
    for film, mask in zip(films, masks):
        heat, lungs = pack.heat(np.array(film), plane), np.array(mask) > 127
        if heat.sum() > 0:
            inside.append(float(heat[lungs].sum() / heat.sum()))
            filled.append(float(lungs.mean()))
    return {"activation inside": interval(inside), "picture inside": round(float(np.mean(filled)), 4)}


def lungs(name, pixels, table):
    """OpenIST's films as the pack sees them, with their masks in the same order (masks.mjs)."""
    masks, files = arrays(name)
    rows = np.flatnonzero((table.label == "lung-mask").to_numpy())
    assert [str(DATA / "cxr" / f) for f in table.file.iloc[rows]] == files, "run masks.mjs again: labels.csv changed"
    return pixels[rows], masks


def main():
    a = argparse.ArgumentParser()
    a.add_argument("pack", type=Path)
    a.add_argument("--arrays", required=True)
    a.add_argument("--folder", required=True)
    a.add_argument("--masks")
    a.add_argument("--most", type=int, default=60, help="cases of each finding")
    a = a.parse_args()
    pack = Pack(a.pack)
    pixels, table = labelled(a.arrays, a.folder)
    found, fields = {}, lungs(a.masks, pixels, table) if a.masks else None
    for finding, plane in zip(pack.manifest["findings"], pack.manifest["heatmap"]["maps"]):
        found[finding["code"]] = tested(pack, finding, plane, positives(finding, pixels, table, a.most))
        if fields:
            found[finding["code"]]["lungs"] = lung_share(pack, plane, *fields)
    metrics = json.loads((a.pack / "metrics.json").read_text())
    metrics["heatmap"] = found
    (a.pack / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
