"""
lung-ultrasound: consolidation-like and interstitial patterns of a frame. usage: train_lus.py --run NAME [options]; --fold K: without that fifth of
train's and val's people, whom lus_folds.py then asks about.
"""
import argparse

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

import augment
import blines
from data import draws, labelled, tensor
from loop import fit, own_options, predict
from model import Net, recalibrate, rounded
from targets import pattern

SIGNS = ("consolidation", "B-lines")


def augmented(x):
    x = augment.geometric(x, rotate=12, scale=(0.8, 1.25), squeeze=(0.8, 1.25), shift=0.08)
    x = augment.noise(augment.soften(augment.tone(x, gamma=0.6, contrast=0.35, brightness=0.2), 0.5, 0.35), 0.5, 0.12)
    return augment.patches(augment.border_mask(x, 0.3, 0.1), 0.4, 3, 0.2)


def loss_of(outputs, targets):
    return F.binary_cross_entropy_with_logits(outputs[0].float(), targets * 0.9 + 0.05)


def told(table):
    """Rows whose signs are noted, of train and of val, and the truth [N, 2] of all rows."""
    both = [pattern(name)(table) for name in SIGNS]
    return [np.flatnonzero(both[0][0] & (table.split == s).to_numpy()) for s in ("train", "val")], np.stack([y for _, y in both], 1)


def kinds(truth):
    """One number for each combination of signs."""
    return truth @ np.array([1, 2])


def fold_of(table, rows, truth, fold, folds=5):
    """Train and val together in `folds` parts by person: all but one train, that one judges."""
    people = table.patient_or_eye_id.to_numpy()[rows]
    kept, judged = list(StratifiedGroupKFold(folds, shuffle=True, random_state=3).split(rows, kinds(truth[rows]), people))[fold]
    return rows[kept], rows[judged]


def weights_of(people, kind):
    """Each person counts alike inside a combination of signs, and the combinations share the draws."""
    frames = np.array([((people == w) & (kind == k)).sum() for w, k in zip(people, kind)])
    return np.array([1 / (f * len(set(people[kind == k])) ** 0.7) for f, k in zip(frames, kind)])


def with_painted(x, goals, share):
    """B-lines painted on a share of the frames that show no sign."""
    chosen = (torch.rand(len(x)) < share) & (goals.sum(1) == 0)
    goals[chosen, 1] = 1
    return blines.painted(x, chosen), goals


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--run", required=True)
    p.add_argument("--epochs", type=int, default=5)
    p.add_argument("--painted", type=float, default=0.0, help="share of the frames without a sign that get painted B-lines (blines.py)")
    p.add_argument("--rounded", action="store_true", help="INT8 weights while training")
    p.add_argument("--fold", type=int, help="0 to 4: that fifth of train's and val's people judges, the rest trains")
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--threads", type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    pixels, table = labelled("lus", "ultrasound")
    (train, val), truth = told(table)
    if a.fold is not None:
        train, val = fold_of(table, np.concatenate([train, val]), truth, a.fold)
    weights = weights_of(table.patient_or_eye_id.to_numpy()[train], kinds(truth[train]))
    steps, batch = 20, 32

    def batches(epoch):
        chosen = train[draws(weights, steps * batch, 100 * (a.seed - 6) + epoch)]
        for rows in np.split(chosen, steps):
            x, goals = tensor(pixels[rows]), torch.from_numpy(truth[rows].astype(np.float32))
            x, goals = with_painted(x, goals, a.painted) if a.painted else (x, goals)
            yield augmented(x), goals

    def figures(net):
        logits, _ = predict(net, tensor(pixels[val]))
        return {n: roc_auc_score(truth[val, k], logits[:, k]) for k, n in enumerate(("consolidation", "interstitial")) if 0 < truth[val, k].sum() < len(val)}

    net = Net(2)
    recalibrate(net.features, tensor(pixels[train]))
    fit(a.run, rounded(net, a.rounded), batches, loss_of, figures, epochs=a.epochs, steps=steps, lr=2e-4, options=own_options(p, a))


if __name__ == "__main__":
    main()
