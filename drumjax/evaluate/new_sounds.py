"""Samples of every class: what the ears make of them, their variety and copies, beside real sounds."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from drumjax.config import CLASSES
from drumjax.evaluate import assessment, populations, yardsticks
from drumjax.evaluate.ears import Ears
from drumjax.evaluate.measures import log_mel
from drumjax.evaluate.model import Model
from drumjax.evaluate.sounds import Sounds, measure_waves

PICTURED = 4  # samples of a class in the figure


def ways_of_sampling(synth: Model) -> dict[str, dict[str, Any]]:
    """{name: arguments of `sample`}: the default, the paper's prior, and what the model has of strict and smooth."""
    ways: dict[str, dict[str, Any]] = {"samples": {}, "samples, prior N(0, I)": {"prior": True}}
    if synth.has_codes:
        ways["samples, strict"] = {"strict": True}
    if synth.has_texture:
        ways["samples, texture off"] = {"texture": None}
    return ways


def measure_samples(
    synth: Model, ears: Ears, count: int, log: Callable[[str], None]
) -> tuple[dict[str, Any], dict[str, Any], Float[np.ndarray, "classes pictured frames mels"]]:
    """Measures `count` samples of every class of the held-out sounds, for each way of sampling.

    Samples are scaled to a peak of 1, as real sounds are.

    Args:
        synth: the model.
        ears: fitted.
        count: samples of every class.
        log: receives a line at the start of each way.

    Returns:
        {way: class means of variety and copies}, with "real held-out" for comparison; {way: `assessment.assess`}; the
        mels of the figure.
    """
    held_out, training = ears.held_out, ears.training
    classes = [int(label) for label in np.unique(held_out.labels)]
    real = {CLASSES[label]: _novelty(held_out.mels[held_out.labels == label], training, label) for label in classes}
    table, judged, pictures = {"real held-out": _novelty_means(real)}, {}, []
    for way, options in ways_of_sampling(synth).items():
        log(f"{count} new sounds of every class: {way}")
        novelty, parts = {}, []
        for label in classes:
            waves = synth.sample(CLASSES[label], count, seed=label, **options)
            waves = waves / np.maximum(np.abs(waves).max(axis=1, keepdims=True), 1e-9)
            mels = yardsticks.mels_of(measure_waves(synth, waves))
            parts.append(waves)
            novelty[CLASSES[label]] = _novelty(mels, training, label)
            if way == "samples":
                pictures.append(np.resize(mels, (PICTURED, *mels.shape[1:])))
        table[way] = _novelty_means(novelty)
        heard = ears.hear(np.concatenate(parts), synth.rate)
        judged[way] = assessment.assess(ears, heard, np.repeat(classes, [len(part) for part in parts]))
    return table, judged, np.stack(pictures)


def _novelty(mels: Float[np.ndarray, "sounds frames mels"], training: Sounds, label: int) -> dict[str, float]:
    """Variety and copies of mels of one class, relative to the training sounds of that class."""
    own = training.labels == label
    if not own.any():
        return {"variety": float("nan"), "copies": float("nan")}
    new, real = (log_mel(part).reshape(len(part), -1) for part in (mels, training.mels[own]))
    return {
        "variety": populations.variety(new, real),
        "copies": populations.copies(new, real, training.kits[own]),
    }


def _novelty_means(novelty: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """{class: {measure: value}} -> {measure: class means}."""
    return {
        measure: populations.ClassMeans.of({name: of_class[measure] for name, of_class in novelty.items()}).to_dict()
        for measure in ("variety", "copies")
    }
