"""Tables of the card (card.py), each a list of markdown lines, from what the scripts wrote into metrics.json."""


def interval(v, digits=3):
    return f"{v['value']:.{digits}f} ({v['low']:.{digits}f}-{v['high']:.{digits}f})"


def cut(manifest):
    return manifest["model"]["sha256"][:12]


def findings(metrics, split, key):
    """(finding, its figures) of those findings of a split that have such a figure."""
    return [(name, m) for name, m in metrics.get(split, {}).items() if isinstance(m, dict) and key in m]


def auc_rows(metrics):
    for split in ("val", "test"):
        for finding, m in findings(metrics, split, "auc"):
            for origin, a in m["auc"].items():
                whole = f"{m['float auc']:.3f}" if origin == "all" else ""
                yield f"| {finding} | {split} | {origin} | {a['n']} ({a['positives']}) | {interval(a)} | {whole} |"


def point_rows(points, metrics):
    for p in points:
        test = metrics["test"].get(p["finding"], {}).get("operating points", {}).get(p["name"])
        seen = f"{interval(test['sensitivity'])} | {interval(test['specificity'])}" if test else "not looked at | "
        yield f"| {p['finding']} | {p['name']} | {p['threshold']:.3f} | {interval(p['sensitivity'])} | {interval(p['specificity'])} | {seen} |"


def quality_rows(metrics):
    rows = [f"| {split} | {label} | {v['passed']} of {v['n']} |" for split in ("val", "test") for label, v in metrics[split].get("quality passed", {}).items()]
    return ["", "Passed by the quality output, natural photographs by EyeQ label, and photographs of other diseases:", "", "| split | kind | passed |", "|---|---|---|", *rows] if rows else []


def same_rows(metrics):
    shares = lambda points: ", ".join(f"{100 * v:.1f} % ({k})" for k, v in points.items() if k != "n")
    before = metrics.get("same decision before test", {})
    for finding, m in findings(metrics, "test", "same decision as float"):
        more = f"; on {shares(before[finding])} of the {before[finding]['n']:,} of `train` and `val`" if finding in before else ""
        yield f"- {finding}: INT8 and float decide the same on {shares(m['same decision as float'])} of test{more}."
    for name, v in metrics["test"].get("odir-normal specificity", {}).items():
        yield f"- odir-normal ({metrics['origins']['odir-normal']['files']['test']} eyes without retinopathy, other cameras): specificity {interval(v)} at {name}."


def fitted_on(metrics):
    """What chose, calibrated and set the thresholds, in words and in a table's head."""
    return ("Five folds over the people of `train` and `val`", "in folds") if metrics.get("fitted on") == "folds" else ("`val`", "on val")


def performance(points, metrics):
    chosen, on = fitted_on(metrics)
    return [f"Area under the ROC curve, 95 % interval by bootstrap over patients. {chosen} chose, calibrated and set the thresholds; `test` chose no weights (how often it was looked at, and what was changed after it: LOG.md).", "",
            "| finding | split | origin | n (positive) | AUC, INT8 | AUC, float |", "|---|---|---|---|---|---|", *auc_rows(metrics), "",
            f"Operating points (default: `{points['default']}`), bound to the model's hash; Wilson intervals.", "",
            f"| finding | name | threshold | sensitivity {on} | specificity {on} | sensitivity on test | specificity on test |", "|---|---|---|---|---|---|---|",
            *point_rows(points["points"], metrics), "", *same_rows(metrics), *quality_rows(metrics)]


def gate_rows(metrics):
    rows = [f"| {split} | {origin} | {', '.join(f'{k} {n}' for k, n in counts.items())} |" for split in ("val", "test") for origin, counts in metrics.get(split, {}).items()]
    return [f"What passes, and as what. Largest distance {metrics['maxDistance']}.", "", "| split | pictures | passed as |", "|---|---|---|", *rows]


def origin_rows(metrics):
    """What labels.csv holds (facts.py); not all of it was used."""
    def row(name, o):
        files, people = (" / ".join(str(o[k][s]) for s in ("train", "val", "test")) for k in ("files", "people"))
        return f"| {name} | {files} | {people} | {', '.join(f'{k} {n}' for k, n in o['labels'].items())} | {'; '.join(f'{k} ({n})' for k, n in o['licences'].items())} |"
    return ["What there is, by origin:", "", "| origin | files, train / val / test | people named | labels | licence, as recorded (files) |", "|---|---|---|---|---|",
            *(row(name, o) for name, o in metrics["origins"].items())]


