"""What `ablate.py` trains: the last two of MobileNetV2's 19 blocks and the heads, on features of the frozen blocks before them."""
import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from model import mix_style, pool

CUMULATIVE_WEIGHTS = torch.tensor([0.8, 1.5, 0.7, 0.5])


class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(_, x):
        return x

    @staticmethod
    def backward(_, gradient):
        return -0.3 * gradient


class Tail(nn.Module):
    """Logits of the finding's heads, of the second task, and of the origin; `lungs` is the lung segmenter's [1, C, 1, 1] or None."""

    def __init__(self, features, heads, setting, origins, lungs=None):
        super().__init__()
        self.body, self.setting, self.lungs = copy.deepcopy(features), setting, lungs
        width = 1280
        self.classifier, self.second = nn.Linear(width, heads), nn.Linear(width, 1)
        self.origin = nn.Linear(width, origins)
        self.dropout = nn.Dropout(0.3)
        for head in (self.classifier, self.second, self.origin):
            nn.init.normal_(head.weight, std=0.01), nn.init.zeros_(head.bias)

    def embed(self, x):
        f = self.body(x.to(memory_format=torch.channels_last)).float()
        if not self.setting.inside:
            return pool(f, self.setting.power)
        weight, bias = self.lungs
        field = F.adaptive_avg_pool2d(torch.sigmoid(F.conv2d(x.float(), weight, bias)), f.shape[-2:]) + 0.02
        return (f * field).sum((2, 3)) / field.sum((2, 3))

    def forward(self, x):
        if self.training and self.setting.style:
            x = mix_style(x)
        p = self.dropout(self.embed(x))
        return self.classifier(p), self.second(p), self.origin(Reverse.apply(p))


def bce(logits, goal, setting):
    goal = goal * (1 - 2 * setting.smooth) + setting.smooth
    loss = F.binary_cross_entropy_with_logits(logits, goal, reduction="none")
    if setting.loss == "focal":
        p = torch.sigmoid(logits)
        loss = loss * (goal * (1 - p) + (1 - goal) * p).detach() ** 2 * 4
    return loss


def grade_loss(logits, y, setting):
    """y: four cumulative grades (nan unknown), second task, weight, origin. Per image of those graded."""
    graded = ~y[:, 1].isnan()
    goal, weight, z = y[graded, :4], y[graded, 5], logits[graded]
    if setting.loss == "nominal":
        classes = torch.cat([1 - goal[:, :1], goal[:, :3] - goal[:, 1:], goal[:, 3:]], 1)
        each = -((classes * (1 - setting.smooth) + setting.smooth / 5) * z.log_softmax(1)).sum(1)
    elif setting.loss == "binary":
        each = bce(z[:, 1], goal[:, 1], setting) * 1.5
    elif setting.loss == "regression":
        each = F.smooth_l1_loss(z[:, 0], goal.sum(1) - 1.5, reduction="none")
    else:
        each = (bce(z[:, :4], goal, setting) * CUMULATIVE_WEIGHTS).mean(1)
    return (each * weight).mean() if len(each) else logits.sum() * 0


def tb_loss(logits, y, setting):
    """y: tb, unused x 3, other abnormal (nan unknown), weight, origin."""
    if setting.loss == "groups":
        known = ~y[:, 4].isnan() | (y[:, 0] > 0.5)
        classes = torch.where(y[:, 0] > 0.5, 2, torch.nan_to_num(y[:, 4]).round().long())
        return F.cross_entropy(logits[known, :3], classes[known], label_smoothing=2 * setting.smooth)
    loss = (bce(logits[:, 0], y[:, 0], setting) * y[:, 5]).mean()
    if setting.loss == "ranking":
        pairs = (y[:, None, 6] == y[None, :, 6]) & (y[:, None, 0] > 0.5) & (y[None, :, 0] < 0.5)
        gap = logits[:, None, 0] - logits[None, :, 0]
        loss = loss + (F.softplus(-gap)[pairs].mean() if pairs.any() else 0)
    return loss


def loss_of(pack, outputs, y, setting):
    logits, second, origin = (o.float() for o in outputs)
    loss = (grade_loss if pack == "dr-fundus" else tb_loss)(logits, y, setting)
    known = ~y[:, 4].isnan()
    if setting.other_head and known.any() and setting.loss != "groups":
        loss = loss + 0.3 * bce(second[known, 0], y[known, 4], setting).mean()
    if setting.adversary:
        loss = loss + 0.3 * F.cross_entropy(origin, y[:, 6].long())
    return loss


def score(pack, logits, setting):
    """The number that orders the images: referable against not, or tuberculosis against not."""
    if setting.loss == "nominal":
        return logits[:, 2:5].logsumexp(1) - logits[:, :2].logsumexp(1)
    if setting.loss == "groups":
        return logits[:, 2] - logits[:, :2].logsumexp(1)
    return logits[:, 0] if setting.loss == "regression" or pack == "tb-chest" else logits[:, 1]


def mixed(x, y):
    if torch.rand(1) > 0.5:
        return x, y
    part = float(np.random.beta(0.3, 0.3))
    order = torch.randperm(len(x))
    goal = y * part + y[order] * (1 - part)
    goal[:, 6] = y[:, 6]
    return x * part + x[order] * (1 - part), goal


def barlow(a, b, strength=0.005):
    """Barlow twins (Zbontar 2021) on two views' embeddings, without a projector."""
    a, b = ((z - z.mean(0)) / (z.std(0) + 1e-4) for z in (a, b))
    c = a.T @ b / len(a)
    diagonal = torch.diagonal(c)
    return ((diagonal - 1) ** 2).sum() + strength * ((c ** 2).sum() - (diagonal ** 2).sum())
