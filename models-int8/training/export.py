"""
The averaged weights of a run, or of several, to two ONNX files: work/<name>-float.onnx and the QDQ INT8 one beside it. Symmetric int8,
weights per channel, activations per tensor with zero point 0 (as TensorRT wants it); the linear heads, the average
and the normalisation stay float. usage: export.py RUN... [--name NAME] --heads K [--quality] --arrays NAME
"""
import argparse
import re

import numpy as np
import onnx
import pandas as pd
import torch
import torch.nn.functional as F
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import nn

from data import DATA, WORK, arrays, labelled, tensor
from loop import predict, saved_run
from model import Finder, Net, pool
from opacities import seen
from quantize import heads_of, named


# Full heat of the appliance is 4 (src/inference/heatmap.ts): a cell that is nine to one sure.
PLACES_SCALE = 2


class Deployed(nn.Module):
    """
    One network or a committee of them, each with the same heads. Outputs by name: logits, activation (class maps by the classifier's own
    weights) and quality, averaged over the networks; embedding, theirs one after the other. `finder` (of painted findings), if any,
    adds `scale` times what it saw beyond `middle` to the first logit, and the first map is where it saw it: class maps of films that
    come from few hospitals point at what tells the hospital (faithfulness.py).
    """

    def __init__(self, nets, finder=None, scale=0.0, middle=0.0, first_channels=None):
        super().__init__()
        self.nets, self.first_channels = nn.ModuleList(nets), first_channels
        self.maps = nn.ModuleList(maps_of(net.classifier) for net in nets)
        self.finder, self.scale, self.middle = finder, scale, middle
        if finder is not None:
            self.cells = maps_of(finder.classifier)
            self.register_buffer("first", torch.eye(1, nets[0].classifier.out_features))

    def with_findings(self, x, logits, maps):
        cells = self.cells(self.finder.features(x))
        found = self.scale * (seen(cells) - self.middle)
        places = PLACES_SCALE * F.softplus(torch.logsumexp(cells[:, :2], 1, keepdim=True))
        first = self.first.view(1, -1, 1, 1)
        return logits + found.unsqueeze(1) * self.first, maps * (1 - first) + places * first

    def seen_by(self, at, x):
        """The three channels that a network looks at, of a picture of three or six."""
        first = self.first_channels[at] if self.first_channels else 0
        return x[:, first:first + 3] if self.first_channels else x

    def forward(self, x):
        features = [net.features(self.seen_by(at, x)) for at, net in enumerate(self.nets)]
        pooled = [pool(f, net.power) for net, f in zip(self.nets, features)]
        logits, maps = average([net.classifier(p) for net, p in zip(self.nets, pooled)]), average([m(f) for m, f in zip(self.maps, features)])
        if self.finder is not None:
            logits, maps = self.with_findings(x, logits, maps)
        out = (logits, maps, F.normalize(torch.cat([F.normalize(p) for p in pooled], 1) if len(pooled) > 1 else pooled[0]))
        return out + (average([net.quality(p) for net, p in zip(self.nets, pooled)]),) if self.nets[0].quality is not None else out


def maps_of(classifier):
    """The linear head as a convolution: its answer at every place of the features."""
    k, c = classifier.weight.shape
    maps = nn.Conv2d(c, k, 1)
    maps.weight.data, maps.bias.data = classifier.weight.data.view(k, c, 1, 1).clone(), classifier.bias.data.clone()
    return maps


def average(parts):
    return sum(parts[1:], parts[0]) / len(parts) if len(parts) > 1 else parts[0]


class Calibration(CalibrationDataReader):
    def __init__(self, images):
        self.items = iter([{"image": i[None]} for i in images.numpy()])

    def get_next(self):
        return next(self.items, None)


def names_of(nets):
    return ["logits", "activation", "embedding"] + (["quality"] if nets[0].quality is not None else [])


@torch.no_grad()
def deployed(nets, finder, share, pixels, folder, first_channels=None):
    """A committee whose finder moves the first logit by `share` of a standard deviation for each of its own, both over the `train` films of Shenzhen."""
    if finder is None:
        return Deployed(nets, first_channels=first_channels)
    _, table = labelled(folder, "cxr")
    rows = np.flatnonzero((table.origin == "nlm-shenzhen") & (table.split == "train"))
    logits = average([predict(net, tensor(pixels[rows]))[0][:, 0] for net in nets])
    found = seen(predict(finder, tensor(pixels[rows]))[0])
    return Deployed(nets, finder, share * float(logits.std() / found.std()), float(found.mean()))


