"""
Facts for the card that pack.py does not know, added to the pack's metrics.json: "origins" (files by split and label, people and
licence of each origin, from labels.csv) and, with --product, "product": what `screenpost evaluate --json` of the installed
product said of one split. usage: facts.py PACK_FOLDER --folder F [--folder F ...] [--origins A,B] [--product EVALUATE.json --split S]
"""
import argparse
import json
from pathlib import Path

import pandas as pd

from data import DATA

SPLITS = ("train", "val", "test")


def origins(folder, only):
    """One row an origin: counts, and the licences as labels.csv has them."""
    table = pd.read_csv(DATA / folder / "labels.csv", dtype=str, keep_default_na=False)
    for name, rows in table.groupby("origin"):
        if only and name not in only:
            continue
        known = rows[rows.patient_or_eye_id != ""]
        grades = rows.grade[(rows.split == "train") & rows.grade.isin(list("01234"))].value_counts().sort_index()
        yield str(name), {"files": {s: int((rows.split == s).sum()) for s in SPLITS}, "labels": {str(k): int(n) for k, n in rows.label.value_counts().items()},
                          "people": {s: int(known.patient_or_eye_id[known.split == s].nunique()) for s in SPLITS},
                          **({"grades in train": {str(k): int(n) for k, n in grades.items()}} if len(grades) else {}), "licences": {str(k): int(n) for k, n in rows.licence.value_counts().items()}}


def share(p):
    return {k: round(p[k], 4) for k in ("value", "low", "high")} | {"count": p["count"], "of": p["of"]}


def finding(f):
    auc = {k: round(f["auc"][k], 4) for k in ("value", "low", "high")} if f.get("auc") else None
    own = [p for p in f["operatingPoints"] if p["name"] != "site"]  # a threshold that this machine's site adopted is not the pack's
    points = {p["name"]: {k: share(p[k]) for k in ("sensitivity", "specificity")} for p in own}
    for p in own:
        if p.get("byPerson"):
            points[p["name"]]["by person"] = {k: v if isinstance(v, int) else share(v) for k, v in p["byPerson"].items()}
    return {"n": f["n"], "positives": f["positives"], "auc": auc, "ece": round(f["expectedCalibrationError"], 4), "points": points}


def product(file, sha):
    """The groups of an evaluation, without curves; refuses one of another model."""
    said = json.loads(file.read_text())
    if said["pack"]["sha256"] != sha:
        raise SystemExit(f"{file} is of another model; run screenpost evaluate again")
    return {g["group"]: {"files": g["files"], "ungradable": g["ungradable"]["count"], "unreadable": g["unreadable"]["count"], "reasons": g["reasons"],
                         "findings": {f["finding"]: finding(f) for f in g["findings"] if f["positives"]}} for g in said["groups"]}


def main():
    a = argparse.ArgumentParser()
    a.add_argument("pack", type=Path)
    a.add_argument("--folder", action="append", required=True)
    a.add_argument("--origins", default="")
    a.add_argument("--product", type=Path)
    a.add_argument("--split", default="val")
    a = a.parse_args()
    metrics = json.loads((a.pack / "metrics.json").read_text())
    only = [o for o in a.origins.split(",") if o]
    metrics["origins"] = {name: facts for folder in a.folder for name, facts in origins(folder, only)}
    if a.product:
        metrics["product"] = {a.split: product(a.product, metrics["modelSha256"])}
    (a.pack / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    print(json.dumps({k: metrics[k] for k in ("origins", "product") if k in metrics}, indent=1))


if __name__ == "__main__":
    main()
