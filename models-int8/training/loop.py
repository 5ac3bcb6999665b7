"""One training loop for all packs: AdamW, cosine, bfloat16 autocast, moving average of the weights, resumable."""
import copy
import json
import time

import numpy as np
import torch

from data import WORK


def average(ema, net, decay):
    with torch.no_grad():
        for a, b in zip(ema.state_dict().values(), net.state_dict().values()):
            a.lerp_(b, 1 - decay) if a.dtype.is_floating_point else a.copy_(b)


def optimizer_of(net, lr, head_lr, decay):
    heads = [p for n, p in net.named_parameters() if not n.startswith("features")]
    body = [p for n, p in net.named_parameters() if n.startswith("features")]
    return torch.optim.AdamW([{"params": body, "lr": lr}, {"params": heads, "lr": head_lr}], weight_decay=decay)


# What decides which pictures a network has seen, and which network it is: a run that goes on must not change it.
SEEN_BY = ("arrays", "fold", "start", "without_shenzhen", "retone")


def own_options(parser, options):
    """The options of a run that are not the defaults."""
    return {k: v for k, v in vars(options).items() if v != parser.get_default(k) and k not in ("run", "threads")}


def check_goes_on(name, before, now):
    """@raises SystemExit when the run was begun on other pictures or with another network."""
    changed = [k for k in SEEN_BY if before is not None and before.get(k) != now.get(k)]
    if changed:
        raise SystemExit(f"{name} was begun with other {', '.join(changed)}: {before}. Choose another --run, or remove work/{name}.pt.")


def refuse_mixed_folds(options, start_options):
    """A fold's judges must not have been seen by the weights it starts from."""
    if options.fold is not None and options.start and (start_options or {}).get("fold") != options.fold:
        raise SystemExit("--fold judges pictures that the run of --start may have seen. Start from a run of the same fold, or from none.")


def saved_run(name):
    """What `fit` kept of a run that came to its end: averaged weights (`ema`) and options. @raises SystemExit for a run that was cut short."""
    state = torch.load(WORK / f"{name}.pt", weights_only=True)
    if state.get("epoch", 0) + 1 < state.get("epochs", 0):
        raise SystemExit(f"{name} ended after {state['epoch'] + 1} of {state['epochs']} epochs. Give its training command again: it goes on.")
    return state


def fit(name, net, batches, loss_of, validate, *, epochs, steps, lr=4e-4, head_lr=3e-3, decay=0.03, ema_decay=0.99, stop=None, options=None):
    """
    `batches(epoch)` yields (images, targets); `validate(net)` returns a dict of figures. Writes work/<name>.pt after
    every epoch and goes on from it when it is there; returns the averaged network. `options`: what distinguishes the run (`own_options`).
    """
    net = net.to(memory_format=torch.channels_last)
    ema = copy.deepcopy(net)
    optimizer = optimizer_of(net, lr, head_lr, decay)
    warm = max(1, steps // 2)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1, (s + 1) / warm) * (
        0.5 + 0.5 * torch.cos(torch.tensor(s / (epochs * steps) * 3.14159)).item()))
    file, start = WORK / f"{name}.pt", 0
    if file.exists():
        state = torch.load(file, weights_only=True)
        check_goes_on(name, state.get("options"), options or {})
        net.load_state_dict(state["net"]), ema.load_state_dict(state["ema"])
        optimizer.load_state_dict(state["optimizer"]), schedule.load_state_dict(state["schedule"])
        start = state["epoch"] + 1
    for epoch in range(start, min(epochs, stop or epochs)):
        torch.manual_seed(1000 + epoch)
        np.random.seed(1000 + epoch)
        began, total = time.time(), 0.0
        net.train()
        for images, targets in batches(epoch):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                outputs = net(images.to(memory_format=torch.channels_last))
            loss = loss_of(outputs, targets)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimizer.step()
            schedule.step()
            average(ema, net, min(ema_decay, (1 + schedule.last_epoch) / (10 + schedule.last_epoch)))
            total += loss.item()
        line = {"run": name, **({"options": options} if options and epoch == start else {}), "epoch": epoch, "loss": round(total / steps, 4), "seconds": round(time.time() - began)}
        line.update({k: round(float(v), 4) for k, v in validate(ema.eval()).items()})
        print(json.dumps(line), flush=True)
        torch.save({"net": net.state_dict(), "ema": ema.state_dict(), "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(), "epoch": epoch, "epochs": epochs, "options": options}, file)
    return ema.eval()


@torch.no_grad()
def predict(net, images, batch=64):
    """Raw outputs for a float tensor of images: (logits, quality or None), each float32."""
    logits, quality = [], []
    for part in images.split(batch):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            a, q = net(part.to(memory_format=torch.channels_last))
        logits.append(a.float())
        quality.append(q.float() if q is not None else None)
    return torch.cat(logits), (torch.cat(quality) if quality[0] is not None else None)
