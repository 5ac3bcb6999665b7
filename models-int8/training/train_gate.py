"""
image-gate: what kind of picture is it? A linear softmax on the averaged features of the ImageNet network, which stays
as it is, so that pictures of no known kind stay far from the centroids too. usage: train_gate.py --run NAME
"""
import argparse
import json

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from sklearn.cluster import KMeans

import augment
from data import DATA, WORK, arrays, tensor
from junk import KINDS, chambers, junk, sector
from model import Net, rounded

CLASSES = ["fundus", "chest-frontal", "lung-ultrasound", "chest-inverted", "chest-rotated", "ultrasound-other", "other", "chest-cut"]
FUNDUS, CHEST, LUNG, INVERTED, ROTATED, ULTRASOUND, OTHER, CUT = range(8)
SIZE = 128


def tables():
    """Labels of all folders in the arrays' order, with the class of each."""
    parts = []
    for folder, kind in (("fundus", FUNDUS), ("cxr", CHEST), ("ultrasound", LUNG)):
        t = pd.read_csv(DATA / folder / "labels.csv")
        parts.append(pd.DataFrame({"origin": t.origin, "split": t.split, "kind": np.where(t.origin == "busi", ULTRASOUND, kind),
                                   "reject": t.quality == "reject"}))
    return pd.concat(parts, ignore_index=True)


def varied(x, kind):
    """One random, realistic variant of each picture [B, 3, 192, 192] of one kind, at the network's size."""
    upright = kind not in (FUNDUS, OTHER)
    x = augment.geometric(x, rotate=12 if upright else 180, scale=(0.75, 1.25), squeeze=(0.78, 1.28), shift=0.08, flip_y=not upright)
    x = augment.tone(x, gamma=0.6, contrast=0.35, brightness=0.2, per_channel=0.12 if kind in (FUNDUS, OTHER) else 0.02)
    x = augment.border_mask(x, 0.25, 0.1)
    if kind in (FUNDUS, OTHER):
        dull = torch.rand(len(x)) < 0.1
        x[dull] = x[dull].mean(1, keepdim=True).repeat(1, 3, 1, 1)
    x = augment.noise(augment.soften(x, 0.5, 0.3), 0.4, 0.12, grey=kind != FUNDUS)
    return F.interpolate(x, size=(SIZE, SIZE), mode="area")


