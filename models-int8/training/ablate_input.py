"""What `ablate.py` learns from: rows, targets and cached features of the frozen blocks, a plain, a mirrored and some augmented views each."""
import json

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F

import train_dr
import train_tb
from data import WORK, draws, labelled, tensor
from model import Net, recalibrate
from pathlib import Path

HERE = Path(__file__).parent
FROZEN = 17
SOURCES = {"tb-chest": ("cxr-eq", "cxr"), "dr-fundus": ("fundus-224", "fundus")}
AUGMENTED = {"tb-chest": (train_tb.augmented, 2), "dr-fundus": (train_dr.augmented, 2)}
DR_ORIGINS = {"eyepacs-natural": 0.5, "eyepacs-equalised": 0.35, "srahim-dr": 0.15}


def contrast(x):
    """Each pixel against its surroundings, an eighth of the picture wide (as Graham 2015 for fundus photographs)."""
    wide = x.shape[-1] // 16
    around = F.avg_pool2d(F.pad(x, (wide,) * 4, mode="reflect"), 2 * wide + 1, 1)
    return torch.where(x < -0.98, x, ((x - around) * 2).clamp(-1, 1))


def lung_masks():
    """OpenIST's masks in the chest arrays' geometry: [274, 160, 160] of 0 to 1, and their files."""
    index = json.loads((WORK / "cxr-masks.json").read_text())
    masks = np.fromfile(WORK / "cxr-masks.u8", np.uint8).reshape(index["shape"])
    return torch.from_numpy(masks.astype(np.float32) / 255), index["files"]


def average_lungs(x):
    """The film times the blurred average lung field: what lies outside where lungs mostly are turns grey."""
    mean = lung_masks()[0].mean(0)[None, None]
    return x * (F.max_pool2d(F.avg_pool2d(mean, 9, 1, 4), 17, 1, 8) * 1.5).clamp(0, 1)


INPUTS = {"plain": lambda x: x, "green": lambda x: x[:, 1:2].repeat(1, 3, 1, 1), "contrast": contrast, "mask": average_lungs}


def frozen(net, file):
    """The blocks before the tail as an ONNX Runtime session, several times as quick as PyTorch: float images to float16 features."""
    torch.onnx.export(net.features[:FROZEN].eval(), (torch.zeros(1, 3, 64, 64),), str(file), input_names=["image"], output_names=["features"],
                      opset_version=17, dynamo=False, dynamic_axes={"image": {0: "n", 2: "h", 3: "w"}, "features": {0: "n", 2: "h", 3: "w"}})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(str(file), options)
    return lambda x: session.run(None, {"image": np.ascontiguousarray(x.numpy())})[0].astype(np.float16)


def windows(run, x):
    """Four overlapping windows of 224 pixels of a 384 pixel picture, their features laid side by side."""
    return np.concatenate([np.concatenate([run(x[..., t:t + 224, l:l + 224]) for l in (0, 160)], 3) for t in (0, 160)], 2)


