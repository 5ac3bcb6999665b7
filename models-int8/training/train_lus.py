"""lung-ultrasound: consolidation-like and interstitial patterns of a frame. usage: train_lus.py --run NAME"""
import argparse

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score

import augment
from data import draws, labelled, tensor
from loop import fit, predict
from model import Net, recalibrate
from targets import pattern


def augmented(x):
    x = augment.geometric(x, rotate=12, scale=(0.8, 1.25), squeeze=(0.8, 1.25), shift=0.08)
    x = augment.noise(augment.soften(augment.tone(x, gamma=0.6, contrast=0.35, brightness=0.2), 0.5, 0.35), 0.5, 0.12)
    return augment.patches(augment.border_mask(x, 0.3, 0.1), 0.4, 3, 0.2)


def loss_of(outputs, targets):
    return F.binary_cross_entropy_with_logits(outputs[0].float(), targets * 0.9 + 0.05)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--run", required=True)
    p.add_argument("--epochs", type=int, default=5)
    p.add_argument("--threads", type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(7)
    pixels, table = labelled("lus", "ultrasound")
    both = [pattern(name)(table) for name in ("consolidation", "B-lines")]
    truth = np.stack([y for _, y in both], 1)
    train, val = (np.flatnonzero(both[0][0] & (table.split == s).to_numpy()) for s in ("train", "val"))
    goals = torch.from_numpy(truth[train].astype(np.float32))
    # each patient counts alike inside its pattern, and the three patterns share the draws
    who = table.patient_or_eye_id.to_numpy()[train]
    kind = truth[train] @ np.array([1, 2])
    frames = np.array([((who == w) & (kind == k)).sum() for w, k in zip(who, kind)])
    weights = np.array([1 / (f * len(set(who[kind == k])) ** 0.7) for f, k in zip(frames, kind)])
    steps, batch = 20, 32

    def batches(epoch):
        chosen = draws(weights, steps * batch, 100 + epoch)
        for s in range(steps):
            rows = chosen[s * batch:(s + 1) * batch]
            yield augmented(tensor(pixels[train[rows]])), goals[rows]

    def figures(net):
        logits, _ = predict(net, tensor(pixels[val]))
        return {n: roc_auc_score(truth[val, k], logits[:, k]) for k, n in enumerate(("consolidation", "interstitial"))}

    net = Net(2)
    recalibrate(net.features, tensor(pixels[train]))
    fit(a.run, net, batches, loss_of, figures, epochs=a.epochs, steps=steps, lr=2e-4)


if __name__ == "__main__":
    main()
