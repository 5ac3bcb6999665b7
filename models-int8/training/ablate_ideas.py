"""
The ideas that `ablate.py` compares, a pack at a time. Each is one change against the pack's baseline (`Setting()`), with what was
expected of it written down before it ran. AUC points are hundredths (0.01) of the mean over the folds.
"""
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Setting:
    """What one ablation run may change; the values here are the baseline, the recipe of the delivered packs."""
    input: str = "plain"          # what the frozen blocks see: plain, green, contrast, mask, high
    loss: str = "own"             # own, nominal, binary, regression, focal, alone, ranking, groups
    power: float = 1.0            # of the generalised mean over the features
    inside: bool = False          # features averaged inside the lung field that a small segmenter finds
    smooth: float = 0.03          # label smoothing
    ema: float = 0.99             # moving average of the weights; 0 takes the last ones
    mix: bool = False             # mixup of features and targets
    style: bool = False           # MixStyle of the frozen features
    draws: str = "own"            # own, asis, patients, home
    adversary: bool = False       # the origin's classifier behind a reversed gradient
    pretrain: str = ""            # self, labels: what the tail learns first, on every image of the modality
    other_head: bool = True       # quality (dr) or other abnormality (tb) beside the finding
    trust: bool = True            # weigh images or hospitals as the delivered pack does
    teacher: bool = False         # soft targets of three networks
    seeds: int = 1                # networks whose scores are averaged
    soup: bool = False            # networks whose weights are averaged
    flips: bool = False           # the mirrored copy read too


def idea(name, predicted, **change):
    return name, replace(Setting(), **change), predicted


COMMON = (
    idea("baseline", "0: what everything else is compared with"),
    idea("flips", "+0.5", flips=True),
    idea("ensemble-3", "+1: the average of three", seeds=3),
    idea("soup-3", "+0.5: the weights of three averaged", seeds=3, soup=True),
    idea("distilled", "+0.7: most of the ensemble in one network", teacher=True),
    idea("gem", "+1: small lesions weigh more", power=3.0),
    idea("mixup", "+0.5 and better calibrated", mix=True),
    idea("mixstyle", "+0.5: less of the camera or hospital", style=True),
    idea("self-supervised", "+0.5: Barlow twins over every image first", pretrain="self"),
    idea("draws-by-patient", "0", draws="patients"),
    idea("draws-as-is", "-1: the origin leaks", draws="asis"),
    idea("single-task", "-0.5: the second head steadies the features", other_head=False),
    idea("no-ema", "-0.5: noisier", ema=0.0),
    idea("no-smoothing", "0 in AUC, worse calibrated", smooth=0.0),
    idea("focal", "0", loss="focal"),
)

IDEAS = {
    "tb-chest": COMMON + (
        idea("local-contrast", "+0.5: as in probe_tb", input="contrast"),
        idea("average-lung-mask", "-1 within the hospital, which posture and frame help", input="mask"),
        idea("lung-pooling", "0 to -1: features averaged inside the segmented lungs", inside=True),
        idea("one-class-softmax", "-0.5: normal, other and tb exclude one another", loss="groups"),
        idea("ranking", "+0.5: pairs of one hospital, what the AUC counts", loss="ranking"),
        idea("adversary", "-1 within the hospital", adversary=True),
        idea("home-only", "-3: 200 films are few", draws="home"),
        idea("outside-half", "-0.5: the one-class hospitals count half (tb-a)", trust=False),
        idea("labels-first", "+0.5: origin and label of every film first", pretrain="labels"),
    ),
    "dr-fundus": COMMON + (
        idea("nominal", "-0.5: five classes without order", loss="nominal"),
        idea("binary", "-1: referable or not, grades thrown away", loss="binary"),
        idea("regression", "0: the grade as a number", loss="regression"),
        idea("green-channel", "-0.5: red lesions are dark there, colour is lost", input="green"),
        idea("local-contrast", "+1: microaneurysms stand out", input="contrast"),
        idea("rejects-count-fully", "-0.3: grades of EyeQ rejects are guesses", trust=False),
        idea("natural-only", "-1: fewer images", draws="home"),
        idea("lesion-scale", "+2: four windows of the 384 px picture at its own scale", input="high"),
    ),
}