def part_of(x):
    """A piece of a film: a third of it, a stretched half (much like a lateral view), or a corner."""
    n, _, h, w = x.shape
    out = []
    for i in range(n):
        choice = torch.rand(1).item()
        if choice < 0.5:
            left = 0 if torch.rand(1) < 0.5 else w // 2
            piece = x[i:i + 1, :, :, left:left + w // 2]
        else:
            side = int(w * (0.25 + 0.2 * torch.rand(1).item()))
            top, left = (int(torch.rand(1) * (h - side)) for _ in range(2))
            piece = x[i:i + 1, :, top:top + side, left:left + side]
        out.append(F.interpolate(piece, size=(h, w), mode="bilinear"))
    return torch.cat(out)


def lateral(x):
    """Two half chests over each other, the stand-in for a side view: one lung field, a spine at one edge."""
    w = x.shape[-1]
    half = F.interpolate(x[:, :, :, :w // 2], size=x.shape[-2:], mode="bilinear")
    mix = 0.3 + 0.4 * torch.rand(len(x), 1, 1, 1)
    return mix * half + (1 - mix) * half.roll(1, 0)


def rotated(x):
    turns = torch.randint(1, 4, (len(x),)).tolist()
    return torch.stack([torch.rot90(i, t, (1, 2)) for i, t in zip(x, turns)])


def cut(x, kind=None):
    """Films whose lungs are cut off below (30 to 50 % of the height gone), above (30 to 45 %) or at a side (25 to 40 %), or that are tilted by 22 to 45 degrees."""
    n, _, h, w = x.shape
    out = []
    for i in range(n):
        piece, choice = x[i:i + 1], int(torch.randint(0, 4, ())) if kind is None else kind
        if choice == 0:
            piece = piece[:, :, :int(h * (1 - augment.draw(0.3, 0.5)))]
        elif choice == 1:
            piece = piece[:, :, int(h * augment.draw(0.3, 0.45)):]
        elif choice == 2:
            kept = int(w * (1 - augment.draw(0.25, 0.4)))
            piece = piece[:, :, :, :kept] if torch.rand(()) < 0.5 else piece[:, :, :, w - kept:]
        else:
            piece = tilted(piece, augment.draw(22, 45) * (1 if torch.rand(()) < 0.5 else -1))
        piece = squared(piece) if torch.rand(()) < 0.8 else piece
        out.append(F.interpolate(piece, size=(h, w), mode="bilinear"))
    return torch.cat(out)


def squared(x):
    """With black bars beside or below, as the appliance brings a film to a square; the rest of the pieces are stretched."""
    h, w = x.shape[-2:]
    side = max(h, w)
    top, left = (side - h) // 2, (side - w) // 2
    return F.pad(x, (left, side - w - left, top, side - h - top), value=-1)


def tilted(x, degrees):
    """Turned about the middle, black outside, as a photograph of a film or a crooked patient gives it."""
    a = degrees * np.pi / 180
    theta = torch.tensor([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0]], dtype=torch.float32).expand(len(x), 2, 3)
    return F.grid_sample(x + 1, F.affine_grid(theta, x.shape, align_corners=False), align_corners=False) - 1


@torch.no_grad()
def features(net, x):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return torch.cat([net.pooled(p.to(memory_format=torch.channels_last)).float() for p in x.split(64)])


def epoch_of(net, pixels, table, split, counts, seed):
    """Features and classes of one augmented pass; `counts` pictures of each kind from one split."""
    torch.manual_seed(seed)
    r = np.random.default_rng(seed)
    out, goals = [], []

    def add(x, made_as, kind):
        for part in x.split(64):
            out.append(features(net, varied(part, made_as)))
        goals.extend([kind] * len(x))

    def some(kind, count):
        rows = np.flatnonzero((table.kind == kind) & (table.split == split))
        balanced = table.iloc[rows].groupby("origin").origin.transform("size").to_numpy() ** -0.5
        return tensor(pixels[r.choice(rows, count, p=balanced / balanced.sum())])

    for kind in (FUNDUS, CHEST, LUNG, ULTRASOUND):
        add(some(kind, counts), kind, kind)
    phantoms = tensor(arrays("phantoms-source")[0])
    for kind, part in zip((FUNDUS, CHEST, LUNG), phantoms.chunk(3)):
        add(part.repeat(max(1, counts // 400), 1, 1, 1), kind, kind)
    add(-some(CHEST, counts // 2), CHEST, INVERTED)
    add(rotated(some(CHEST, counts // 2)), CHEST, ROTATED)
    add(cut(some(CHEST, counts)), CHEST, CUT)
    add(part_of(some(CHEST, counts // 3)), CHEST, OTHER)
    add(lateral(some(CHEST, counts // 4)), CHEST, OTHER)
    add(part_of(some(FUNDUS, counts // 8)), FUNDUS, OTHER)
    add(rotated(some(LUNG, counts // 8)), LUNG, OTHER)
    add(tensor(junk(2 * counts, seed, KINDS)[0]), OTHER, OTHER)
    add(tensor(junk(counts // 2, seed + 1, [sector, chambers])[0]), ULTRASOUND, ULTRASOUND)
    return torch.cat(out), torch.tensor(goals)


def head_of(x, y, decay=2e-3):
    """Linear softmax by L-BFGS with label smoothing and weight decay; classes weigh the same."""
    scale = x.std(0) + 1e-3
    weights = torch.bincount(y, minlength=len(CLASSES)).float().pow(-1)
    weights = weights / weights.sum() * len(CLASSES)
    w = torch.zeros(len(CLASSES), x.shape[1], requires_grad=True)
    b = torch.zeros(len(CLASSES), requires_grad=True)
    optimizer = torch.optim.LBFGS([w, b], max_iter=300, history_size=20, line_search_fn="strong_wolfe")
    z = x / scale

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(z @ w.T + b, y, weight=weights, label_smoothing=0.02) + decay * w.square().sum()
        loss.backward()
        return loss
    optimizer.step(closure)
    return (w / scale).detach(), b.detach()


def distances(x, centroids):
    return torch.cdist(F.normalize(x), centroids).min(1).values


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--run", required=True)
    p.add_argument("--counts", type=int, default=1600)
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    source, _ = arrays("gate-source")
    plain, _ = arrays("gate")
    table = tables()
    net = rounded(Net(len(CLASSES)).to(memory_format=torch.channels_last).eval())
    x, y = epoch_of(net, source, table, "train", a.counts, 1)
    w, b = head_of(x, y)
    net.classifier.load_state_dict({"weight": w, "bias": b})
    torch.save({"ema": net.state_dict()}, WORK / f"{a.run}.pt")

    own = features(net, tensor(plain[(table.split == "train") & ~table.reject]))
    kinds = table.kind[(table.split == "train") & ~table.reject].to_numpy()
    known = [F.normalize(torch.cat([own[kinds == k], x[(y == k)]])) for k in (FUNDUS, CHEST, LUNG)]
    centroids = torch.cat([F.normalize(torch.from_numpy(KMeans(8, n_init=3, random_state=1).fit(k.numpy()).cluster_centers_).float()) for k in known])
    np.save(WORK / f"{a.run}-centroids.npy", centroids.numpy())

    vx, vy = epoch_of(net, source, table, "val", 400, 50_000)
    report(a.run, vx, vy, w, b, centroids, "varied val")
    rows = ((table.split == "val") & ~table.reject).to_numpy()
    report(a.run, features(net, tensor(plain[rows])), torch.from_numpy(table.kind[rows].to_numpy()), w, b, centroids, "plain val")
    phantoms = features(net, tensor(arrays("phantoms-gate")[0]))
    report(a.run, phantoms, torch.arange(3).repeat_interleave(len(phantoms) // 3), w, b, centroids, "phantoms")


def report(run, x, y, w, b, centroids, name):
    p = (x @ w.T + b).softmax(1)
    d = distances(x, centroids)
    for k in sorted(set(y.tolist())):
        m = y == k
        print(json.dumps({"run": run, "on": name, "class": CLASSES[k], "n": int(m.sum()),
                          "right": round(float((p[m].argmax(1) == k).float().mean()), 4),
                          "passes as": {CLASSES[j]: int(((p[m].argmax(1) == j) & (p[m].max(1).values > 0.7)).sum()) for j in (0, 1, 2)},
                          "distance 1/50/95/99/100 %": [round(float(v), 3) for v in d[m].quantile(torch.tensor([0.01, 0.5, 0.95, 0.99, 1.0]))]}), flush=True)


if __name__ == "__main__":
    main()
