"""MobileNetV2 with linear heads on the averaged features; class activation maps come from the same weights."""
import numpy as np
import torch
from torch import nn
from torchvision.models import mobilenet_v2

from data import DATA

BACKBONE = DATA / "backbones" / "mobilenet_v2_torchvision_names.npz"


def backbone(blocks=19):
    """The first `blocks` of MobileNetV2's 19 feature blocks, with ImageNet weights."""
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


class Net(nn.Module):
    """`heads` logits for the findings and, with `quality`, one more output: the log-odds that the image is to be rejected."""

    def __init__(self, heads, quality=False, blocks=19, dropout=0.3):
        super().__init__()
        self.features = backbone(blocks)
        width = self.features[-1].out_channels
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(width, heads)
        self.quality = nn.Linear(width, 1) if quality else None
        for head in filter(None, (self.classifier, self.quality)):
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)

    def pooled(self, x):
        return self.features(x).mean((2, 3))

    def forward(self, x):
        p = self.dropout(self.pooled(x))
        return self.classifier(p), (self.quality(p) if self.quality is not None else None)
