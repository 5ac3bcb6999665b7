"""A backbone with linear heads on the averaged features; class activation maps come from the same weights."""
import numpy as np
import torch
from torch import nn
from torchvision.models import mobilenet_v2

from data import DATA

BACKBONE = DATA / "backbones" / "mobilenet_v2_torchvision_names.npz"


def backbone(blocks=19):
    """The first `blocks` of MobileNetV2's 19 feature blocks with ImageNet weights."""
    whole = mobilenet_v2(num_classes=1001)
    whole.load_state_dict({k: torch.from_numpy(v) for k, v in np.load(BACKBONE).items()})
    return whole.features[:blocks]


@torch.no_grad()
def recalibrate(features, images):
    """Gives the folded BatchNorms the statistics of `images` without changing the function."""
    seen = {}

    def watch(norm):
        def hook(_, inputs):
            x = inputs[0]
            seen[norm] = (x.mean((0, 2, 3)), x.var((0, 2, 3)))
        return norm.register_forward_pre_hook(hook)

    norms = [m for m in features.modules() if isinstance(m, nn.BatchNorm2d)]
    hooks = [watch(n) for n in norms]
    features.eval()(images)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        mean, var = seen[norm]
        slope = norm.weight / (norm.running_var + norm.eps).sqrt()
        offset = norm.bias - slope * norm.running_mean
        norm.weight.copy_(slope * (var + norm.eps).sqrt())
        norm.bias.copy_(slope * mean + offset)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(var)


def pool(f, power):
    """Average of [B, C, H, W] over H and W, or the generalised mean with that power."""
    power = float(power)
    return f.mean((2, 3)) if power == 1 else (f.float() + 1e-4).pow(power).mean((2, 3)).pow(1 / power)


def mix_style(x, share=0.5, strength=0.3):
    """
    Gives each picture's features the mean and deviation of a blend with another's (MixStyle, Zhou 2021): sharpness, contrast
    and exposure of a hospital then say less about the label.
    """
    if torch.rand(1) > share:
        return x
    mean, sd = x.mean((2, 3), keepdim=True), x.var((2, 3), keepdim=True).add(1e-5).sqrt()
    part = torch.distributions.Beta(strength, strength).sample((len(x), 1, 1, 1)).to(x.dtype)
    order = torch.randperm(len(x))
    mean_, sd_ = mean.detach(), sd.detach()
    return (x - mean_) / sd_ * (sd_ * part + sd_[order] * (1 - part)) + mean_ * part + mean_[order] * (1 - part)


class Net(nn.Module):
    """
    `heads` logits for the findings and, with `quality`, one more output: the log-odds that the image is to be rejected.
    `power` 1 averages the features; above 1 (generalised mean) small bright spots of a feature weigh more.
    """

    def __init__(self, heads, quality=False, blocks=19, dropout=0.3, power=1.0):
        super().__init__()
        self.mix_style_after = ()
        self.register_buffer("power", torch.tensor(float(power)))
        self.features = backbone(blocks)
        width = self.features[-1].out_channels
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(width, heads)
        self.quality = nn.Linear(width, 1) if quality else None
        for head in filter(None, (self.classifier, self.quality)):
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)

    def pooled(self, x):
        for k, block in enumerate(self.features):
            x = block(x)
            if self.training and k in self.mix_style_after:
                x = mix_style(x)
        return pool(x, self.power)

    def forward(self, x):
        p = self.dropout(self.pooled(x))
        return self.classifier(p), (self.quality(p) if self.quality is not None else None)


def begin(net, state):
    """Takes over the weights that fit: another task's heads do not. The power stays the network's own."""
    own = net.state_dict()
    net.load_state_dict({k: v for k, v in state.items() if k in own and k != "power" and own[k].shape == v.shape}, strict=False)


class Finder(Net):
    """Logits [B, 3, h, w] of a painted finding of each kind in each cell of the feature map (train_painted.py)."""

    def __init__(self):
        super().__init__(3)
        nn.init.constant_(self.classifier.bias, -3)

    def forward(self, x):
        f = self.dropout(self.features(x)).permute(0, 2, 3, 1)
        return self.classifier(f).permute(0, 3, 1, 2), None


class Rounded(nn.Conv2d):
    """A convolution whose weights act as INT8 will make them (symmetric, per channel); gradients pass straight through."""

    def _conv_forward(self, x, weight, bias):
        step = weight.detach().abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-9) / 127
        return super()._conv_forward(x, weight + ((weight / step).round() * step - weight).detach(), bias)


def rounded(net, on=True):
    """Makes every convolution of the backbone train and judge with INT8 weights, or none of them."""
    for m in net.features.modules():
        if isinstance(m, nn.Conv2d):
            m.__class__ = Rounded if on else nn.Conv2d
    return net
