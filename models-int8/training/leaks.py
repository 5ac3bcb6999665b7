"""
Looks for leaks between splits: patients in two splits, and near copies (correlation of 34 x 34 grey thumbnails of the
preprocessed pictures) with one side in `train` and the other elsewhere; and what an 8 x 8 thumbnail alone can tell.
usage: leaks.py ARRAYS FOLDER
"""
import sys

import numpy as np
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from data import labelled
from targets import FINDINGS


def thumbnails(pixels, size, cut=0):
    t = np.stack([np.asarray(Image.fromarray(p).convert("L").resize((size, size), Image.Resampling.BOX), np.float32) for p in pixels])
    return t[:, cut:size - cut, cut:size - cut].reshape(len(t), -1)


def near_copies(pixels, table, least=0.97):
    t = thumbnails(pixels, 40, 3)
    t -= t.mean(1, keepdims=True)
    t /= np.linalg.norm(t, axis=1, keepdims=True) + 1e-6
    similar = np.triu(t @ t.T, 1) > least
    a, b = np.where(similar)
    split = table.split.to_numpy()
    return len(a), int((split[a] != split[b]).sum())


def main():
    pixels, table = labelled(*sys.argv[1:3])
    known = table.dropna(subset=["patient_or_eye_id"])
    print("patients in two splits:", int((known.groupby(["origin", "patient_or_eye_id"]).split.nunique() > 1).sum()),
          "of", known.groupby("origin").patient_or_eye_id.nunique().to_dict())
    print("files that name no patient:", table.origin[table.patient_or_eye_id.isna()].value_counts().to_dict())
    for least in (0.97, 0.98, 0.99):
        print(f"pairs with correlation > {least}, of these across splits:", near_copies(pixels, table, least))
    small = thumbnails(pixels, 8)
    for code, judge in FINDINGS.items():
        mask, y = judge(table)
        fit, val = (mask & (table.split == s).to_numpy() for s in ("train", "val"))
        if mask.any() and 0 < y[val].sum() < val.sum():
            model = LogisticRegression(C=1e-4, max_iter=500).fit(small[fit], y[fit])
            print(f"{code}: an 8 x 8 thumbnail alone reaches AUC {roc_auc_score(y[val], model.decision_function(small[val])):.3f} on val")


if __name__ == "__main__":
    main()
