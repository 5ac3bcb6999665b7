"""For each pack's finding: which images can judge it and which are positive; the patients for resampling."""
import numpy as np
import pandas as pd


def tb(table):
    """TB is judged on nlm-shenzhen alone, the only hospital with both classes."""
    return (table.origin == "nlm-shenzhen").to_numpy(), (table.label == "tb").to_numpy()


def other_abnormal(table):
    """Covid and pneumonia films of adults against normal films; TB films say nothing here."""
    return table.label.isin(["normal", "covid", "pneumonia"]).to_numpy(), table.label.isin(["covid", "pneumonia"]).to_numpy()


def grade_above(k):
    """ICDR grade above k on photographs as the camera makes them (equalised ones are left out of judging)."""
    def judge(table):
        grade = pd.to_numeric(table.grade, errors="coerce")
        return (grade.notna() & table.origin.isin(["eyepacs-natural", "srahim-dr"])).to_numpy(), (grade > k).to_numpy()
    return judge


def pattern(name):
    """A sign of POCUS's notes (`consolidation`, `B-lines`); frames whose notes are blank judge nothing."""
    def judge(table):
        told = table.notes.astype(str).str.extract(name + r"=(\d)")[0]
        return (told.notna() & table.origin.str.startswith("pocus")).to_numpy(), (told == "1").to_numpy()
    return judge


FINDINGS = {"lus-consolidation": pattern("consolidation"), "lus-interstitial": pattern("B-lines"),
            "tb": tb, "cxr-other-abnormal": other_abnormal, "dr-referable": grade_above(1), "dr-vision-threatening": grade_above(2)}


def patients(table):
    """Patient ids (two eyes of a patient carry one); a file that names no patient stands for itself."""
    return (table.origin + "/" + table.patient_or_eye_id.fillna(table.file).astype(str)).to_numpy(dtype=str)


def log_odds(logits, source):
    """The number a finding reads from the logits [N, K], as src/inference/calibrate.ts does."""
    if source["kind"] != "softmax":
        return logits[:, source["index"]]
    inside = np.isin(np.arange(logits.shape[1]), source["indices"])
    return np.logaddexp.reduce(logits[:, inside], 1) - np.logaddexp.reduce(logits[:, ~inside], 1)
