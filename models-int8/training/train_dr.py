"""dr-fundus: cumulative grade logits and a quality logit. usage: train_dr.py --run NAME [options]"""
import argparse

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

import augment
from data import draws, group_weights, labelled, tensor
from loop import fit, own_options, predict, refuse_mixed_folds, saved_run
from model import Net, begin, recalibrate, rounded
from tones import retoned, tones_of

SHARES = {"eyepacs-natural": 0.5, "eyepacs-equalised": 0.35, "srahim-dr": 0.15}
REFERABLE_SHARE = 0.45


def graded_above(grade):
    """[N, 4]: grade above 0, 1, 2, 3; not a number where there is no grade."""
    cumulative = np.stack([(grade > k) for k in range(4)], 1).astype(np.float32)
    cumulative[np.isnan(grade)] = np.nan
    return cumulative


def fellows(table):
    """For each photograph the row of the same patient's other eye in this table, or its own."""
    rows = pd.Series(np.arange(len(table)))
    person = (table.origin + "/" + table.patient_or_eye_id.fillna(table.file).astype(str)).to_numpy()
    both = rows.groupby(person).transform("sum").to_numpy() - rows.to_numpy()
    return np.where(rows.groupby(person).transform("size") == 2, both, rows)


def targets_of(table, fellow=0.0):
    """
    `fellow`: how much the other eye's grade says about this one. One reader's grade is noisy, and two eyes of a patient mostly agree.
    """
    cumulative = graded_above(table.grade.to_numpy())
    other = cumulative[fellows(table)]
    cumulative = np.where(np.isnan(other), cumulative, (1 - fellow) * cumulative + fellow * other).astype(np.float32)
    taken = table.origin.isin(["srahim-dr", "odir-other-disease"]) & (table.label != "other-cataract")
    reject = np.where(table.quality.isna(), np.where(taken, 0, np.nan), table.quality == "reject").astype(np.float32)
    trust = np.where(table.quality == "reject", 0.3, 1.0).astype(np.float32)
    return torch.from_numpy(np.column_stack([cumulative, reject, trust]))


def loss_of(outputs, targets):
    logits, quality = outputs[0].float(), outputs[1].float()
    weight = torch.tensor([0.8, 1.5, 0.7, 0.5])
    graded, known = ~targets[:, 1].isnan(), ~targets[:, 4].isnan()
    goal = targets[graded, :4] * 0.94 + 0.03
    grade = (F.binary_cross_entropy_with_logits(logits[graded], goal, reduction="none") * weight).mean(1)
    reject = F.binary_cross_entropy_with_logits(quality[known, 0], targets[known, 4]) if known.any() else 0
    return (grade * targets[graded, 5]).mean() + 0.3 * reject


def mixed(x, targets, strength=0.3, share=0.5):
    """Half the batches: each picture blended with another, and their targets with them (what is unknown of one stays unknown)."""
    if torch.rand(1) > share:
        return x, targets
    part = float(np.random.beta(strength, strength))
    order = torch.randperm(len(x))
    return x * part + x[order] * (1 - part), targets * part + targets[order] * (1 - part)


def augmented(x):
    x = augment.geometric(x, rotate=180, scale=(0.88, 1.15), squeeze=(0.75, 1.1), shift=0.05, flip_y=True)
    x = augment.tone(x, gamma=0.25, contrast=0.2, brightness=0.08, per_channel=0.08)
    return augment.patches(augment.noise(augment.soften(x, 0.3, 0.5), 0.25, 0.1, grey=False), 0.3, 2, 0.15)


def plain(x):
    """Turned, mirrored and a little brighter or darker: nothing else."""
    return augment.tone(augment.geometric(x, rotate=180, scale=(0.95, 1.1), squeeze=(0.95, 1.05), shift=0.02, flip_y=True), gamma=0.1, contrast=0.1, brightness=0.05)


def fold_of(table, train, val, fold, folds=3):
    """Train and val together in `folds` parts by patient: all but one train, that one judges."""
    both = np.concatenate([train, val])
    t = table.iloc[both]
    person = t.origin.str.split("-").str[0] + "/" + t.patient_or_eye_id.fillna(t.file).astype(str)
    kept, judged = list(StratifiedGroupKFold(folds, shuffle=True, random_state=11).split(both, t.origin + (t.grade >= 2).astype(str), person))[fold]
    return both[kept], both[judged][t.grade.iloc[judged].notna()]


def toned(pixels, train, table):
    """What shows rows of the training part, the equalised ones with the tones of a natural photograph of it that EyeQ does not reject."""
    equalised = (table.origin == "eyepacs-equalised").to_numpy()
    natural = np.flatnonzero((table.origin == "eyepacs-natural").to_numpy() & (table.quality != "reject").to_numpy())
    tones = np.stack([tones_of(np.array(pixels[i])) for i in train[natural]])

    def show(rows, random):
        pictures, mine = np.array(pixels[train[rows]]), equalised[rows]
        pictures[mine] = retoned(pictures[mine], tones[random.integers(0, len(tones), mine.sum())])
        return pictures
    return show


