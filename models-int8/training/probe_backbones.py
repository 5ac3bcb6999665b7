"""
What frozen ImageNet features tell: a logistic regression on the average and the generalised mean of each backbone's last features, five
folds by patient over train and val. Films of Shenzhen, natural eyes at 288 pixels; eyes also with local contrast in place of equalised
colour (`--local SIGMA GAIN`). usage: probe_backbones.py [--local SIGMA GAIN] [BACKBONE...]
"""
import argparse

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from data import labelled, tensor
from model import backbone, pool, recalibrate


@torch.no_grad()
def features_of(kind, pixels):
    """[N, 2C]: average and generalised mean (power 3). MobileNetV2's folded BatchNorms are set to the first 200 pictures."""
    net = backbone(kind=kind)
    if kind == "mobilenet":
        recalibrate(net, tensor(pixels[:200]))
    net, out = net.eval().to(memory_format=torch.channels_last), []
    for start in range(0, len(pixels), 32):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            f = net(tensor(pixels[start:start + 32]).contiguous(memory_format=torch.channels_last)).float()
        out.append(torch.cat([pool(f, 1), pool(f, 3)], 1).numpy())
    return np.concatenate(out)


def judged(features, truth, people):
    """AUC of the scores that each fold got from the others."""
    scores = np.zeros(len(truth))
    for fit, judge in StratifiedGroupKFold(5, shuffle=True, random_state=1).split(features, truth, people):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.003, max_iter=2000, class_weight="balanced")).fit(features[fit], truth[fit])
        scores[judge] = model.decision_function(features[judge])
    return roc_auc_score(truth, scores)


def local(pixels, sigma, gain):
    return np.stack([np.clip(128 + gain * (p.astype(np.float32) - gaussian_filter(p.astype(np.float32), (sigma, sigma, 0))), 0, 255).astype(np.uint8) for p in pixels])


def chosen(arrays, folder, origin):
    pixels, table = labelled(arrays, folder)
    rows = np.flatnonzero((table.origin == origin) & table.split.isin(["train", "val"]) & (table.grade.notna() if folder == "fundus" else True))
    return np.array(pixels[rows]), table.iloc[rows]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("backbones", nargs="*", default=["mobilenet", "lite0", "lite1", "lite2"])
    p.add_argument("--local", nargs=2, type=float)
    a = p.parse_args()
    torch.set_num_threads(2)
    eyes, table = chosen("fundus-eq", "fundus", "eyepacs-natural")
    films, films_table = chosen("cxr-eq", "cxr", "nlm-shenzhen")
    eyes = local(eyes, *a.local) if a.local else eyes
    for kind in a.backbones:
        dr = judged(features_of(kind, eyes), (table.grade >= 2).to_numpy(), table.patient_or_eye_id.to_numpy())
        tb = judged(features_of(kind, films), (films_table.label == "tb").to_numpy(), films_table.patient_or_eye_id.fillna(films_table.file).to_numpy())
        print(f"{kind}: referable {dr:.4f} of {len(eyes)}, tb {tb:.4f} of {len(films)}", flush=True)


if __name__ == "__main__":
    main()
