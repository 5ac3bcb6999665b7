"""
The baseline's recipe (baseline.py) beside a pack's in three folds by patient over `train` and `val`: every picture is judged by the networks that saw
neither it nor another of its patient, and the scores of the folds, standardised in each, are taken together. More pictures than `test` has, and
none that chose a network. AUC by origin with 95 % by bootstrap over patients: plain, the pack's recipe (its runs averaged), all averaged, and differences.
usage: baseline_folds.py dr|tb --plain RUN --recipe RUN:ARRAYS... [--finder RUN --finder-share S] [--pack FOLDER]
(RUN-0 to RUN-2 of each; --finder: moves the recipe's score by that share, as in the pack; --pack: adds it to metrics.json there)
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

import baseline
import dr_views
import figures
from data import labelled, tensor
from loop import predict, saved_run
from model import Finder, Net
from opacities import seen

ORIGINS = {"dr": ["eyepacs-natural", "srahim-dr"], "tb": ["nlm-shenzhen"]}


def judges_of(task, run, table, fold):
    """Rows that a fold's run was kept from; the pack's retinopathy runs train on more pictures than the plain one, and so divide otherwise."""
    if (saved_run(run)["options"] or {}).get("fold") != fold:
        raise SystemExit(f"{run} was not trained with --fold {fold}: it may have seen who judges.")
    own = task == "dr" and "task" not in saved_run(run)["options"]
    return dr_views.judges_of(table, fold) if own else baseline.parts_of(task, table, fold)[1]


def said_by(run, pixels):
    """Log-odds of the finding: referable is the second of four cumulative outputs, everything else the first; what a finder sees anywhere."""
    saved = saved_run(run)
    weights = saved["ema"]
    if saved["options"].get("organ") == "chest":
        net = Finder()
        net.load_state_dict(weights, strict=False)
        return seen(predict(net.eval(), tensor(pixels))[0]).numpy()
    heads = len(weights["classifier.weight"])
    net = Net(heads, quality="quality.weight" in weights, power=float(weights["power"]))
    net.load_state_dict(weights)
    return predict(net.eval(), tensor(pixels))[0][:, 1 if heads == 4 else 0].numpy()


def out_of_fold(task, name, arrays):
    """Scores [rows of the table], not a number where no fold judged, and the table."""
    pixels, table = labelled(arrays, baseline.TASKS[task]["folder"])
    said = np.full(len(table), np.nan)
    for fold in range(3):
        judges = judges_of(task, f"{name}-{fold}", table, fold)
        for origin in ORIGINS[task]:
            rows = judges[(table.origin.iloc[judges] == origin).to_numpy()]
            scores = said_by(f"{name}-{fold}", pixels[rows])
            said[rows] = (scores - scores.mean()) / scores.std()
    return said, table


def main():
    p = argparse.ArgumentParser()
    p.add_argument("task", choices=ORIGINS)
    p.add_argument("--plain", required=True)
    p.add_argument("--recipe", required=True, nargs="+", metavar="RUN:ARRAYS")
    p.add_argument("--finder", metavar="RUN:ARRAYS")
    p.add_argument("--finder-share", type=float, default=0.3)
    p.add_argument("--pack", type=Path)
    a = p.parse_args()
    torch.set_num_threads(2)
    plain, table = out_of_fold(a.task, a.plain, baseline.TASKS[a.task]["arrays"])
    members = [out_of_fold(a.task, *each.split(":"))[0] for each in a.recipe]
    moved = a.finder_share * out_of_fold(a.task, *a.finder.split(":"))[0] if a.finder else 0
    recipe, out = np.mean(members, 0) + moved, {}
    everything = np.mean([*members, plain], 0) + moved
    for origin in ORIGINS[a.task]:
        rows = np.flatnonzero((table.origin == origin).to_numpy() & ~np.isnan(everything))
        y, who = baseline.truth_of(a.task, table)[rows], table.patient_or_eye_id.astype(str).to_numpy()[rows]
        out[origin] = {**{name: figures.auc(y, said[rows], who) for name, said in (("plain", plain), ("recipe", recipe), ("all", everything))},
                       "recipe less plain": baseline.difference(y, recipe[rows], plain[rows], who), "all less recipe": baseline.difference(y, everything[rows], recipe[rows], who)}
    print(json.dumps(out, indent=1))
    if a.pack:
        metrics = json.loads((a.pack / "metrics.json").read_text())
        metrics["baseline"] = {**metrics.get("baseline", {}), "folds": out}
        (a.pack / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")


if __name__ == "__main__":
    main()