def figures(net, pixels, table):
    logits, quality = predict(net, tensor(pixels))
    out = {}
    for origin in ("eyepacs-natural", "eyepacs-equalised", "srahim-dr"):
        m = (table.origin == origin).to_numpy()
        for k, name in ((1, "ref"), (2, "vt")):
            y = table.grade.to_numpy()[m] > k
            if y.any():
                out[f"{name}-{origin.split('-')[1][:3]}"] = roc_auc_score(y, logits[m, k])
    out["mean"] = 0.5 * out["ref-nat"] + 0.25 * out["ref-equ"] + 0.25 * out["ref-dr"]
    m = table.quality.notna().to_numpy() & (table.origin == "eyepacs-natural").to_numpy()
    out["reject"] = roc_auc_score(table.quality[m] == "reject", quality[m, 0])
    return out


def parser():
    p = argparse.ArgumentParser()
    p.add_argument("--run", required=True)
    p.add_argument("--arrays", default="fundus-eq")
    p.add_argument("--epochs", type=int, default=8)
    p.add_argument("--stop", type=int, help="end after that many epochs; another call goes on")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--batch", type=int, default=24)
    p.add_argument("--per-epoch", type=int, default=2400)
    p.add_argument("--natural", type=float, default=SHARES["eyepacs-natural"])
    p.add_argument("--equalised", type=float, default=SHARES["eyepacs-equalised"])
    p.add_argument("--srahim", type=float, default=SHARES["srahim-dr"])
    p.add_argument("--lr", type=float, default=4e-4)
    p.add_argument("--other", type=float, default=0.0, help="share of photographs of other diseases: they teach quality only")
    p.add_argument("--power", type=float, default=1.0, help="of the generalised mean over the features; 1 is the average")
    p.add_argument("--mix", action="store_true", help="blend pictures (mixup)")
    p.add_argument("--rounded", action="store_true", help="INT8 weights while training")
    p.add_argument("--retone", action="store_true", help="for pictures as they were taken: equalised ones get the tones of a natural one, drawn anew each time")
    p.add_argument("--fellow", type=float, default=0.0, help="weight of the other eye's grade in the target")
    p.add_argument("--plain", action="store_true", help="every photograph drawn alike, and hardly changed")
    p.add_argument("--fold", type=int, help="0 to 2: that third of train and val judges, the rest trains")
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--start", help="start from the weights of another run")
    return p


def main():
    p = parser()
    a = p.parse_args()
    options = own_options(p, a)
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    np.random.seed(a.seed)
    pixels, table = labelled(a.arrays, "fundus")
    graded = table.grade.notna().to_numpy()
    other = (table.origin == "odir-other-disease").to_numpy()
    train = np.flatnonzero((graded | other) & (table.split == "train").to_numpy())
    val = np.flatnonzero(graded & (table.split == "val").to_numpy())
    if a.fold is not None:
        train, val = fold_of(table, train, val, a.fold)
    t = table.iloc[train]
    shares = {"odir-other-disease False": a.other}
    for origin, share in {"eyepacs-natural": a.natural, "eyepacs-equalised": a.equalised, "srahim-dr": a.srahim}.items():
        shares[f"{origin} True"], shares[f"{origin} False"] = share * REFERABLE_SHARE, share * (1 - REFERABLE_SHARE)
    weights = group_weights([f"{o} {g >= 2}" for o, g in zip(t.origin, t.grade)], shares)
    if a.plain:
        weights = (weights > 0).astype(float)
    goals = targets_of(t, a.fellow)
    steps = a.per_epoch // a.batch
    shown = toned(pixels, train, t) if a.retone else lambda chosen, _: pixels[train[chosen]]

    def batches(epoch):
        chosen = draws(weights, steps * a.batch, 100 * (a.seed - 6) + epoch)
        random = np.random.default_rng([a.seed, epoch])
        for s in range(steps):
            rows = chosen[s * a.batch:(s + 1) * a.batch]
            x, y = (plain if a.plain else augmented)(tensor(shown(rows, random))), goals[rows]
            yield mixed(x, y) if a.mix else (x, y)

    net = Net(4, quality=True, power=a.power)
    if not a.start:
        recalibrate(net.features, tensor(pixels[train[draws(weights, 200, 1)]]))
    else:
        begun = saved_run(a.start)
        refuse_mixed_folds(a, begun.get("options"))
        begin(net, begun["ema"])
    fit(a.run, rounded(net, a.rounded), batches, loss_of, lambda n: figures(n, pixels[val], table.iloc[val].reset_index(drop=True)),
        epochs=a.epochs, steps=steps, lr=a.lr, stop=a.stop, options=options)


if __name__ == "__main__":
    main()
