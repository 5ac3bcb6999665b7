"""
How far a network that looks for painted findings (train_painted.py chest) should move the score of one that learned tuberculosis: AUC in Shenzhen's films
at several shares. Both must have been trained on the same part: without Shenzhen (its train and val judge), or of the same fold (its third judges).
usage: finder_share.py RUN... --finder RUN [--fold N], without --fold for runs of --without-shenzhen
"""
import argparse

import torch
from sklearn.metrics import roc_auc_score

from data import labelled, tensor
from loop import predict, saved_run
from model import Finder, Net
from opacities import seen
from train_tb import parts_of

SHARES = (0, 0.15, 0.25, 0.3, 0.35, 0.5, 0.75, 1)


def check_part(run, fold):
    """@raises SystemExit when the run was trained on what would judge it (runs of before the fifth session do not say)."""
    options = saved_run(run).get("options")
    if options is not None and (options.get("fold"), bool(options.get("without_shenzhen"))) != (fold, fold is None):
        raise SystemExit(f"{run} was trained on another part: {options}.")


def scores(run, net, pixels):
    net.load_state_dict(saved_run(run)["ema"], strict=False)
    return predict(net.eval(), tensor(pixels))[0]


def standardised(values):
    return (values - values.mean()) / values.std()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("runs", nargs="+", metavar="RUN")
    p.add_argument("--finder", required=True)
    p.add_argument("--fold", type=int)
    a = p.parse_args()
    torch.set_num_threads(2)
    for run in (*a.runs, a.finder):
        check_part(run, a.fold)
    pixels, table = labelled("cxr-eq", "cxr")
    rows = parts_of(table, a.fold, without_shenzhen=a.fold is None)[1]
    rows = rows[(table.origin == "nlm-shenzhen").to_numpy()[rows]]
    tb = (table.label == "tb").to_numpy()[rows]
    found = standardised(seen(scores(a.finder, Finder(), pixels[rows])))
    print(f"{len(rows)} films; {a.finder} alone {roc_auc_score(tb, found):.3f}; share", *SHARES)
    for run in a.runs:
        score = standardised(scores(run, Net(2), pixels[rows])[:, 0])
        print(run, *(f"{roc_auc_score(tb, score + share * found):.3f}" for share in SHARES), flush=True)


if __name__ == "__main__":
    main()
