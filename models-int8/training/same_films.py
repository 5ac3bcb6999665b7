"""
Is a film of one origin also in another, under another name, perhaps cropped, stretched, mirrored or of another tone? Candidates by frozen
ImageNet features of the equalised film (mean over thirds of the picture), then normalised cross-correlation of the middle of one inside the
other at five sizes, straight and mirrored. Beside it what the same search finds for copies made here (the positive control) and for films
that cannot be in the other origin (normal ones: the negative control). usage: same_films.py [QUERY_ORIGIN [OTHER_ORIGIN]]
"""
import io
import sys

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from skimage.feature import match_template

from data import labelled, tensor
from model import backbone, recalibrate

SIZE, CANDIDATES = 64, 20
SCALES = (0.85, 0.92, 1.0, 1.08, 1.17)


@torch.no_grad()
def features_of(net, pixels):
    """[N, 9C], normalised: the last features averaged over a 3 x 3 grid."""
    out = [F.adaptive_avg_pool2d(net(tensor(pixels[i:i + 32])), 3).flatten(1) for i in range(0, len(pixels), 32)]
    return F.normalize(torch.cat(out) - torch.cat(out).mean(0)).numpy()


def small(picture, size=SIZE):
    return np.asarray(Image.fromarray(picture).convert("L").resize((size, size), Image.Resampling.BOX), np.float32)


def likeness(query, other):
    """The best correlation of the middle 60 % of `query`, at five sizes, anywhere inside `other` or its mirror image."""
    best, inside = -1.0, small(other)
    for scale in SCALES:
        template = small(query, int(SIZE * scale))
        edge = int(len(template) * 0.2)
        template = template[edge:-edge, edge:-edge]
        best = max(best, *(float(match_template(inside, t).max()) for t in (template, template[:, ::-1])))
    return best


def disguised(picture, random):
    """A copy as another collection may hold it: cropped off centre, stretched, another tone, JPEG."""
    image = Image.fromarray(picture)
    w, h = image.size
    left, top, right, bottom = (random.uniform(0, 0.07, 4) * [w, h, w, h]).astype(int)
    image = image.crop((left, top, w - right, h - bottom)).resize((w, h))
    image = image.point((255 * (np.arange(256) / 255) ** random.uniform(0.6, 1.6)).astype(np.uint8).tolist() * 3)
    held = io.BytesIO()
    image.save(held, "JPEG", quality=70)
    return np.asarray(Image.open(held))


def searched(queries, query_features, others, other_features):
    """For each query the likeness of its likest candidate."""
    near = np.argsort(-(query_features @ other_features.T), axis=1)[:, :CANDIDATES]
    return np.array([max(likeness(q, others[k]) for k in row) for q, row in zip(queries, near)])


def told(name, found):
    low, middle, high = np.quantile(found, [0.05, 0.5, 0.95])
    print(f"{name}: {len(found)} films, likeness 5 % {low:.3f}, median {middle:.3f}, 95 % {high:.3f}, most {found.max():.3f}; "
          f"above 0.90: {(found > 0.90).sum()}, above 0.95: {(found > 0.95).sum()}", flush=True)


def main():
    query, other = [*sys.argv[1:], "nlm-shenzhen", "qatar-tb-db"][:2] if len(sys.argv) < 3 else sys.argv[1:3]
    torch.set_num_threads(2)
    pixels, table = labelled("cxr-eq", "cxr")
    rows = lambda mask: np.array(pixels[np.flatnonzero(mask)])
    tb, normal = (rows((table.origin == query) & (table.label == l)) for l in ("tb", "normal"))
    others = rows(table.origin == other)
    random = np.random.default_rng(3)
    copies = np.stack([disguised(p, random) for p in tb[:60]])
    net = backbone().eval()
    recalibrate(net, tensor(others[:200]))
    f = features_of(net, np.concatenate([tb, normal, others, copies]))
    ends = np.cumsum([len(tb), len(normal), len(others)])
    f_tb, f_normal, f_others, f_copies = np.split(f, ends)
    told(f"copies made here, hidden among {other}", searched(tb[:60], f_tb[:60], np.concatenate([others, copies]), np.concatenate([f_others, f_copies])))
    told(f"normal films of {query} in {other}, where they cannot be", searched(normal[:100], f_normal[:100], others, f_others))
    told(f"tb films of {query} in {other}", searched(tb, f_tb, others, f_others))


if __name__ == "__main__":
    main()
