"""tb-chest: logits `tb` and `other abnormal`. usage: train_tb.py --run NAME [options]"""
import argparse
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

import augment
from data import draws, group_weights, labelled, tensor
from loop import fit, own_options, predict, refuse_mixed_folds, saved_run
from model import Net, begin, recalibrate, rounded

# Share of the draws. Viral pneumonia are small children and openist has no labels: neither is used.
SHARES = {
    "nlm-shenzhen tb": 0.2, "nlm-shenzhen normal": 0.2,
    "qatar-tb-db tb": 0.2, "covid19-radiography-db normal": 0.15, "nih-chestxray8 normal": 0.06,
    "nih-chestxray8 pneumonia": 0.05, "covid19-radiography-db covid": 0.06, "hannover-covid covid": 0.05, "cohen-covid covid": 0.03,
}


def targets_of(table, outside):
    """Columns: tb, other abnormal (nan where unknown), weight of the tb loss (`outside` for every hospital but Shenzhen), Shenzhen or not."""
    tb = (table.label == "tb").to_numpy(np.float32)
    other = np.where(tb > 0, np.nan, (table.label != "normal")).astype(np.float32)
    home = (table.origin == "nlm-shenzhen").to_numpy()
    weight = np.where(home, 1.0, outside).astype(np.float32)
    return torch.from_numpy(np.column_stack([tb, other, weight, home.astype(np.float32)]))


def ranking_loss(score, targets):
    """Each TB film of Shenzhen above each other film of it: what the area under the curve counts, and where the hospital can't help."""
    home, tb = targets[:, 3] > 0.5, targets[:, 0] > 0.5
    pairs = (home & tb)[:, None] & (home & ~tb)[None, :]
    gaps = score[:, None] - score[None, :]
    return F.softplus(-gaps[pairs]).mean() if pairs.any() else score.sum() * 0


def loss_of(outputs, targets, ranking=0.0):
    logits = outputs[0].float()
    tb = F.binary_cross_entropy_with_logits(logits[:, 0], targets[:, 0] * 0.94 + 0.03, reduction="none")
    known = ~targets[:, 1].isnan()
    other = F.binary_cross_entropy_with_logits(logits[known, 1], targets[known, 1] * 0.94 + 0.03)
    return (tb * targets[:, 2]).mean() + 0.3 * other + (ranking * ranking_loss(logits[:, 0], targets) if ranking else 0)


def styled(x):
    """`augmented` with the ways in which one hospital's films differ from another's on top."""
    return augmented(augment.local(augment.curve(x)))


def mixed(x, targets, strength=0.3, share=0.5):
    """Half the batches: pictures and targets blended with another's (what is unknown of one stays unknown)."""
    if torch.rand(1) > share:
        return x, targets
    part = float(np.random.beta(strength, strength))
    order = torch.randperm(len(x))
    return x * part + x[order] * (1 - part), targets * part + targets[order] * (1 - part)


def augmented(x):
    x = augment.geometric(x, rotate=12, scale=(0.85, 1.25), squeeze=(0.85, 1.18), shift=0.08)
    x = augment.tone(x, gamma=0.5, contrast=0.3, brightness=0.2)
    x = augment.border_mask(augment.noise(augment.soften(x, 0.5, 0.35), 0.5, 0.15))
    return augment.patches(x, 0.4, 3, 0.2)


def figures(net, pixels, table):
    logits, _ = predict(net, tensor(pixels))
    out = {}
    shenzhen = (table.origin == "nlm-shenzhen").to_numpy()
    tb = (table.label == "tb").to_numpy()
    out["tb"] = roc_auc_score(tb[shenzhen], logits[shenzhen, 0])
    normal, other = (table.label == "normal").to_numpy(), table.label.isin(["covid", "pneumonia"]).to_numpy()
    out["tb-all"] = roc_auc_score(tb[tb | normal], logits[tb | normal, 0])
    if (normal | other).any() and other.any():
        out["other"] = roc_auc_score(other[other | normal], logits[other | normal, 1])
        nih = (table.origin == "nih-chestxray8").to_numpy()
        out["other-nih"] = roc_auc_score(other[nih], logits[nih, 1])
    return out


