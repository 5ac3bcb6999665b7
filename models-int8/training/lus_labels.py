"""Writes work/lus-labels.csv for `screenpost evaluate`: labels.csv of the ultrasound with the noted signs as columns of their own, POCUS's frames only."""
import pandas as pd

from data import DATA, WORK
from targets import pattern


def main():
    table = pd.read_csv(DATA / "ultrasound" / "labels.csv", dtype=str, keep_default_na=False)
    for sign in ("consolidation", "B-lines"):
        known, shown = pattern(sign)(table)
        table[sign] = pd.Series(shown).map({True: "yes", False: "no"}).where(pd.Series(known), "")
    table[table.origin.str.startswith("pocus")].to_csv(WORK / "lus-labels.csv", index=False)


if __name__ == "__main__":
    main()
