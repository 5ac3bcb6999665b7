"""
What networks of five folds (train_lus.py --fold) say of the people they have not seen, all of train and val: AUC by frame and by clip (0.75 quantile
of its frames, as the appliance does), for each set of runs and for their average. Interval by bootstrap over people.
usage: lus_folds.py PREFIX... --name NAME, for runs named PREFIX-0 to PREFIX-4. work/NAME.npz and .json keep what they said on average (pack.py --folds)
"""
import argparse
import json

import numpy as np
import pandas as pd
import torch

import figures
from data import WORK, labelled, tensor
from loop import predict, saved_run
from model import Net, rounded
from train_lus import fold_of, told

FOLDS, QUANTILE = 5, 0.75


def unseen(prefix, pixels, table, rows, truth):
    """Logits [N, 2] of the rows, each from the network that has not seen its person."""
    said = np.zeros((len(table), 2))
    for fold in range(FOLDS):
        saved = saved_run(f"{prefix}-{fold}")
        if saved["options"].get("fold") != fold:
            raise SystemExit(f"{prefix}-{fold} was not trained with --fold {fold}.")
        net = Net(2)
        net.load_state_dict(saved["ema"], strict=False)
        rounded(net, saved["options"].get("rounded", False))
        judged = fold_of(table, rows, truth, fold)[1]
        said[judged] = predict(net.eval(), tensor(pixels[judged]))[0].numpy()
    return said[rows]


def by_clip(table, truth, said):
    """Truth, score and person of each clip: its frames' names differ in the number at the end."""
    frames = pd.DataFrame({"clip": table.file.str.replace(r"_f\d+\.\w+$", "", regex=True), "who": table.patient_or_eye_id, "y": truth, "z": said})
    clips = frames.groupby("clip").agg(y=("y", "max"), z=("z", lambda z: np.quantile(z, QUANTILE)), who=("who", "first"))
    return clips.y.to_numpy(), clips.z.to_numpy(), clips.who.to_numpy(dtype=str)


def judged(table, truth, said):
    """AUC of each sign by frame and by clip."""
    out = {}
    for k, sign in enumerate(("consolidation", "interstitial")):
        y, z, who = by_clip(table, truth[:, k], said[:, k])
        out[sign] = {"frames": figures.auc(truth[:, k], said[:, k], table.patient_or_eye_id.to_numpy(dtype=str)), "clips": figures.auc(y, z, who)}
    return out


def main():
    p = argparse.ArgumentParser()
    p.add_argument("prefixes", nargs="+", metavar="PREFIX")
    p.add_argument("--name", required=True)
    a = p.parse_args()
    torch.set_num_threads(2)
    pixels, table = labelled("lus", "ultrasound")
    parts, truth = told(table)
    rows = np.concatenate(parts)
    said = {prefix: unseen(prefix, pixels, table, rows, truth) for prefix in a.prefixes}
    said["average"] = sum(said.values()) / len(said)
    np.savez(WORK / f"{a.name}.npz", rows=rows, logits=said["average"])
    part = table.iloc[rows].reset_index(drop=True)
    all_figures = {name: judged(part, truth[rows], z) for name, z in said.items()}
    for name, each in all_figures.items():
        print(name, json.dumps(each), flush=True)
    (WORK / f"{a.name}.json").write_text(json.dumps({**all_figures["average"], "people": int(part.patient_or_eye_id.nunique())}))


if __name__ == "__main__":
    main()
