"""What ears and descriptors make of sets of sounds, beside the same figures of real sounds.

judged = assess(ears, ears.hear(waves, rate), labels)   # of generated sounds
of_real = assess_real(ears)                             # {"real held-out": ..., "real training": ...}
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES
from drumjax.evaluate import populations, tells
from drumjax.evaluate.ears import EARS, Ears, Heard

SWELL_DB = 6.0  # a sound with a larger rise swells
CLICK_MS = 1.5  # a sound that peaks within this time clicks
STEP = 0.1  # of the peak: a sound that starts higher starts with a step
WEAK = 0.6  # of the real sounds' recognition: a class below is weak
AIR = ("air_db",)  # a model at 22,050 Hz has none
AIR_RATE = 32_000  # Hz; sounds of stores below it have none either


def assess(
    ears: Ears,
    heard: Heard,
    labels: Int[np.ndarray, " sounds"],
    kits: Int[np.ndarray, " sounds"] | None = None,
    apart: bool = True,
) -> dict[str, Any]:
    """All figures of a set of sounds.

    Args:
        ears: fitted.
        heard: `ears.hear` of the sounds.
        labels: class index of each.
        kits: for reconstructions of the held-out sounds, the kit of each; None: each is a kit of its own.
        apart: whether to measure how well the sounds are told apart from real ones, the slowest figure.

    Returns:
        "ears": {ear: {"recognised", "frechet"}}.
        "character": the class means of `character`, and "roughness": that of rough_frequency over the real sounds'.
        "apart": class means of `tells.told_apart` from the held-out sounds; "apart_without_air": the same without the
            level above 10 kHz, for a store with frequencies up there.
        "distances": {class: {descriptor: Kolmogorov-Smirnov distance to the held-out sounds}}.
        "weak": the classes recognised less than 0.6 times as often as real ones, in the mean of the ears.
    """
    judged = ears.judge_heard(heard, labels, kits)
    figures = {
        "ears": judged,
        "character": _character_means(ears, heard.descriptors, labels),
        "distances": _distances(ears, heard.descriptors, labels),
        "weak": weak_classes(judged, ears.real_held_out()),
    }
    return figures | (_told_apart(ears, heard.descriptors, labels, kits) if apart else {})


def assess_real(ears: Ears) -> dict[str, dict[str, Any]]:
    """The same figures of real sounds.

    "real held-out" are told apart from training sounds with folds that keep the kits of both whole: two halves of the
    real kits. "real training" are as many training sounds of a class as are held out, told apart as generated sounds
    are, each a kit of its own: the figure of a model which only plays its training sounds back.
    """
    held_out, training = ears.held_out, ears.training
    chosen = populations.equal_numbers(training.labels, dict(enumerate(np.bincount(held_out.labels).tolist())), seed=1)
    of_chosen, labels = ears.training_descriptors[chosen], training.labels[chosen]
    return {
        "real held-out": {
            "ears": ears.real_held_out(),
            "character": _character_means(ears, ears.heard.descriptors, held_out.labels),
            **_told_apart(ears, ears.training_descriptors, training.labels, training.kits),
        },
        "real training": {
            "ears": ears.real_training(),
            "character": _character_means(ears, of_chosen, labels),
            "distances": _distances(ears, of_chosen, labels),
            **_told_apart(ears, of_chosen, labels, None),
        },
    }


def character(descriptors: Float[np.ndarray, "sounds descriptors"]) -> dict[str, Float[np.ndarray, " sounds"]]:
    """Swell, onset click, step at the start (1 or 0), loudness in dB at a peak of 1, and roughness along frequency."""
    silent = np.isnan(tells.column(descriptors, "length_ms"))

    def share(condition):
        return np.where(silent, np.nan, condition.astype(float))

    return {
        "swell": share(tells.column(descriptors, "swell_db") > SWELL_DB),
        "click": share(tells.column(descriptors, "peak_ms") < CLICK_MS),
        "step": share(tells.column(descriptors, "first_sample") > STEP),
        "loudness_db": tells.column(descriptors, "loudness_db"),
        "rough_frequency": tells.column(descriptors, "rough_frequency"),
    }


def weak_classes(judged: dict[str, Any], real: dict[str, Any]) -> list[str]:
    """Classes whose recognition is below 0.6 times that of real sounds, both averaged over the ears."""

    def mean(table, name):
        return np.mean([table[ear]["recognised"]["classes"].get(name, np.nan) for ear in EARS])

    return [name for name in CLASSES if mean(judged, name) < WEAK * mean(real, name)]


def _character_means(ears, descriptors, labels):
    """Class means of `character`, and the ratio of roughness to that of the held-out sounds."""
    table = {name: populations.class_means(of, labels).to_dict() for name, of in character(descriptors).items()}
    real = populations.class_means(
        tells.column(ears.heard.descriptors, "rough_frequency"), ears.held_out.labels
    ).classes
    made = table.pop("rough_frequency")["classes"]
    ratios = {name: value / real[name] for name, value in made.items() if name in real}
    return table | {"roughness": populations.ClassMeans.of(ratios).to_dict()}


def _of_classes(ears, labels):
    """(class name, held-out sounds, other sounds), as masks, for every class of the held-out sounds."""
    for label in np.unique(ears.held_out.labels):
        yield CLASSES[label], ears.held_out.labels == label, labels == label


def _distances(ears, descriptors, labels):
    real = ears.heard.descriptors
    return {name: tells.distances(real[own], descriptors[other]) for name, own, other in _of_classes(ears, labels)}


def _told_apart(ears, descriptors, labels, kits):
    real, real_kits = ears.heard.descriptors, ears.held_out.kits
    ways = {"apart": ()} | ({"apart_without_air": AIR} if ears.held_out.rate >= AIR_RATE else {})
    table = {}
    for measure, without in ways.items():
        areas = {}
        for name, own, other in _of_classes(ears, labels):
            other_kits = None if kits is None else kits[other]
            areas[name] = tells.told_apart(real[own], descriptors[other], real_kits[own], other_kits, without)
        table[measure] = populations.ClassMeans.of(areas).to_dict()
    return table
