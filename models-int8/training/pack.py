"""
Makes a pack folder from work/<run>-{float,int8}.onnx: calibrates on `val` after quantization, sets the operating points
on `val`, writes manifest.json, operating-points.json and metrics.json (float against INT8 on `val`; with --test, `test`, once).
--cleared (dr_views.py): where `val` flatters the networks it chose, the share of negatives that high sensitivity may clear is what folds over train and val said.
Where `val` has too few people to set anything on, --folds (lus_folds.py): what networks of folds over train and val said of the people they had not seen.
usage: pack.py RECIPE RUN --arrays NAME --folder F [--folds NAME] [--cleared NAME] [--test]
"""
import argparse
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np

import figures
from data import WORK, labelled
from leaks import SOURCE_ONLY, told_by
from session import cpu_session, multiply_adds
from targets import FINDINGS, log_odds, patients

HERE = Path(__file__).parent


def run_model(file, pixels, threads=2):
    """All outputs for uint8 images, one at a time as the appliance does: dict of [N, ...]."""
    session = cpu_session(file, threads)
    names = [o.name for o in session.get_outputs() if o.name not in ("activation",)]
    rows = []
    for image in pixels:
        x = (image.astype(np.float32).transpose(2, 0, 1)[None] - 128) / 128
        rows.append(session.run(names, {"image": x}))
    return {n: np.concatenate([r[i] for r in rows]) for i, n in enumerate(names)}


def judged(findings, outputs, table):
    """For each finding: rows, truth, log-odds and patients of the images that can judge it."""
    for f in findings:
        mask, y = FINDINGS[f["code"]](table)
        yield f, y[mask], log_odds(outputs["logits"][mask], f["source"]), patients(table)[mask], table.origin.to_numpy()[mask]


def source_only(findings, pixels, table, split):
    """What pictures without an organ tell: AUC of each source-only baseline, fitted on `train`."""
    out = {}
    for f in findings:
        mask, y = FINDINGS[f["code"]](table)
        fit, judge = (np.flatnonzero(mask & (table.split == s).to_numpy()) for s in ("train", split))
        if 0 < y[judge].sum() < len(judge):
            out[f["code"]] = {name: figures.auc(y[judge], told_by(features, pixels, fit, judge, y), patients(table)[judge]) for name, features in SOURCE_ONLY.items()}
    return out


def by_origin(y, logit, who, origin):
    out = {"all": figures.auc(y, logit, who)} if 0 < y.sum() < len(y) else {}
    for o in np.unique(origin):
        m = origin == o
        if len(np.unique(origin)) > 1 and 0 < y[m].sum() < m.sum():
            out[str(o)] = figures.auc(y[m], logit[m], who[m])
    return out


def same_decision(code, points, p, q):
    """Share of the pictures on which scores `p` and `q` decide alike, at each operating point of a finding."""
    return {o["name"]: round(float(((p >= o["threshold"]) == (q >= o["threshold"])).mean()), 4) for o in points if o["finding"] == code}


def compared_before_test(specs, points, exactly, files, pixels, table):
    """What INT8 and float decide alike on train and val together: many more pictures than `test` has. `files`: INT8, float."""
    rows = np.flatnonzero(table.split != "test")
    known = table.iloc[rows].reset_index(drop=True)
    small, whole = (run_model(f, pixels[rows]) for f in files)
    return {f["code"]: {"n": len(logit), **same_decision(f["code"], points, figures.calibrated(logit, f["calibration"]), figures.calibrated(exact, exactly[f["code"]]))}
            for (f, _, logit, _, _), (_, _, exact, _, _) in zip(judged(specs, small, known), judged(specs, whole, known))}


def of_folds(name, table):
    """Outputs and table of what was said in folds."""
    said = np.load(WORK / f"{name}.npz")
    return {"logits": said["logits"]}, table.iloc[said["rows"]].reset_index(drop=True)


def quality_figures(outputs, table, limit):
    """Share passed by EyeQ label on natural photographs, and of photographs of other diseases."""
    if "quality" not in outputs:
        return {}
    p = 1 / (1 + np.exp(-outputs["quality"][:, 0]))
    out = {}
    for label in ("good", "usable", "reject", "other-glaucoma", "other-cataract"):
        own = table.label if label.startswith("other") else table.quality.where(table.origin == "eyepacs-natural")
        m = (own == label).to_numpy()
        out[label] = {"passed": int((p[m] <= limit).sum()), "n": int(m.sum())}
    return out