def person_rows(metrics):
    """The same by patient, where somebody has several images."""
    rows = [f"| {split} | {finding} | {name} | {p['patients']} ({p['positives']}) | {interval(p['referred'])} | {interval(p['cleared'])} | {p['undecided']['count']}, {p['undecidedPositives']} positive | {p['missed']} |"
            for split, groups in metrics.get("product", {}).items() for finding, f in groups["all"]["findings"].items()
            for name, p in ((name, point.get("by person")) for name, point in f["points"].items()) if p]
    return ["", "By patient: one image at or above the threshold refers; a score below it for every image of theirs clears; anything else leaves undecided.", "",
            "| split | finding | point | patients (positive) | referred, of the positive | cleared, of the others | undecided | positive and cleared |", "|---|---|---|---|---|---|---|---|", *rows] if rows else []


def product_rows(metrics):
    """What `screenpost evaluate` said: gate, quality checks and all."""
    rows, refused = [], []
    for split, groups in metrics.get("product", {}).items():
        origins = [g for g in groups if g.startswith("origin=")]
        for group, g in groups.items():
            if group.startswith("quality="):
                refused.append(f"- {split}, {group}: {g['ungradable']} of {g['files']} refused.")
            if group != "all" and (group not in origins or len(origins) < 2):
                continue
            for finding, f in g["findings"].items():
                area = interval(f["auc"]) if f["auc"] else "not defined"
                for name, p in f["points"].items():
                    rows.append(f"| {split} | {group} | {g['ungradable'] + g['unreadable']} of {g['files']} | {finding} | {f['n']} ({f['positives']}) | {area} | {name} | {interval(p['sensitivity'])} | {interval(p['specificity'])} | {f['ece']:.3f} |")
    return ["`screenpost evaluate` on the built appliance; AUC, sensitivity and specificity are of the pictures that it did not refuse.", "",
            "| split | group | refused | finding | n (positive) | AUC | point | sensitivity | specificity | ECE |", "|---|---|---|---|---|---|---|---|---|---|", *rows, *[""] * bool(refused), *refused, *person_rows(metrics)] if rows else []


def trust_rows(metrics):
    """Expected calibration error of both splits, and reliability on `test`."""
    rows = [f"| {finding} | {split} | {m['ece']:.3f} |" for split in ("val", "test") for finding, m in findings(metrics, split, "ece")]
    fitted = "on what was said in folds by the float networks" if metrics.get("fitted on") == "folds" else "after quantization, fitted on `val`"
    out = [f"Platt scaling {fitted}, so that only `test` judges it. Expected calibration error, eighths by score:", "", "| finding | split | ECE |", "|---|---|---|", *rows]
    fifths = [f"| {finding} | {b['n']} | {b['said']:.3f} | {b['was']:.3f} |" for finding, m in findings(metrics, "test", "reliability") for b in m["reliability"]]
    return out + (["", "Reliability on `test`, fifths by score:", "", "| finding | n | mean score | positive |", "|---|---|---|---|", *fifths] if fifths else [])


def source_rows(metrics):
    rows = [f"| {finding} | {name} | {interval(v)} |" for finding, baselines in metrics.get("source only", {}).items() for name, v in baselines.items()]
    split = "test" if findings(metrics, "test", "auc") else "val"
    return [f"Logistic regression fitted on `train` and judged on `{split}`, of pictures without the organ:", "", "| finding | sees | AUC |", "|---|---|---|", *rows] if rows else []


def heat_rows(metrics):
    """Whether the heatmap shows what the score rests on (faithfulness.py)."""
    if "heatmap" not in metrics:
        return []
    out = ["Positive differences speak for the map, whose parts are blurred away (deletion) or put back (insertion) hottest first; the other map is another picture's, turned. Cases of val.", "",
           "| finding | deletion | insertion | n | activation inside the lungs | picture inside the lungs |", "|---|---|---|---|---|---|"]
    for finding, m in metrics["heatmap"].items():
        deletion, insertion, field = m["deletion less than a foreign map"], m["insertion more than a foreign map"], m.get("lungs")
        inside = f"{interval(field['activation inside'])} | {field['picture inside']:.3f}" if field else "not a chest pack | "
        out.append(f"| {finding} | {interval(deletion)} | {interval(insertion)} | {deletion['n']} | {inside} |")
    return out
