"""Measures of sampled sounds: recognition, Frechet distance, variety and copies, compared with real sounds."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES
from drumjax.evaluate import populations, yardsticks
from drumjax.evaluate.classifier import Classifier, descriptors
from drumjax.evaluate.measures import log_mel
from drumjax.evaluate.model import Model
from drumjax.evaluate.sounds import Sounds, measure_waves

PICTURED = 4  # samples of a class in the figure


def measure_samples(
    synth: Model, sounds: Sounds, training: Sounds, classifier: Classifier, count: int, log: Callable[[str], None]
) -> tuple[dict[str, Any], Float[np.ndarray, "classes pictured frames mels"]]:
    """Measures `count` samples of every class for each way of sampling.

    The ways are the model's default, strict, draws of the paper's prior and, where the model has it, without texture.
    Samples are scaled to a peak of 1, as real sounds are.

    Args:
        synth: the model.
        sounds: held-out sounds.
        training: training sounds.
        classifier: fitted on the training sounds.
        count: samples of every class.
        log: receives a line at the start of each way.

    Returns:
        {way: class means}, with "real held-out" and "real training" for comparison, and the mels of the figure.
    """
    counts = populations.class_counts(sounds.labels, sounds.kits)
    sizes = {i: min(counts[name]["sounds"], count) for i, name in enumerate(CLASSES) if counts[name]["sounds"]}
    real = populations.equal_numbers(sounds.labels, sizes)
    real_descriptors = descriptors(sounds.mels[real])
    real_embedding = classifier.embed(real_descriptors)
    table = _measure_real(sounds, training, classifier, sizes, real, real_descriptors, real_embedding)
    ways: dict[str, dict[str, Any]] = {"samples": {}, "samples, prior N(0, I)": {"prior": True}}
    if synth.has_judge:
        ways["samples, strict"] = {"strict": True}
    if synth.has_texture:
        ways["samples, texture off"] = {"texture": None}
    pictures = []
    for way, options in ways.items():
        log(f"{count} new sounds of every class: {way}")
        novelty, parts = {}, []
        for label in sizes:
            waves = measure_waves(synth, synth.sample(CLASSES[label], count, seed=label, **options))
            mels = yardsticks.mels_of(waves / np.maximum(np.abs(waves).max(axis=1, keepdims=True), 1e-9))
            parts.append(descriptors(mels))
            novelty[CLASSES[label]] = _novelty(mels, training, label)
            if way == "samples":
                pictures.append(np.resize(mels, (PICTURED, *mels.shape[1:])))
        table[way] = _novelty_means(novelty) | _classifier_measures(parts, sizes, classifier, real_embedding)
    return table, np.stack(pictures)


def _measure_real(
    sounds: Sounds,
    training: Sounds,
    classifier: Classifier,
    sizes: Mapping[int, int],
    real: Int[np.ndarray, " real"],
    real_descriptors: Float[np.ndarray, "real descriptors"],
    real_embedding: Float[np.ndarray, "real embedding"],
) -> dict[str, Any]:
    """The same measures of held-out sounds, and the Frechet distance of as many training sounds to them."""
    other = populations.equal_numbers(training.labels, sizes, seed=1)
    correct = classifier.predict(real_descriptors) == sounds.labels[real]
    novelty = {CLASSES[label]: _novelty(sounds.mels[sounds.labels == label], training, label) for label in sizes}
    return {
        "equal_numbers": {CLASSES[label]: size for label, size in sizes.items()},
        "real held-out": {
            "recognised": populations.recognition(correct.astype(float), sounds.labels[real], sounds.kits[real]),
            **_novelty_means(novelty),
        },
        "real training": {"frechet": _frechet(classifier.embed(descriptors(training.mels[other])), real_embedding)},
    }


def _classifier_measures(
    parts: list[Float[np.ndarray, "_ descriptors"]],
    sizes: Mapping[int, int],
    classifier: Classifier,
    real_embedding: Float[np.ndarray, "real embedding"],
) -> dict[str, Any]:
    """Recognition of all samples; recognition and Frechet distance of as many samples as there are real sounds.

    `parts` are the descriptors of the samples, class by class in the order of `sizes`.
    """
    x = np.concatenate(parts)
    labels = np.repeat(list(sizes), [len(part) for part in parts])
    correct = (classifier.predict(x) == labels).astype(float)
    equal = populations.equal_numbers(labels, sizes)
    kits = np.arange(len(labels))  # every sample is a kit of its own
    return {
        "recognised": populations.recognition(correct[equal], labels[equal], kits[equal]),
        "recognised_all": populations.recognition(correct, labels, kits),
        "frechet": _frechet(classifier.embed(x[equal]), real_embedding),
    }


def _frechet(
    embedding: Float[np.ndarray, "sounds embedding"], real: Float[np.ndarray, "real embedding"]
) -> dict[str, float]:
    # Of all classes together, because a single class has too few sounds.
    return {"macro": populations.frechet_distance(embedding, real)}


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
