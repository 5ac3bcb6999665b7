"""
Cheap question before a training run: which preprocessing carries TB to another hospital? A logistic regression on frozen
ImageNet features, (a) trained without Shenzhen and judged on it, (b) trained on Shenzhen alone and judged on the others.
usage: probe_tb.py ARRAYS...
"""
import sys

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

import augment
from data import labelled, tensor
from model import Net


@torch.no_grad()
def features(net, x):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return torch.cat([net.pooled(p.to(memory_format=torch.channels_last)).float() for p in x.split(64)]).numpy()


def fitted(x, y, c):
    scale = StandardScaler().fit(x)
    model = LogisticRegression(C=c, class_weight="balanced", max_iter=400).fit(scale.transform(x), y)
    return lambda z: model.decision_function(scale.transform(z))


def main():
    torch.set_num_threads(1)
    torch.manual_seed(3)
    net = Net(2).to(memory_format=torch.channels_last).eval()
    for name in sys.argv[1:]:
        pixels, table = labelled(name, "cxr")
        keep = (table.label.isin(["tb", "normal"]) & table.split.isin(["train", "val"])).to_numpy()
        rows = np.flatnonzero(keep)
        t = table.iloc[rows]
        y, home = (t.label == "tb").to_numpy(), (t.origin == "nlm-shenzhen").to_numpy()
        plain = features(net, tensor(pixels[rows]))
        varied = features(net, augment.soften(augment.geometric(tensor(pixels[rows]), 10, (0.9, 1.15)), 0.5, 0.4))
        x, yy = np.concatenate([plain, varied]), np.concatenate([y, y])
        for c in (1e-4, 1e-3, 1e-2):
            out = fitted(x[~np.tile(home, 2)], yy[~np.tile(home, 2)], c)(plain[home])
            own = fitted(x[np.tile(home, 2)], yy[np.tile(home, 2)], c)(plain[~home])
            print(name, c, "without Shenzhen, on it: %.3f" % roc_auc_score(y[home], out),
                  "Shenzhen alone, on the others: %.3f" % roc_auc_score(y[~home], own), flush=True)


if __name__ == "__main__":
    main()