class Task:
    """A pack's rows of `train` and `val` with everything that a run needs; `folds_of(table)` gives folds and patients."""

    def __init__(self, pack, kind, folds_of):
        arrays, folder = ("fundus-384", "fundus") if kind == "high" else SOURCES[pack]
        pixels, table = labelled(arrays, folder)
        self.rows = np.flatnonzero((table.split != "test").to_numpy())
        table = table.iloc[self.rows].reset_index(drop=True)
        self.pack, self.kind, self.tails = pack, kind, {}
        self.folds, self.who = folds_of(table)
        (self.chest if pack == "tb-chest" else self.eyes)(table)
        self.goals[:, 6] = torch.from_numpy(np.unique(table.origin, return_inverse=True)[1])
        self.cached(pixels)
        self.lungs = self.segmenter(table) if pack == "tb-chest" else None

    def chest(self, table):
        self.groups = [f"{o} {l}" for o, l in zip(table.origin, table.label)]
        self.shares, self.home = train_tb.SHARES, "nlm-shenzhen"
        self.usable = np.isin(self.groups, list(self.shares))
        self.judged = (table.origin == "nlm-shenzhen").to_numpy()
        self.truth = (table.label == "tb").to_numpy()
        self.goals, self.untrusting = torch.zeros(len(table), 7), None
        targets = train_tb.targets_of(table, 1.0)
        self.goals[:, 0], self.goals[:, 4], self.goals[:, 5] = targets[:, 0], targets[:, 1], targets[:, 2]
        self.untrusting = self.goals.clone()
        self.untrusting[:, 5] = train_tb.targets_of(table, 0.5)[:, 2]

    def eyes(self, table):
        grade = table.grade.to_numpy()
        self.groups = [f"{o} {g >= 2}" for o, g in zip(table.origin, grade)]
        self.shares = {f"{o} {y}": s * (0.45 if y else 0.55) for o, s in DR_ORIGINS.items() for y in (True, False)}
        self.home = "eyepacs-natural"
        self.usable = table.grade.notna().to_numpy() & np.isin(self.groups, list(self.shares))
        self.judged = self.usable & table.origin.isin(["eyepacs-natural", "srahim-dr"]).to_numpy()
        self.truth = grade >= 2
        self.goals = torch.cat([train_dr.targets_of(table).float(), torch.zeros(len(table), 1)], 1)
        self.untrusting = self.goals.clone()
        self.untrusting[:, 5] = 1.0

    def cached(self, pixels):
        """Opens work/ablate/<pack>-<kind>.f16, written block by block the first time, and the tail's starting weights beside it."""
        augmented, count = AUGMENTED[self.pack]
        count = 1 if self.kind == "high" else count
        change = INPUTS.get(self.kind, INPUTS["plain"])
        file = WORK / "ablate" / f"{self.pack}-{self.kind}.f16"
        file.parent.mkdir(exist_ok=True)
        torch.manual_seed(3)
        net = Net(1)
        sample = tensor(pixels[self.rows[draws(self.usable, 200, 1)]])
        recalibrate(net.features, F.interpolate(change(sample), size=(224, 224)) if self.kind == "high" else change(sample))
        self.features = net.eval().features[FROZEN:].to(memory_format=torch.channels_last)
        side = 14 if self.kind == "high" else -(-pixels.shape[1] // 32)
        shape = (2 + count, len(self.rows), 160, side, side)
        if not file.exists():
            run = frozen(net, file.with_suffix(".onnx"))
            begun = file.with_suffix(".part")
            part = np.memmap(begun, np.float16, "r+" if begun.exists() else "w+", shape=shape)
            for v in range(shape[0]):
                for chosen in np.array_split(np.arange(len(self.rows)), len(self.rows) // 32):
                    if part[v, chosen[-1]].any():
                        continue
                    x = tensor(pixels[self.rows[chosen]])
                    x = x.flip(3) if v == 1 else augmented(x) if v > 1 else x
                    part[v, chosen] = windows(run, change(x)) if self.kind == "high" else run(change(x))
                print(f"{file.name}: view {v + 1} of {shape[0]}", flush=True)
            part.flush()
            begun.rename(file)
        self.cache = np.memmap(file, np.float16, "r", shape=shape)

    def view(self, rows, v):
        return torch.from_numpy(np.array(self.cache[v, rows])).float()

    def views(self, rows, generator):
        """A view of each row: plain one time in six, else an augmented one."""
        v = np.where(generator.random(len(rows)) < 1 / 6, 0, generator.integers(2, len(self.cache), len(rows)))
        return torch.from_numpy(self.cache[v, rows].astype(np.float32))

    def everything(self, rows):
        """All rows, labelled or not, of the folds that these rows come from."""
        return np.flatnonzero(np.isin(self.folds, np.unique(self.folds[rows])))

    def softened(self, y, soft):
        columns = 1 if self.pack == "tb-chest" else 4
        y[:, :columns] = (y[:, :columns] + soft[:, :columns]) / 2
        return y

    def segmenter(self, table):
        """Weight and bias of a linear lung segmenter on the frozen features, fitted on OpenIST's `train` films."""
        masks, files = lung_masks()
        of = {f.split("/cxr/")[1]: i for i, f in enumerate(files)}
        rows = np.flatnonzero(((table.label == "lung-mask") & (table.split == "train")).to_numpy())
        goal = F.adaptive_avg_pool2d(masks[[of[f] for f in table.file[rows]]][:, None], self.cache.shape[-1])
        layer = torch.nn.Conv2d(160, 1, 1)
        optimizer, x = torch.optim.AdamW(layer.parameters(), lr=0.03, weight_decay=0.01), self.view(rows, 0)
        for _ in range(150):
            loss = F.binary_cross_entropy_with_logits(layer(x), goal)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return layer.weight.detach(), layer.bias.detach()
