"""
AUC on `val` of fundus runs, each alone and every average of their outputs: by origin for referable, natural and SRahimDR together for
vision-threatening. Weights as trained, not exported. usage: committee.py RUN... [--rounded] --arrays NAME
"""
import argparse
from itertools import combinations

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from data import labelled, tensor
from export import loaded
from loop import predict

ORIGINS = ("eyepacs-natural", "eyepacs-equalised", "srahim-dr")


def logits_of(run, pixels, rows, channels, rounded):
    net = loaded(run, 4, True, rounded)
    return np.concatenate([predict(net, tensor(pixels[part][..., channels]))[0].numpy() for part in np.array_split(rows, len(rows) // 64 + 1)])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("runs", nargs="+")
    p.add_argument("--as-taken", nargs="*", default=[], metavar="RUN", help="networks that look at the first three channels of six, RUN... then at the last")
    p.add_argument("--rounded", action="store_true", help="with INT8 weights, for runs trained so")
    p.add_argument("--arrays", required=True)
    a = p.parse_args()
    torch.set_num_threads(2)
    pixels, table = labelled(a.arrays, "fundus")
    rows = np.flatnonzero((table.split == "val") & table.grade.notna() & table.origin.isin(ORIGINS))
    t = table.iloc[rows]
    grade, origin = t.grade.to_numpy(), t.origin.to_numpy()
    judged = origin != "eyepacs-equalised"
    logits = {run: logits_of(run, pixels, rows, slice(3, 6) if a.as_taken else slice(None), a.rounded) for run in a.runs}
    logits.update({run: logits_of(run, pixels, rows, slice(3), a.rounded) for run in a.as_taken})
    for count in range(1, len(logits) + 1):
        for members in combinations(logits, count):
            z = sum(logits[m] for m in members) / count
            said = {o: roc_auc_score(grade[origin == o] >= 2, z[origin == o, 1]) for o in ORIGINS}
            said["vision-threatening"] = roc_auc_score(grade[judged] >= 3, z[judged, 2])
            print("+".join(members), {k: round(float(v), 3) for k, v in said.items()}, flush=True)


if __name__ == "__main__":
    main()
