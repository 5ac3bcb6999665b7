"""Figures with their uncertainty: AUC by bootstrap over patients, proportions by Wilson, thresholds by name."""
import numpy as np
from scipy.stats import binom
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score


def wilson(hits, n, z=1.96):
    if n == 0:
        return {"value": 0.0, "low": 0.0, "high": 1.0}
    p = hits / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return {k: round(float(v), 4) for k, v in {"value": p, "low": max(0, centre - half), "high": min(1, centre + half)}.items()}


def auc(y, score, who, rounds=1000, seed=5):
    """Area under the ROC curve with a 95 % interval by resampling patients."""
    y, score = np.asarray(y), np.asarray(score)
    return {**over_patients(lambda rows: roc_auc_score(y[rows], score[rows]), y, who, rounds, seed), "n": len(y), "positives": int(y.sum())}


def over_patients(figure, y, who, rounds=1000, seed=5):
    """A figure of all rows, with 95 % by resampling patients; a draw in which all or none are positive does not count."""
    r, members, seen = np.random.default_rng(seed), by_patient(who), []
    for _ in range(rounds):
        rows = patients_drawn(members, r)
        if 0 < y[rows].sum() < len(rows):
            seen.append(figure(rows))
    low, high = np.quantile(seen, [0.025, 0.975])
    return {"value": round(float(figure(np.arange(len(y)))), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def by_patient(who):
    """The rows of each patient."""
    return [np.flatnonzero(who == w) for w in np.unique(who)]


def patients_drawn(members, generator):
    """Rows of as many patients as there are, drawn with replacement."""
    return np.concatenate([members[i] for i in generator.integers(0, len(members), len(members))])


def platt(y, logit):
    """p = sigmoid(a * logit + b), lightly regularised: `val` is small."""
    fit = LogisticRegression(C=10.0).fit(np.asarray(logit)[:, None], y)
    return {"kind": "platt", "a": round(float(fit.coef_[0, 0]), 5), "b": round(float(fit.intercept_[0]), 5)}


def calibrated(logit, c):
    return 1 / (1 + np.exp(-(c["a"] * np.asarray(logit) + c["b"])))


def expected_calibration_error(y, p, bins=8):
    edges = np.quantile(p, np.linspace(0, 1, bins + 1))
    which = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, bins - 1)
    return round(float(sum(abs(y[which == b].mean() - p[which == b].mean()) * (which == b).mean() for b in range(bins) if (which == b).any())), 4)


def at(y, p, threshold):
    y, positive = np.asarray(y, bool), np.asarray(p) >= threshold
    return {"sensitivity": wilson(int((positive & y).sum()), int(y.sum())), "specificity": wilson(int((~positive & ~y).sum()), int((~y).sum()))}


def missed_at_most(positives, sensitivity=0.9, confidence=0.8):
    """
    How many of so many positives a threshold may miss for us to be that sure that it finds that share of all others like them (a tolerance
    limit by order statistics, Wilks 1941); none where there are too few to be sure of anything.
    """
    misses = np.flatnonzero(binom.cdf(np.arange(positives), positives, 1 - sensitivity) <= 1 - confidence)
    return int(misses.max()) if len(misses) else 0


def cleared_in_folds(y, p):
    """Share of the negatives below the highest threshold that misses no more than `missed_at_most`: what that sensitivity costs."""
    y, p = np.asarray(y, bool), np.asarray(p)
    return float((p[~y] < np.sort(p[y])[missed_at_most(int(y.sum()))]).mean())


def thresholds(y, p, least_specificity=0.95, most_cleared=1.0):
    """
    high-sensitivity: the highest threshold that misses no more than `missed_at_most` and clears no more than `most_cleared` of the negatives;
    balanced: the best sum of both; high-specificity: the lowest threshold that still clears that share. Each lies midway between two scores.
    """
    y, p = np.asarray(y, bool), np.asarray(p)
    scores = np.unique(p)
    edges = np.concatenate([[scores[0] / 2], (scores[1:] + scores[:-1]) / 2, [(1 + scores[-1]) / 2]])
    sens = np.array([(p[y] >= e).mean() for e in edges])
    spec = np.array([(p[~y] < e).mean() for e in edges])
    high = edges[(sens >= 1 - missed_at_most(int(y.sum())) / y.sum() - 1e-9) & (spec <= most_cleared + 1e-9)].max()
    best = edges[np.flatnonzero(sens + spec >= (sens + spec).max() - 1e-9)].mean()
    strict = edges[spec >= least_specificity].min()
    low, middle, top = sorted([float(high), float(best), float(strict)])
    return {"high-sensitivity": round(low, 5), "balanced": round(middle, 5), "high-specificity": round(top, 5)}


def reliability(y, p, bins=5):
    """For fifths of the pictures by score: how many, the mean score, the share that is positive."""
    order = np.array_split(np.argsort(p, kind="stable"), bins)
    return [{"n": len(o), "said": round(float(p[o].mean()), 3), "was": round(float(np.mean(np.asarray(y, float)[o])), 3)} for o in order]
