"""
The networks of a committee read back from a pack's INT8 file, to train on where the runs' own files are gone: work/<NAME>.pt of each.
A committee trained with rounded weights (--rounded) comes back as it was; the normalisations, folded in there, get the statistics of
64 pictures of `train` again. usage: recover.py MODEL.onnx NAME:ARRAYS...   (in the order in which export.py was given them)
"""
import argparse
import re

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from data import WORK, arrays, tensor
from export import train_rows
from model import Net, recalibrate


def convolutions(constants):
    """(weights, bias) of every convolution of the backbones, in the order of the file."""
    numbers = sorted({int(m[1]) for m in (re.fullmatch(r"onnx::Conv_(\d+)", name) for name in constants) if m and constants[m[0]].ndim == 1})
    for bias in numbers:
        name = f"onnx::Conv_{bias - 1}"
        if name in constants:
            yield constants[name], constants[f"onnx::Conv_{bias}"]
        else:
            scale = constants[f"{name}_scale"].reshape(-1, 1, 1, 1)
            yield constants[f"{name}_quantized"].astype(np.float32) * scale, constants[f"onnx::Conv_{bias}"]


def fill(net, found):
    """Takes the next convolutions; each normalisation behind one becomes its bias."""
    modules = [m for m in net.features.modules() if isinstance(m, (nn.Conv2d, nn.BatchNorm2d))]
    for conv, norm in zip(modules[::2], modules[1::2]):
        weight, bias = next(found)
        conv.weight.data = torch.from_numpy(np.array(weight)).view_as(conv.weight)
        norm.running_mean.zero_(), norm.running_var.fill_(1), norm.weight.data.fill_((1 + norm.eps) ** 0.5)
        norm.bias.data = torch.from_numpy(np.array(bias))


def power_of(graph, constants):
    """The exponent of the generalised mean before the heads; 1 where features are averaged. All networks of a committee have one."""
    given = {float(constants[n.input[1]]) for n in graph.node if n.op_type == "Pow" and n.input[1] in constants}
    powers = {p for p in given if p > 1}
    if len(powers) > 1:
        raise SystemExit(f"The networks have several powers ({powers}): this reads back committees of one.")
    return powers.pop() if powers else 1.0


def head(net, name, constants, prefix):
    layer = getattr(net, name)
    layer.weight.data, layer.bias.data = (torch.from_numpy(np.array(constants[f"{prefix}.{name}.{part}"])) for part in ("weight", "bias"))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("model")
    p.add_argument("names", nargs="+", metavar="NAME:ARRAYS", help="a run, and the arrays with its own kind of pictures")
    a = p.parse_args()
    graph = onnx.load(a.model).graph
    constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    if any(name.startswith("finder.") for name in constants):
        raise SystemExit(f"{a.model} has a finder among its networks, which this cannot read back. Train its runs again (packs.mk).")
    power = power_of(graph, constants)
    found = convolutions(constants)
    for at, (name, seen) in enumerate(n.split(":") for n in a.names):
        prefix = f"nets.{at}"
        net = Net(len(constants[f"{prefix}.classifier.bias"]), quality=f"{prefix}.quality.bias" in constants, power=power)
        fill(net, found)
        for layer in ("classifier", *(["quality"] if net.quality is not None else [])):
            head(net, layer, constants, prefix)
        pixels, files = arrays(seen)
        recalibrate(net.features, tensor(pixels[np.random.default_rng(1).choice(train_rows(files), 64, replace=False)]))
        torch.save({"net": net.state_dict(), "ema": net.state_dict(), "options": {"recovered": a.model}}, WORK / f"{name}.pt")
    if next(found, None) is not None:
        raise SystemExit(f"{a.model} has more networks than {len(a.names)} names: give one for each, in order.")


if __name__ == "__main__":
    main()