def main():
    a = argparse.ArgumentParser()
    a.add_argument("recipe")
    a.add_argument("run")
    a.add_argument("--arrays", required=True)
    a.add_argument("--folder", required=True)
    a.add_argument("--folds", help="work/NAME.npz and .json of lus_folds.py: calibrates and sets the operating points in place of `val`")
    a.add_argument("--cleared", help="work/NAME.json of dr_views.py")
    a.add_argument("--test", action="store_true")
    a = a.parse_args()
    recipe = json.loads((HERE / "recipes" / f"{a.recipe}.json").read_text())
    manifest, extra = recipe["manifest"], recipe.get("training", {})
    out = HERE.parent / manifest["id"] / manifest["version"]
    (out / "golden").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(WORK / f"{a.run}-int8.onnx", out / "model.onnx")
    sha = hashlib.sha256((out / "model.onnx").read_bytes()).hexdigest()
    pixels, table = labelled(a.arrays, a.folder)
    size = pixels.shape[1]
    rows = np.flatnonzero(table.split == "val")
    val = table.iloc[rows].reset_index(drop=True)
    whole, small = (run_model(f, pixels[rows]) for f in (WORK / f"{a.run}-float.onnx", out / "model.onnx"))
    metrics, points, specs, exactly = {"run": a.run, "modelSha256": sha, "multiplyAdds": multiply_adds(WORK / f"{a.run}-float.onnx"), "val": {}, "test": {}}, [], [], {}
    fitting = of_folds(a.folds, table) if a.folds else (small, val)
    metrics.update({"fitted on": "folds", "folds": json.loads((WORK / f"{a.folds}.json").read_text())} if a.folds else {"fitted on": "val"})
    cleared = json.loads((WORK / f"{a.cleared}.json").read_text()) if a.cleared else {}
    metrics.update({"cleared in folds": cleared} if cleared else {})
    for (f, y, logit, who, origin), (_, _, exact, _, _), (_, fit_y, fit_logit, _, fit_origin) in zip(
            judged(manifest["findings"], small, val), judged(manifest["findings"], whole, val), judged(manifest["findings"], *fitting)):
        c = figures.platt(fit_y, fit_logit)
        p = figures.calibrated(fit_logit, c)
        specs.append({**f, "calibration": c})
        exactly[f["code"]] = c if a.folds else figures.platt(y, exact)
        for name, t in figures.thresholds(fit_y, p, most_cleared=cleared.get(f["code"], {}).get("cleared", 1.0)).items():
            points.append({"name": name, "finding": f["code"], "threshold": t, **figures.at(fit_y, p, t), "n": len(fit_y), "positives": int(fit_y.sum()),
                           "data": f"{'five folds over train and val' if a.folds else 'val'} of " + ", ".join(np.unique(fit_origin))})
        metrics["val"][f["code"]] = {"auc": by_origin(y, logit, who, origin), "float auc": round(float(figures.roc_auc_score(y, exact)), 4),
                                     "ece": figures.expected_calibration_error(y, figures.calibrated(logit, c))}
    manifest = {"formatVersion": 1, **manifest, "model": {"file": "model.onnx", "sha256": sha},
                "input": {"name": "image", "channels": pixels.shape[3], "height": size, "width": size}, "preprocess": recipe["preprocess"], "findings": specs}
    limit = manifest["gate"].get("qualityRejectAbove", 0.5)
    metrics["val"]["quality passed"] = quality_figures(small, val, limit)
    metrics["same decision before test"] = compared_before_test(specs, points, exactly, (out / "model.onnx", WORK / f"{a.run}-float.onnx"), pixels, table)
    if a.test:
        rows = np.flatnonzero(table.split == "test")
        test = table.iloc[rows].reset_index(drop=True)
        small, whole = run_model(out / "model.onnx", pixels[rows]), run_model(WORK / f"{a.run}-float.onnx", pixels[rows])
        for (f, y, logit, who, origin), (_, _, exact, _, _) in zip(judged(specs, small, test), judged(specs, whole, test)):
            p, q = figures.calibrated(logit, f["calibration"]), figures.calibrated(exact, exactly[f["code"]])
            at = {o["name"]: figures.at(y, p, o["threshold"]) for o in points if o["finding"] == f["code"]}
            same = same_decision(f["code"], points, p, q)
            metrics["test"][f["code"]] = {"auc": by_origin(y, logit, who, origin), "float auc": round(float(figures.roc_auc_score(y, exact)), 4),
                                          "ece": figures.expected_calibration_error(y, p), "reliability": figures.reliability(y, p), "operating points": at, "same decision as float": same}
        metrics["test"]["quality passed"] = quality_figures(small, test, limit)
        normal = (test.origin == "odir-normal").to_numpy()
        if normal.any():
            for f in specs[:1]:
                p = figures.calibrated(log_odds(small["logits"][normal], f["source"]), f["calibration"])
                metrics["test"]["odir-normal specificity"] = {o["name"]: figures.wilson(int((p < o["threshold"]).sum()), int(normal.sum())) for o in points if o["finding"] == f["code"]}
    metrics["source only"] = source_only(specs, pixels, table, "test" if a.test else "val")
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    (out / "operating-points.json").write_text(json.dumps({"modelSha256": sha, "default": extra["default"], "points": points}, indent=1) + "\n")
    (out / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    print(json.dumps(metrics, indent=1))


if __name__ == "__main__":
    main()
