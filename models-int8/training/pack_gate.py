"""
Makes the image-gate pack from work/<run>-int8.onnx and its centroids; the largest distance is what passes 99.8 % of the
known kinds of `val` with room to spare. metrics.json: what passes of each kind on `val`, and with --test on `test`.
usage: pack_gate.py RUN [--test]
"""
import argparse
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np

from data import WORK, arrays, tensor
from junk import KINDS, chambers, junk, sector, unseen
from pack import run_model
from session import multiply_adds
from train_gate import CHEST, CLASSES, CUT, cut, lateral, part_of, rotated, tables

HERE = Path(__file__).parent


def half_size(pixels):
    """192 to 128 pixels by area, for generated pictures that never were files."""
    import torch
    import torch.nn.functional as F
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
    return F.interpolate(x, size=(128, 128), mode="area").permute(0, 2, 3, 1).round().byte().numpy()


# From where on a film is refused as cut off or tilted (src/pipeline/reader/recognise.ts).
CUT_REFUSED = 0.6


def judged(outputs, centroids, limit, minimum):
    """Name of the kind each picture passes as, 'refused', or 'refused as cut off'."""
    e = np.exp(outputs["logits"] - outputs["logits"].max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    part = p[:, CUT].copy()
    p[:, CHEST] += part
    p[:, CUT] = 0
    d = distance(outputs, centroids)
    ok = (p.argmax(1) < 3) & (p.max(1) >= minimum) & (d <= limit)
    return ["refused" if not good else "refused as cut off" if k == CHEST and c >= CUT_REFUSED else CLASSES[k] for k, c, good in zip(p.argmax(1), part, ok)]


def distance(outputs, centroids):
    return np.sqrt(np.maximum(0, 2 - 2 * (outputs["embedding"] @ centroids.T).max(1)))


def turned(pixels, table, split):
    """Frontal films of one split cut off, as negatives, turned, in part, and doubled into a stand-in for a side view."""
    import torch
    films = tensor(pixels[((table.kind == 1) & (table.split == split)).to_numpy()])
    torch.manual_seed(7)
    kinds = ("films cut off below", "films cut off above", "films cut off at a side", "films tilted by 22 to 45 degrees")
    made = {**{name: cut(films, kind) for kind, name in enumerate(kinds)}, "films inverted": -films, "films turned by 90, 180 or 270 degrees": rotated(films), "parts of films": part_of(films), "stand-ins for side views": lateral(films)}
    return {k: (v * 128 + 128).clamp(0, 255).round().byte().permute(0, 2, 3, 1).numpy() for k, v in made.items()}


def real_files():
    """DICOM files of other kinds (dicom.mjs); the one frontal chest among them by itself."""
    if not (WORK / "dicom-gate.json").exists():
        return {}
    pixels, files = arrays("dicom-gate")
    chest = np.array(["CR-MONO1-10-chest" in f for f in files])
    return {"DICOM samples: frontal chest": pixels[chest], "DICOM samples: everything else": pixels[~chest]}


def counts(names):
    return {str(k): int(n) for k, n in zip(*np.unique(names, return_counts=True))}


def main():
    a = argparse.ArgumentParser()
    a.add_argument("run")
    a.add_argument("--test", action="store_true")
    a = a.parse_args()
    recipe = json.loads((HERE / "recipes" / "image-gate.json").read_text())
    manifest = recipe["manifest"]
    out = HERE.parent / manifest["id"] / manifest["version"]
    (out / "golden").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(WORK / f"{a.run}-int8.onnx", out / "model.onnx")
    sha = hashlib.sha256((out / "model.onnx").read_bytes()).hexdigest()
    pixels, _ = arrays("gate")
    table = tables()
    centroids = np.round(np.load(WORK / f"{a.run}-centroids.npy"), 4)
    centroids = centroids / np.linalg.norm(centroids, axis=1, keepdims=True)
    known = ((table.split == "val") & ~table.reject & (table.kind < 3)).to_numpy()
    d = distance(run_model(out / "model.onnx", pixels[known]), centroids)
    limit = round(float(np.quantile(d, 0.998)) + 0.024, 3)
    minimum = manifest["gate"]["minimumProbability"]
    metrics = {"run": a.run, "modelSha256": sha, "multiplyAdds": multiply_adds(WORK / f"{a.run}-float.onnx"), "distance on val 50/95/99.8 %": [round(float(v), 3) for v in np.quantile(d, [0.5, 0.95, 0.998])], "maxDistance": limit}
    for split in ["val"] + (["test"] if a.test else []):
        metrics[split] = {}
        for origin in sorted(set(table.origin)):
            for reject in (False, True):
                m = ((table.origin == origin) & (table.split == split) & (table.reject == reject)).to_numpy()
                if m.any():
                    metrics[split][origin + (" (EyeQ reject)" if reject else "")] = counts(judged(run_model(out / "model.onnx", pixels[m]), centroids, limit, minimum))
    made, names = junk(300, 99_000, KINDS)
    strips, more = junk(120, 99_001, [sector, chambers, unseen])
    verdict = judged(run_model(out / "model.onnx", half_size(np.concatenate([made, strips]))), centroids, limit, minimum)
    for name in sorted(set(names + more)):
        metrics["val"][f"generated: {name}"] = counts([v for v, n in zip(verdict, names + more) if n == name])
    for name, pixels_of in {**turned(pixels, table, "test" if a.test else "val"), **real_files()}.items():
        metrics["test" if a.test else "val"][name] = counts(judged(run_model(out / "model.onnx", pixels_of), centroids, limit, minimum))
    manifest = {"formatVersion": 1, **manifest, "model": {"file": "model.onnx", "sha256": sha}, "input": {"name": "image", "channels": 3, "height": 128, "width": 128}, "preprocess": recipe["preprocess"]}
    manifest["gate"] = {**manifest["gate"], "outOfDistribution": {"centroids": "CENTROIDS", "maxDistance": limit}}
    rows = "[\n" + ",\n".join(json.dumps([round(float(v), 4) for v in c]) for c in centroids) + "]"
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1).replace('"CENTROIDS"', rows) + "\n")
    (out / "operating-points.json").write_text(json.dumps({"modelSha256": sha, "default": recipe["training"]["default"], "points": []}, indent=1) + "\n")
    (out / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    print(json.dumps(metrics, indent=1))


if __name__ == "__main__":
    main()
