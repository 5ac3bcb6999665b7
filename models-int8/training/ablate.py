"""
One idea at a time against the same baseline, on a small, equal budget: ImageNet's first 17 blocks frozen and read once (cached, with
augmented views), the last two blocks and the heads trained for a hundred steps. Judged out of fold: patients of `train` and `val`
in folds; `test` is never read. One command, goes on where it stopped; every run is a line of ablations.jsonl.
usage: ablate.py PACK [--only IDEA ...] [--steps N], then ablate_table.py PACK
"""
import argparse
import copy
import json
import time
import zlib
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score

import ablate_input
from ablate_ideas import IDEAS, Setting
from ablate_tail import Tail, barlow, loss_of, mixed, score
from data import WORK, draws, group_weights
from loop import average

FOLDS = 3
HERE = ablate_input.HERE
HEADS = {"tb-chest": 3, "dr-fundus": 5}


def folds_of(table):
    """Fold of every row by its patient: EyePACS' natural and equalised copies of one patient fall together."""
    who = table.origin.str.split("-").str[0] + "/" + table.patient_or_eye_id.fillna(table.file).astype(str)
    return np.array([zlib.crc32(w.encode()) % FOLDS for w in who]), who.to_numpy(dtype=str)


def weights_of(task, rows, setting):
    groups = [task.groups[i] for i in rows]
    if setting.draws == "own":
        return group_weights(groups, task.shares)
    drawn = np.array([float(g in task.shares and (setting.draws != "home" or g.startswith(task.home))) for g in groups])
    if setting.draws == "patients":
        _, of, count = np.unique(task.who[rows], return_inverse=True, return_counts=True)
        return group_weights(groups, task.shares) / count[of]
    return drawn


def pretrain(tail, task, rows, setting, steps, batch):
    """The tail learns first from every image that is not held out, labelled or not."""
    classes = torch.from_numpy(np.unique(task.groups, return_inverse=True)[1])
    head = torch.nn.Linear(1280, int(classes.max()) + 1)
    optimizer = torch.optim.AdamW([*tail.parameters(), *head.parameters()], lr=6e-4, weight_decay=0.03)
    generator = np.random.default_rng(5)
    for _ in range(steps):
        chosen = generator.choice(rows, batch, replace=False)
        a, b = task.views(chosen, generator), task.views(chosen, generator)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            first = tail.embed(a)
            second = tail.embed(b) if setting.pretrain == "self" else None
        loss = barlow(first.float(), second.float()) * 0.01 if second is not None else F.cross_entropy(head(first.float()), classes[chosen])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(tail.parameters(), 2.0)
        optimizer.step()


def trained(task, rows, setting, a, seed, soft=None):
    """One network for the training rows; `soft` gives some rows the teacher's probabilities."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    tail = Tail(task.features, HEADS[task.pack], setting, int(task.goals[:, 6].max()) + 1, task.lungs)
    if setting.pretrain:
        pretrain(tail.train(), task, task.everything(rows), setting, a.steps, a.batch)
    body = [p for n, p in tail.named_parameters() if n.startswith("body")]
    heads = [p for n, p in tail.named_parameters() if not n.startswith("body")]
    optimizer = torch.optim.AdamW([{"params": body, "lr": 6e-4}, {"params": heads, "lr": 3e-3}], weight_decay=0.03)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1, (s + 1) / 20) * (0.5 + 0.5 * np.cos(s / a.steps * np.pi)))
    averaged = Tail(task.features, HEADS[task.pack], setting, tail.origin.out_features, task.lungs)
    averaged.load_state_dict(tail.state_dict())
    chosen = rows[draws(weights_of(task, rows, setting), a.steps * a.batch, 100 + seed)]
    generator = np.random.default_rng(seed)
    goals = task.goals if setting.trust else task.untrusting
    for s in range(a.steps):
        part = chosen[s * a.batch:(s + 1) * a.batch]
        x, y = task.views(part, generator), goals[part].clone()
        if soft is not None:
            y = task.softened(y, soft[part])
        if setting.mix:
            x, y = mixed(x, y)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            outputs = tail.train()(x)
        loss = loss_of(task.pack, outputs, y, setting)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(tail.parameters(), 2.0)
        optimizer.step()
        schedule.step()
        average(averaged, tail, min(setting.ema, (1 + s) / (10 + s)))
    return averaged.eval()


@torch.no_grad()
def logits_of(task, tail, rows, view=0):
    parts = []
    for part in np.array_split(rows, max(1, len(rows) // 64)):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            parts.append(tail(task.view(part, view))[0].float())
    return torch.cat(parts)


def soup(tails):
    states = [t.state_dict() for t in tails]
    mixed_ = copy.deepcopy(tails[0])
    mixed_.load_state_dict({k: torch.stack([s[k].float() for s in states]).mean(0).to(v.dtype) for k, v in states[0].items()})
    return [mixed_]


def baselines(task, fold, rows, a, count):
    """The first `count` of the fold's baseline networks (one for most ideas, three for ensembles), trained once a process."""
    known = task.tails.setdefault(fold, [])
    while len(known) < count:
        known.append(trained(task, rows, Setting(input=task.kind), a, (7, 12, 13)[len(known)]))
    return known[:count]


def teacher(task, fold, rows, a):
    """Probabilities of three baseline networks for their own training rows, averaged."""
    soft = torch.full((len(task.goals), HEADS[task.pack]), float("nan"))
    soft[rows] = torch.stack([logits_of(task, t, rows).sigmoid() for t in baselines(task, fold, rows, a, 3)]).mean(0)
    return soft


def held_out(task, fold, setting, a):
    """Scores of the judged rows of one fold by networks that saw none of its patients."""
    rows = np.flatnonzero(task.usable & (task.folds != fold))
    judged = np.flatnonzero(task.judged & (task.folds == fold))
    if replace(setting, seeds=1, soup=False, flips=False) == Setting():
        tails = baselines(task, fold, rows, a, setting.seeds)
    else:
        tails = [trained(task, rows, setting, a, 7, teacher(task, fold, rows, a) if setting.teacher else None)]
    tails = soup(tails) if setting.soup else tails
    views = (0, 1) if setting.flips else (0,)
    return judged, np.mean([score(task.pack, logits_of(task, t, judged, v), setting).numpy() for t in tails for v in views], 0)


def run(task, name, setting, a):
    for fold in range(FOLDS):
        file = WORK / "ablate" / f"{task.pack}-{name}-{fold}.npy"
        if file.exists():
            continue
        began = time.time()
        judged, scores = held_out(task, fold, setting, a)
        line = {"pack": task.pack, "idea": name, "fold": fold, "n": len(judged), "positives": int(task.truth[judged].sum()), "steps": a.steps,
                "batch": a.batch, "auc": round(float(roc_auc_score(task.truth[judged], scores)), 4), "seconds": round(time.time() - began)}
        print(json.dumps(line), flush=True)
        with open(HERE / "ablations.jsonl", "a") as lines:
            lines.write(json.dumps(line) + "\n")
        np.save(file, np.column_stack([judged, scores]))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("pack", choices=sorted(IDEAS))
    p.add_argument("--only", nargs="*")
    p.add_argument("--steps", type=int, default=100)
    p.add_argument("--batch", type=int, default=24)
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    tasks = {}
    for name, setting, _ in IDEAS[a.pack]:
        if a.only and name not in a.only:
            continue
        if setting.input not in tasks:
            tasks = {setting.input: ablate_input.Task(a.pack, setting.input, folds_of)}
        run(tasks[setting.input], name, setting, a)


if __name__ == "__main__":
    main()
