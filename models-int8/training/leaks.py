"""
Looks for leaks between splits: patients in two splits, whatever the origin, and near copies (correlation of 34 x 34 grey thumbnails of the
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
    t = np.stack([np.asarray(Image.fromarray(np.ascontiguousarray(p[..., :3])).convert("L").resize((size, size), Image.Resampling.BOX), np.float32) for p in pixels])
    return t[:, cut:size - cut, cut:size - cut].reshape(len(t), -1)


def frame(pixels, size=24, wide=2):
    """Only the border of a small copy: nothing of the organ, all of the collimation, markers and background."""
    keep = np.ones((size, size), bool)
    keep[wide:-wide, wide:-wide] = False
    return thumbnails(pixels, size)[:, keep.ravel()]


def told_by(features, pixels, fit, judge, y):
    """Scores for the rows `judge` by logistic regression on such features of the rows `fit`."""
    x = features(pixels[np.concatenate([fit, judge])]) / 64
    return LogisticRegression(C=1e-2, max_iter=1000).fit(x[: len(fit)], y[fit]).decision_function(x[len(fit):])


SOURCE_ONLY = {"an 8 x 8 thumbnail": lambda p: thumbnails(p, 8), "the border only": frame}


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
    # ODIR names eyes (2133_right): the number before is the patient.
    person = known.patient_or_eye_id.astype(str).str.replace(r"_(left|right)$", "", regex=True)
    print("patients in two splits:", int((known.split.groupby(person).nunique() > 1).sum()),
          "of", known.groupby("origin").patient_or_eye_id.nunique().to_dict())
    print("files that name no patient:", table.origin[table.patient_or_eye_id.isna()].value_counts().to_dict())
    for least in (0.97, 0.98, 0.99):
        print(f"pairs with correlation > {least}, of these across splits:", near_copies(pixels, table, least))
    for code, judge in FINDINGS.items():
        mask, y = judge(table)
        fit, val = (np.flatnonzero(mask & (table.split == s).to_numpy()) for s in ("train", "val"))
        if mask.any() and 0 < y[val].sum() < len(val):
            for name, features in SOURCE_ONLY.items():
                print(f"{code}: {name} alone reaches AUC {roc_auc_score(y[val], told_by(features, pixels, fit, val, y)):.3f} on val")


if __name__ == "__main__":
    main()