def float_model(model, size, channels, file):
    nets = model.nets
    torch.onnx.export(model.eval(), (torch.zeros(1, channels, size, size),), str(file), input_names=["image"],
                      output_names=names_of(nets), opset_version=17, dynamo=False, do_constant_folding=True)
    quant_pre_process(str(file), str(file), skip_symbolic_shape=True)


def first_blocks(model, count):
    """
    Names of the nodes of the first `count` blocks. Few numbers a channel, wide pictures: rounding them costs most of what INT8 costs in
    fidelity (the first depthwise convolution above all), while int8 gains little there.
    """
    block = re.compile(rf"/features/features\.({'|'.join(map(str, range(count)))})(_\d+)?/")
    return [n.name for n in model.graph.node if count and any(block.search(name) for name in (n.name, *n.output))]


def quantize(float_file, images, file, method, float_blocks=0):
    model = onnx.load(str(float_file))
    quantize_static(
        str(float_file), str(file), Calibration(images), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QInt8, weight_type=QuantType.QInt8, op_types_to_quantize=["Conv", "Add", "Clip"],
        nodes_to_exclude=heads_of(model) + first_blocks(model, float_blocks), calibrate_method=method,
        extra_options={"ActivationSymmetric": True, "WeightSymmetric": True, "QuantizeBias": False,
                       "CalibPercentile": 99.995, "CalibMovingAverage": False})
    onnx.save(named(onnx.load(str(file))), str(file))


def train_rows(files):
    """Indices of the files that their labels.csv puts in `train`."""
    train = set()
    for folder in ("fundus", "cxr", "ultrasound"):
        t = pd.read_csv(DATA / folder / "labels.csv")
        train.update(str(DATA / folder / f) for f in t.file[t.split == "train"])
    return np.array([i for i, f in enumerate(files) if f in train])


def weights_of(run):
    saved = saved_run(run)
    if (saved.get("options") or {}).get("fold") is not None:
        raise SystemExit(f"{run} judges a fold of train and val: it has seen most of `val`, which calibrates a pack. Train a run without --fold.")
    return saved["ema"]


def loaded(run, heads, quality, round_weights=False):
    state = weights_of(run)
    net = Net(heads, quality=quality)
    net.load_state_dict(state, strict=False)
    for m in net.features.modules() if round_weights else ():
        if isinstance(m, nn.Conv2d):
            step = m.weight.data.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-9) / 127
            m.weight.data = (m.weight.data / step).round() * step
    return net.eval()


def loaded_finder(run):
    finder = Finder()
    finder.load_state_dict(weights_of(run))
    return finder.eval()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("runs", nargs="+", metavar="RUN", help="several: a committee, whose outputs are averaged in one model")
    p.add_argument("--as-taken", nargs="*", default=[], metavar="RUN", help="further networks, which look at the photograph as it is; RUN... then at its equalised channels (pictures of six)")
    p.add_argument("--name", help="of the files; the run's own when there is one")
    p.add_argument("--heads", type=int, required=True)
    p.add_argument("--finder", metavar="RUN", help="of train_painted.py: a member that looks for painted findings")
    p.add_argument("--finder-share", type=float, default=0.3, help="how far it moves the first logit")
    p.add_argument("--quality", action="store_true")
    p.add_argument("--rounded", action="store_true", help="for a run trained with INT8 weights: the float model has them too")
    p.add_argument("--arrays", required=True)
    p.add_argument("--images", type=int, default=160)
    p.add_argument("--float-blocks", type=int, default=0, help="blocks at the beginning that stay float")
    p.add_argument("--method", choices=["MinMax", "Percentile", "Entropy"], default="MinMax")
    a = p.parse_args()
    torch.set_num_threads(2)
    pixels, files = arrays(a.arrays)
    chosen = np.random.default_rng(3).choice(train_rows(files), a.images, replace=False)
    name = a.name or "-".join(a.runs)
    float_file, int8_file = WORK / f"{name}-float.onnx", WORK / f"{name}-int8.onnx"
    nets = [loaded(run, a.heads, a.quality, a.rounded) for run in [*a.runs, *a.as_taken]]
    first_channels = [3] * len(a.runs) + [0] * len(a.as_taken) if a.as_taken else None
    model = deployed(nets, loaded_finder(a.finder) if a.finder else None, a.finder_share, pixels, a.arrays, first_channels)
    float_model(model, *pixels.shape[2:], float_file)
    quantize(float_file, tensor(pixels[chosen]), int8_file, CalibrationMethod[a.method], a.float_blocks)
    print({f.name: f.stat().st_size for f in (float_file, int8_file)})


if __name__ == "__main__":
    main()
