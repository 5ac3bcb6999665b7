"""
CARD.md of a pack, headings after TRIPOD+AI and model cards, from its manifest.json, operating-points.json, metrics.json and the
words of recipes/<id>.card.md. `{a/b/c}` in those words is a number of metrics.json (`points/FINDING/NAME/...` of operating-points.json), with % before the } in per cent, with :3 to three places.
usage: card.py PACK_FOLDER
"""
import json
import re
import sys
from pathlib import Path

from card_tables import cut, gate_rows, heat_rows, origin_rows, performance, product_rows, source_rows, trust_rows

HERE = Path(__file__).parent
LEAKS = ("Patients in two splits, near copies across splits, and what the source alone tells were looked for by `leaks.py`; what it found stands in "
         "`training/LOG.md`. Origins that name no patient (data table: files without people) can't be checked for patients.")
TROUBLE = ("The Screenpost project, from public data. The repository's licence covers the code; what the weights may be used for is also bound by the data's terms "
           "(data table: several origins are for research only). Report trouble as an issue of its repository, with the pack's version and the first digits of the model's hash, never with a patient's image.")


def filled(text, metrics):
    """The words with their numbers; a path that leads nowhere stops the card."""
    def number(match):
        value = metrics
        path, places = re.fullmatch(r"(.+?)(?::(\d))?", match[1]).groups()
        for key in path.rstrip("%").split("/"):
            value = value[int(key)] if isinstance(value, list) else value[key]
        return f"{100 * value:.0f} %" if match[1].endswith("%") else f"{value:,}" if isinstance(value, int) else f"{value:.{places or 2}f}"
    return re.sub(r"\{([^{}\n]+)\}", number, text)


def words(pack, metrics):
    """Heading -> text, of recipes/<id>.card.md."""
    parts = re.split(r"^## (.+)\n", filled((HERE / "recipes" / f"{pack}.card.md").read_text(), metrics), flags=re.M)[1:]
    return {heading: text.strip() for heading, text in zip(parts[::2], parts[1::2])}


def again(pack):
    """The commands of packs.mk that make this pack and every figure of its card."""
    rule = re.search(rf"^{pack}:.*\n((?:\t.+\n)+)", (HERE / "packs.mk").read_text(), re.M)
    return [f"`make -f packs.mk {pack}` in `models-int8/training` (README.md there says how to set it up); it runs", "", "```", *(line.strip() for line in rule[1].splitlines()), "```"]


def bullets(lines):
    return [f"- {line}" for line in lines]


def sections(manifest, points, metrics):
    """(heading, lines) in the card's order; sections without lines are left out."""
    own = words(manifest["id"], {**metrics, "points": {f["code"]: {p["name"]: p for p in points["points"] if p["finding"] == f["code"]} for f in manifest.get("findings", [])}})
    said = lambda heading: [own.pop(heading)] if heading in own else []
    gate = "maxDistance" in metrics
    yield "Intended use", [manifest["intendedUse"]]
    yield "Limits and what it must not be used for", bullets(manifest["limits"])
    yield "Who is not represented", said("Who is not represented")
    yield "Data and licences", [*origin_rows(metrics), "", "What training used:", "", *bullets(manifest["trainingData"]), "", f"Resolution: {manifest['trainingResolution']}."]
    yield "How the truth was read", said("How the truth was read")
    yield "Model and training", said("Model and training")
    yield "Performance, overall and by origin", gate_rows(metrics) if gate else performance(points, metrics)
    yield "As the installed product reads it", product_rows(metrics) + [""] * ("product" in metrics) + said("As the installed product reads it")
    yield "Calibration", trust_rows(metrics) if not gate else said("Calibration")
    yield "Source-only baselines", source_rows(metrics) + [""] * ("source only" in metrics) + said("Source-only baselines")
    yield "Leaks between splits", [LEAKS]
    yield "Heatmaps, checked", heat_rows(metrics) + [""] * ("heatmap" in metrics) + said("Heatmaps, checked")
    yield "Default operating point", said("Default operating point")
    yield "How it fails", said("How it fails")
    yield "How often test was looked at", said("How often test was looked at")
    yield "Every figure again", again(manifest["id"])
    yield "Who made it, and where to report trouble", [TROUBLE]
    if own:
        raise SystemExit(f"recipes/{manifest['id']}.card.md has headings that the card has no place for: {', '.join(own)}")


def main():
    folder = Path(sys.argv[1])
    manifest, points, metrics = (json.loads((folder / f).read_text()) for f in ("manifest.json", "operating-points.json", "metrics.json"))
    out = [f"# {manifest['title']}: {manifest['id']} {manifest['version']}", f"Model {cut(manifest)} (sha256), run `{metrics['run']}`."]
    for heading, lines in sections(manifest, points, metrics):
        if any(lines):
            out += [f"## {heading}", "\n".join(lines).strip()]
    (folder / "CARD.md").write_text("\n\n".join(out) + "\n")


if __name__ == "__main__":
    main()
