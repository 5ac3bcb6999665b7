"""CARD.md of a pack from its manifest.json, operating-points.json, metrics.json and recipes/<id>.card.md. usage: card.py PACK_FOLDER"""
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent


def interval(v, digits=3):
    return f"{v['value']:.{digits}f} ({v['low']:.{digits}f}-{v['high']:.{digits}f})"


def auc_rows(metrics, split):
    for finding, m in metrics[split].items():
        if not isinstance(m, dict) or "auc" not in m:
            continue
        for origin, a in m["auc"].items():
            whole = f"{m['float auc']:.3f}" if origin == "all" else ""
            yield f"| {finding} | {split} | {origin} | {a['n']} ({a['positives']}) | {interval(a)} | {whole} |"


def point_rows(points, metrics):
    for p in points:
        test = metrics["test"].get(p["finding"], {}).get("operating points", {}).get(p["name"])
        seen = f"{interval(test['sensitivity'])} | {interval(test['specificity'])}" if test else "not looked at | "
        yield f"| {p['finding']} | {p['name']} | {p['threshold']:.3f} | {interval(p['sensitivity'])} | {interval(p['specificity'])} | {seen} |"


def quality_rows(metrics):
    for split in ("val", "test"):
        for label, v in metrics[split].get("quality passed", {}).items():
            yield f"| {split} | {label} | {v['passed']} of {v['n']} |"


def extra_lines(metrics):
    for finding, m in metrics["test"].items():
        if isinstance(m, dict) and "same decision as float" in m:
            yield f"- {finding}: INT8 and float decide the same on {', '.join(f'{100 * v:.1f} % ({k})' for k, v in m['same decision as float'].items())} of test; expected calibration error on test {m['ece']:.3f}."
    for name, v in metrics["test"].get("odir-normal specificity", {}).items():
        yield f"- odir-normal (151 eyes without retinopathy, other cameras): specificity {interval(v)} at {name}."


def heat_rows(metrics):
    """Whether the heatmap shows what the score rests on (faithfulness.py)."""
    if "heatmap" not in metrics:
        return
    yield from ["## Heatmaps, checked", "", "Positive differences speak for the map, whose parts are blurred away (deletion) or put back (insertion) hottest first; the other map is another picture's, turned. Cases of val.", "",
                "| finding | deletion | insertion | n | activation inside the lungs | picture inside the lungs |", "|---|---|---|---|---|---|"]
    for finding, m in metrics["heatmap"].items():
        deletion, insertion, field = m["deletion less than a foreign map"], m["insertion more than a foreign map"], m.get("lungs")
        inside = f"{interval(field['activation inside'])} | {field['picture inside']:.3f}" if field else "not a chest pack | "
        yield f"| {finding} | {interval(deletion)} | {interval(insertion)} | {deletion['n']} | {inside} |"
    yield ""


def trust_lines(metrics):
    """Reliability on `test`, and what the source alone tells."""
    for finding, m in metrics["test"].items():
        if isinstance(m, dict) and "reliability" in m:
            yield f"- {finding}, fifths of test by score, said and was: " + "; ".join(f"{b['said']:.2f} and {b['was']:.2f} (n {b['n']})" for b in m["reliability"]) + "."
    for finding, baselines in metrics.get("source only", {}).items():
        yield f"- {finding}, without the organ (logistic regression, test): " + ", ".join(f"{name} AUC {interval(v)}" for name, v in baselines.items()) + "."


def gate_rows(metrics):
    yield from ["## What passes, and as what", "", f"Largest distance {metrics['maxDistance']}.", "", "| split | pictures | passed as |", "|---|---|---|"]
    for split in ("val", "test"):
        for origin, counts in metrics.get(split, {}).items():
            yield f"| {split} | {origin} | {', '.join(f'{k} {n}' for k, n in counts.items())} |"
    yield ""


def main():
    folder = Path(sys.argv[1])
    manifest, points, metrics = (json.loads((folder / f).read_text()) for f in ("manifest.json", "operating-points.json", "metrics.json"))
    text = (HERE / "recipes" / f"{manifest['id']}.card.md").read_text()
    performance = "maxDistance" not in metrics and ["## Performance", "", "Area under the ROC curve, 95 % interval by bootstrap over patients. `val` chose, calibrated and set the thresholds; `test` was looked at once for this model.", "",
                   "| finding | split | origin | n (positive) | AUC, INT8 | AUC, float |", "|---|---|---|---|---|---|", *auc_rows(metrics, "val"), *auc_rows(metrics, "test"), "",
                   f"Operating points (default: `{points['default']}`), bound to model {manifest['model']['sha256'][:12]}; Wilson intervals.", "",
                   "| finding | name | threshold | sensitivity on val | specificity on val | sensitivity on test | specificity on test |", "|---|---|---|---|---|---|---|",
                   *point_rows(points["points"], metrics), "", *extra_lines(metrics), *trust_lines(metrics), ""]
    rows = list(quality_rows(metrics)) if performance else []
    if rows:
        performance += ["Passed by the quality output, natural photographs by EyeQ label:", "", "| split | EyeQ | passed |", "|---|---|---|", *rows, ""]
    if performance:
        performance += heat_rows(metrics)
    body = [f"# {manifest['title']}: {manifest['id']} {manifest['version']}", "", "## Intended use", "", manifest["intendedUse"], "", "## Limits and what it must not be used for", "",
            *[f"- {line}" for line in manifest["limits"]], "", "## Data", "", *[f"- {line}" for line in manifest["trainingData"]], "", f"Resolution: {manifest['trainingResolution']}.", "",
            *(gate_rows(metrics) if "maxDistance" in metrics else performance), text]
    (folder / "CARD.md").write_text("\n".join(body).rstrip() + "\n")


if __name__ == "__main__":
    main()
