"""
Teaches a network to find painted findings (lesions.py in the eye, opacities.py in the chest) in pictures without any: what is to be found and what
is not then come from the same camera and hospital. train_dr.py and train_tb.py --start go on from it; tb-chest has one as a member.
usage: train_painted.py fundus|chest --run NAME [options]
"""
import argparse

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score

import augment
import lesions
import opacities
import train_dr
import train_tb
from data import draws, group_weights, labelled, tensor
from loop import fit, own_options, predict
from model import Finder, recalibrate


class Fundus:
    folder, arrays, batch, per_epoch = "fundus", "fundus-eq", 24, 2400

    def __init__(self, table, options):
        graded = table.grade.notna().to_numpy()
        self.train, val = (np.flatnonzero(graded & (table.split == s).to_numpy()) for s in ("train", "val"))
        if options.fold is not None:
            self.train, val = train_dr.fold_of(table, self.train, val, options.fold)
        clear = (table.grade == 0).to_numpy() & (table.quality != "reject").to_numpy()
        self.train, self.val = self.train[clear[self.train]], val[clear[val]][:128]
        self.weights = np.ones(len(self.train))

    @staticmethod
    def example(x):
        x = augment.geometric(x, rotate=180, scale=(0.88, 1.15), squeeze=(0.75, 1.1), shift=0.05, flip_y=True)
        x, where = lesions.painted(augment.tone(x, gamma=0.25, contrast=0.2, brightness=0.08, per_channel=0.08))
        return augment.noise(augment.soften(x, 0.3, 0.5), 0.25, 0.1, grey=False), where

    def figures(self, net, pixels):
        """AUC of cells, by kind of painted lesion, on photographs not trained on."""
        torch.manual_seed(5)
        x, where = self.example(tensor(pixels[self.val]))
        logits, _ = predict(net, x)
        return {name: roc_auc_score(where[:, k].flatten() > 0, logits[:, k].flatten()) for k, name in enumerate(("red", "exudate", "cotton"))}


class Chest:
    folder, arrays, batch, per_epoch = "cxr", "cxr-eq", 32, 1600
    SHARES = {"nlm-shenzhen": 0.3, "covid19-radiography-db": 0.5, "nih-chestxray8": 0.2}

    def __init__(self, table, options):
        train, val = train_tb.parts_of(table, options.fold, options.without_shenzhen)
        self.train, self.val = train[(table.label == "normal").to_numpy()[train]], val[(table.origin == "nlm-shenzhen").to_numpy()[val]]
        self.weights = group_weights(list(table.origin.iloc[self.train]), self.SHARES)
        self.tb = (table.label == "tb").to_numpy()[self.val]

    @staticmethod
    def example(x):
        x = augment.geometric(x, rotate=12, scale=(0.85, 1.25), squeeze=(0.85, 1.18), shift=0.08)
        x, where = opacities.painted(augment.tone(x, gamma=0.5, contrast=0.3, brightness=0.2))
        return augment.border_mask(augment.noise(augment.soften(x, 0.5, 0.35), 0.5, 0.15)), where

    def figures(self, net, pixels):
        """AUC for tuberculosis in Shenzhen's films, of which it was never told any."""
        cells, _ = predict(net, tensor(pixels[self.val]))
        flat = cells.flatten(2)
        return {**{kind: roc_auc_score(self.tb, flat[:, k].amax(1)) for k, kind in enumerate(("cloud", "focal", "angle"))},
                "tb": roc_auc_score(self.tb, opacities.seen(cells))}


def loss_of(outputs, where):
    return 10 * F.binary_cross_entropy_with_logits(outputs[0].float(), where, pos_weight=torch.tensor(3.0))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("organ", choices=["fundus", "chest"])
    p.add_argument("--run", required=True)
    p.add_argument("--arrays")
    p.add_argument("--epochs", type=int, default=3)
    p.add_argument("--lr", type=float, default=6e-4)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--fold", type=int, help="0 to 2, as in train_dr.py and train_tb.py")
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--without-shenzhen", action="store_true")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    kind = {"fundus": Fundus, "chest": Chest}[a.organ]
    pixels, table = labelled(a.arrays or kind.arrays, kind.folder)
    task = kind(table, a)
    steps = kind.per_epoch // kind.batch

    def batches(epoch):
        chosen = draws(task.weights, steps * kind.batch, 100 * (a.seed - 6) + epoch)
        for s in range(steps):
            yield task.example(tensor(pixels[task.train[chosen[s * kind.batch:(s + 1) * kind.batch]]]))

    net = Finder()
    recalibrate(net.features, tensor(pixels[task.train[draws(task.weights, 300, 1)]]))
    fit(a.run, net, batches, loss_of, lambda n: task.figures(n, pixels), epochs=a.epochs, steps=steps, lr=a.lr, options=own_options(p, a))


if __name__ == "__main__":
    main()
