"""
The first evening's baseline (issue 2), made again so that packs are compared with it on the same pictures: MobileNetV2 with ImageNet weights,
BatchNorm recalibrated, channels equalised, one output, each picture of `train` drawn as often as any other, turned or mirrored only, no tuning.
usage: baseline.py dr|tb --run NAME [--fold K] [--seed S]          trains; --fold: a third of train and val judges, as in train_dr.py and train_tb.py
       baseline.py dr|tb --test NAME... --pack FOLDER --arrays A   reads `test` (a look that LOG.md counts): AUC of each run and of the pack,
       whose arrays are A, and the difference with 95 % by bootstrap over patients; adds "baseline" to the pack's metrics.json
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score

import augment
import figures
import train_dr
import train_tb
from data import draws, labelled, tensor
from loop import fit, own_options, predict, saved_run
from model import Net, recalibrate
from pack import judged, run_model

TASKS = {
    "dr": {"arrays": "fundus-eq", "folder": "fundus", "home": "eyepacs-natural", "epochs": 3, "finding": "dr-referable"},
    "tb": {"arrays": "cxr-eq", "folder": "cxr", "home": "nlm-shenzhen", "epochs": 5, "finding": "tb"},
}


def parts_of(task, table, fold):
    """Rows that train, and rows that judge: `val`, or a fold of train and val."""
    if task == "tb":
        return train_tb.parts_of(table, fold)
    graded = table.grade.notna().to_numpy()
    train, judges = (np.flatnonzero(graded & (table.split == s).to_numpy()) for s in ("train", "val"))
    return (train, judges) if fold is None else train_dr.fold_of(table, train, judges, fold)


def truth_of(task, table):
    return ((table.grade >= 2) if task == "dr" else (table.label == "tb")).to_numpy()


def turned(task, x):
    """Photographs turned by any angle and mirrored, films by a few degrees."""
    if task == "dr":
        return augment.geometric(x, rotate=180, scale=(1, 1), squeeze=(1, 1), shift=0, flip_y=True)
    return augment.geometric(x, rotate=5, scale=(1, 1), squeeze=(1, 1), shift=0)


def loss_of(outputs, targets):
    return F.binary_cross_entropy_with_logits(outputs[0][:, 0].float(), targets)


def train(a, options):
    task = TASKS[a.task]
    torch.set_num_threads(1)
    torch.manual_seed(a.seed)
    np.random.seed(a.seed)
    pixels, table = labelled(task["arrays"], task["folder"])
    rows, judges = parts_of(a.task, table, a.fold)
    judges = judges[(table.origin.iloc[judges] == task["home"]).to_numpy()]
    truth = truth_of(a.task, table)
    goals, steps = torch.from_numpy(truth[rows].astype(np.float32)), len(rows) // 24

    def batches(epoch):
        order = np.random.default_rng([a.seed, epoch]).permutation(len(rows))
        for s in range(steps):
            chosen = order[s * 24:(s + 1) * 24]
            yield turned(a.task, tensor(pixels[rows[chosen]])), goals[chosen]

    net = Net(1)
    recalibrate(net.features, tensor(pixels[rows[draws(np.ones(len(rows)), 200, 1)]]))
    fit(a.run, net, batches, loss_of, lambda n: {"auc": roc_auc_score(truth[judges], predict(n, tensor(pixels[judges]))[0][:, 0].numpy())},
        epochs=task["epochs"], steps=steps, options=options)


def said_by(run, pixels):
    net = Net(1)
    net.load_state_dict(saved_run(run)["ema"])
    return predict(net.eval(), tensor(pixels))[0][:, 0].numpy()


def difference(y, one, other, who):
    """AUC of `one` less that of `other`, with 95 % by resampling patients."""
    return figures.over_patients(lambda rows: roc_auc_score(y[rows], one[rows]) - roc_auc_score(y[rows], other[rows]), y, who)


def compare(a):
    task = TASKS[a.task]
    torch.set_num_threads(2)
    own, table = labelled(task["arrays"], task["folder"])
    packs, _ = labelled(a.arrays, task["folder"])
    rows = np.flatnonzero((table.split == "test") & (table.origin == task["home"]))
    findings = [f for f in json.loads((a.pack / "manifest.json").read_text())["findings"] if f["code"] == task["finding"]]
    home = table.iloc[rows].reset_index(drop=True)
    [(_, y, score, who, _)] = judged(findings, run_model(a.pack / "model.onnx", packs[rows]), home)
    out = {"pack": figures.auc(y, score, who)}
    for run in a.test:
        [(_, _, base, _, _)] = judged([{**findings[0], "source": {"kind": "logit", "index": 0}}], {"logits": said_by(run, own[rows])[:, None]}, home)
        out[run] = {**figures.auc(y, base, who), "pack less this": difference(y, score, base, who)}
    metrics = json.loads((a.pack / "metrics.json").read_text())
    (a.pack / "metrics.json").write_text(json.dumps({**metrics, "baseline": out}, indent=1) + "\n")
    print(json.dumps(out, indent=1))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("task", choices=TASKS)
    p.add_argument("--run")
    p.add_argument("--fold", type=int)
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--test", nargs="+", metavar="RUN")
    p.add_argument("--pack", type=Path)
    p.add_argument("--arrays")
    a = p.parse_args()
    if bool(a.run) == bool(a.test) or (a.test and not (a.pack and a.arrays)):
        p.error("give --run to train, or --test with --pack and --arrays to compare")
    compare(a) if a.test else train(a, own_options(p, a))


if __name__ == "__main__":
    main()