def shares_of(home):
    """`SHARES` with Shenzhen's part made `home`, the others' in proportion."""
    rest = sum(v for k, v in SHARES.items() if not k.startswith("nlm"))
    return {k: home / 2 if k.startswith("nlm") else v * (1 - home) / rest for k, v in SHARES.items()}


def fold_of(table, train, val, home, fold, folds=3):
    """Shenzhen's films of train and val in `folds` parts by patient, both classes alike: all but one train, that one and the other hospitals' val judge."""
    own = np.concatenate([train[home[train]], val[home[val]]])
    t = table.iloc[own]
    parts = list(StratifiedGroupKFold(folds, shuffle=True, random_state=11).split(own, t.label == "tb", t.patient_or_eye_id.fillna(t.file)))
    kept, judged = parts[fold]
    return np.concatenate([train[~home[train]], own[kept]]), np.concatenate([val[~home[val]], own[judged]])


def parts_of(table, fold=None, without_shenzhen=False):
    """Rows that train and rows that judge; all of Shenzhen's train and val judge a run without it, a third of them one of a fold."""
    usable = ~table.label.isin(["viral-pneumonia", "lung-mask"]).to_numpy()
    home = (table.origin == "nlm-shenzhen").to_numpy()
    train, val = (np.flatnonzero(usable & (table.split == s).to_numpy()) for s in ("train", "val"))
    if without_shenzhen:
        return train[~home[train]], np.concatenate([val, train[home[train]]])
    return (train, val) if fold is None else fold_of(table, train, val, home, fold)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--run", required=True)
    p.add_argument("--arrays", default="cxr-eq")
    p.add_argument("--epochs", type=int, default=8)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--per-epoch", type=int, default=1600)
    p.add_argument("--outside", type=float, default=0.5, help="weight of the tb loss on hospitals with one class only")
    p.add_argument("--lr", type=float, default=4e-4)
    p.add_argument("--style", action="store_true", help="random curves and sharpness, and mixed feature statistics")
    p.add_argument("--mix", action="store_true", help="blend pictures (mixup)")
    p.add_argument("--rounded", action="store_true", help="INT8 weights while training")
    p.add_argument("--power", type=float, default=1.0, help="of the generalised mean over the features; 1 is the average")
    p.add_argument("--ranking", type=float, default=0.0, help="weight of the loss over pairs of Shenzhen")
    p.add_argument("--home", type=float, default=0.4, help="Shenzhen's share of the draws")
    p.add_argument("--fold", type=int, help="0 to 2: that third of Shenzhen's train and val judges, the rest of it trains")
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--start", help="start from the weights of another run")
    p.add_argument("--without-shenzhen", action="store_true", help="leave the hospital out; its train and val then judge")
    a = p.parse_args()
    options = own_options(p, a)
    if a.without_shenzhen and a.fold is not None:
        raise SystemExit("--without-shenzhen judges all of Shenzhen's train and val, --fold a third of it: choose one.")
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    np.random.seed(a.seed)
    pixels, table = labelled(a.arrays, "cxr")
    train, val = parts_of(table, a.fold, a.without_shenzhen)
    t = table.iloc[train]
    weights = group_weights([f"{o} {l}" for o, l in zip(t.origin, t.label)], shares_of(a.home))
    goals = targets_of(t, 1.0 if a.without_shenzhen else a.outside)
    steps = a.per_epoch // a.batch

    def batches(epoch):
        chosen = draws(weights, steps * a.batch, 100 * (a.seed - 6) + epoch)
        for s in range(steps):
            rows = chosen[s * a.batch:(s + 1) * a.batch]
            x, y = (styled if a.style else augmented)(tensor(pixels[train[rows]])), goals[rows]
            yield mixed(x, y) if a.mix else (x, y)

    net = Net(2, power=a.power)
    recalibrate(net.features, tensor(pixels[train[draws(weights, 300, 1)]]))
    if a.start:
        begun = saved_run(a.start)
        refuse_mixed_folds(a, begun.get("options"))
        begin(net, begun["ema"])
    if a.style:
        net.mix_style_after = (1, 3, 6)
    fit(a.run, rounded(net, a.rounded), batches, partial(loss_of, ranking=a.ranking), lambda n: figures(n, pixels[val], table.iloc[val].reset_index(drop=True)),
        epochs=a.epochs, steps=steps, lr=a.lr, options=options)


if __name__ == "__main__":
    main()
