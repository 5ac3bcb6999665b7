"""
What a photograph as it was taken adds to its equalised channels: in each of three folds by patient over train and val one network of either
kind (train_dr.py --fold), and the average of their standardised outputs. AUC of referable eyes by origin, averaged over the folds, and
differences with 95 % by bootstrap over patients. Writes work/dr-views.json: for each finding the share of the negatives that the two
together clear where they find 90 % (figures.py), for pack.py, those areas, and what light and colour alone tell.
usage: dr_views.py --equalised RUN --as-taken RUN [--pack FOLDER]   (RUN-0 to RUN-2 of either; --pack: the areas only, into metrics.json of a pack that stands)
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import figures
from data import WORK, labelled, tensor
from loop import predict, saved_run
from model import Net
from train_dr import fold_of

ORIGINS = ("eyepacs-natural", "srahim-dr")
VIEWS = ("equalised", "as taken", "both")
FINDINGS = {"dr-referable": 1, "dr-vision-threatening": 2}


def said_of(run, arrays, fold):
    """Standardised log-odds [N, 4] of a grade above 0 to 3 that a fold's network gives its judges, and their rows of the table."""
    saved = saved_run(f"{run}-{fold}")
    if saved["options"]["fold"] != fold:
        raise SystemExit(f"{run}-{fold} was not trained with --fold {fold}: it may have seen who judges.")
    pixels, table = labelled(arrays, "fundus")
    rows = judges_of(table, fold)
    net = Net(4, quality=True, power=float(saved["ema"]["power"]))
    net.load_state_dict(saved["ema"])
    rows = rows[table.origin.iloc[rows].isin(ORIGINS)]
    scores = predict(net.eval(), tensor(pixels[rows]))[0].numpy()
    return (scores - scores.mean(0)) / scores.std(0), table.iloc[rows]


def judges_of(table, fold):
    graded, other = table.grade.notna().to_numpy(), (table.origin == "odir-other-disease").to_numpy()
    train, val = (np.flatnonzero(mask & (table.split == split).to_numpy()) for mask, split in ((graded | other, "train"), (graded, "val")))
    return fold_of(table, train, val, fold)[1]


def told_by_light(arrays, origin):
    """AUC of referable by a logistic regression on thumbnails of 8 x 8 in colour, five folds by patient over train and val."""
    pixels, table = labelled(arrays, "fundus")
    rows = np.flatnonzero((table.origin == origin) & table.grade.notna() & (table.split != "test"))
    cells = pixels.shape[1] // 8
    x = np.array(pixels[rows]).reshape(len(rows), 8, cells, 8, cells, 3).mean((2, 4)).reshape(len(rows), -1)
    y, who = table.grade.to_numpy()[rows] >= 2, table.patient_or_eye_id.astype(str).to_numpy()[rows]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
    return roc_auc_score(y, cross_val_predict(model, x, y, groups=who, cv=StratifiedGroupKFold(5, shuffle=True, random_state=1), method="decision_function"))


def aucs(folds, drawn=None):
    """Of equalised, as taken and both, averaged over the folds; `drawn`: a generator that draws the patients again."""
    out = []
    for y, who, scores in folds:
        rows = np.arange(len(y)) if drawn is None else figures.patients_drawn(figures.by_patient(who), drawn)
        out.append([roc_auc_score(y[rows], s[rows]) for s in scores])
    return np.mean(out, 0)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--equalised", required=True)
    p.add_argument("--as-taken", required=True)
    p.add_argument("--arrays", nargs=2, default=["fundus-eq", "fundus-raw"])
    p.add_argument("--pack", type=Path)
    a = p.parse_args()
    torch.set_num_threads(2)
    folds, grades, together = {o: [] for o in ORIGINS}, [], []
    for fold in range(3):
        (one, t), (two, _) = said_of(a.equalised, a.arrays[0], fold), said_of(a.as_taken, a.arrays[1], fold)
        grades.append(t.grade.to_numpy())
        together.append((one + two) / 2)
        for o in ORIGINS:
            m = (t.origin == o).to_numpy()
            folds[o].append((t.grade.to_numpy()[m] >= 2, t.patient_or_eye_id.astype(str).to_numpy()[m], [s[m, 1] for s in (one, two, one + two)]))
    grade, score = np.concatenate(grades), np.concatenate(together)
    cleared = {code: {"cleared": round(figures.cleared_in_folds(grade > k, score[:, k]), 4), "n": len(grade), "positives": int((grade > k).sum())} for code, k in FINDINGS.items()}
    areas = {}
    for o in ORIGINS:
        rng = np.random.default_rng(1)
        drawn = np.stack([aucs(folds[o], rng) for _ in range(500)])
        areas[o] = {"n": sum(len(y) for y, _, _ in folds[o]), "positives": sum(int(y.sum()) for y, _, _ in folds[o]), **dict(zip(VIEWS, aucs(folds[o]).round(4).tolist())),
                    "thumbnails in colour": {view: round(float(told_by_light(arrays, o)), 4) for view, arrays in zip(VIEWS, a.arrays)},
                    **{f"{v} less equalised": dict(zip(("low", "high"), np.quantile(drawn[:, at] - drawn[:, 0], [0.025, 0.975]).round(4).tolist())) for at, v in ((1, "as taken"), (2, "both"))}}
    (WORK / "dr-views.json").write_text(json.dumps({**cleared, "auc": areas}, indent=1) + "\n")
    print((WORK / "dr-views.json").read_text())
    if a.pack:
        metrics = json.loads((a.pack / "metrics.json").read_text())
        metrics["cleared in folds"]["auc"] = areas
        (a.pack / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")


if __name__ == "__main__":
    main()
