"""
What `ablate.py` found: mean AUC over the folds, and the difference from the baseline on the same images with a 95 % interval by bootstrap
over patients; then three ways of calibrating the baseline's scores, fitted on two folds and judged on the third. usage: ablate_table.py PACK
"""
import sys

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from ablate import FOLDS, folds_of
from ablate_ideas import IDEAS
from ablate_input import SOURCES
from data import WORK, labelled

RESAMPLES = 300


def scores_of(pack, name):
    files = [WORK / "ablate" / f"{pack}-{name}-{fold}.npy" for fold in range(FOLDS)]
    return [np.load(f) for f in files] if all(f.exists() for f in files) else None


def auc(positive, score):
    """As sklearn's, many times as quick: ranks, ties as half (scores of a network hardly tie: a resampled image ties with itself alone)."""
    values, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n = positive.sum()
    return (ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(score) - n))


def mean_auc(folds, truth, chosen=None):
    chosen = chosen or [np.arange(len(f)) for f in folds]
    return np.mean([auc(truth[f[c, 0].astype(int)], f[c, 1]) for f, c in zip(folds, chosen)])


def resampled(fold, who, generator):
    """Rows of one fold, its patients drawn with replacement."""
    of = who[fold[:, 0].astype(int)]
    names, inverse = np.unique(of, return_inverse=True)
    drawn = np.bincount(generator.integers(0, len(names), len(names)), minlength=len(names))
    return np.repeat(np.arange(len(fold)), drawn[inverse])


def difference(base, other, truth, who):
    generator, out = np.random.default_rng(1), []
    for _ in range(RESAMPLES):
        chosen = [resampled(f, who, generator) for f in base]
        if all(0 < truth[f[c, 0].astype(int)].sum() < len(c) for f, c in zip(base, chosen)):
            out.append(mean_auc(other, truth, chosen) - mean_auc(base, truth, chosen))
    return np.quantile(out, [0.025, 0.975])


def calibrations(folds, truth):
    """Log loss and calibration error (tenths by count) of each way, out of fold."""
    ways = {"temperature": lambda x, y: LogisticRegression(C=1e6, fit_intercept=False).fit(x, y), "platt": lambda x, y: LogisticRegression(C=1e6).fit(x, y),
            "isotonic": lambda x, y: IsotonicRegression(out_of_bounds="clip", y_min=0.01, y_max=0.99).fit(x[:, 0], y)}
    for name, fit in ways.items():
        p, y = [], []
        for k in range(FOLDS):
            rest = np.concatenate([f for i, f in enumerate(folds) if i != k])
            model = fit(rest[:, 1:], truth[rest[:, 0].astype(int)])
            x = folds[k][:, 1:]
            p.append(model.predict(x[:, 0]) if name == "isotonic" else model.predict_proba(x)[:, 1])
            y.append(truth[folds[k][:, 0].astype(int)])
        p, y = np.concatenate(p), np.concatenate(y)
        bins = np.array_split(np.argsort(p), 10)
        error = sum(len(b) * abs(p[b].mean() - y[b].mean()) for b in bins) / len(p)
        print(f"| {name} | {log_loss(y, p):.3f} | {error:.3f} |")


def main():
    pack = sys.argv[1]
    _, table = labelled(*SOURCES[pack])
    table = table[table.split != "test"].reset_index(drop=True)
    _, who = folds_of(table)
    truth = (table.label == "tb").to_numpy() if pack == "tb-chest" else (table.grade >= 2).to_numpy()
    base = scores_of(pack, "baseline")
    print("| idea | predicted | AUC | against the baseline (95 %) |\n|---|---|---|---|")
    for name, _, predicted in IDEAS[pack]:
        other = scores_of(pack, name)
        if other is None:
            print(f"| {name} | {predicted} | not run | |")
        else:
            low, high = difference(base, other, truth, who)
            print(f"| {name} | {predicted} | {mean_auc(other, truth):.3f} | {mean_auc(other, truth) - mean_auc(base, truth):+.3f} ({low:+.3f} to {high:+.3f}) |")
    print("\n| calibration | log loss | ECE |\n|---|---|---|")
    calibrations(base, truth)


if __name__ == "__main__":
    main()
