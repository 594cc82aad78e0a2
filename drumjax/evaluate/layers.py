"""Layers: softened loud strokes beside the soft ones of real layered drums, each kit left out of the fit in turn."""

from typing import Any

import numpy as np
from jaxtyping import Float

from drumjax.config import CLASSES
from drumjax.data.store import Store
from drumjax.evaluate import measures, populations, yardsticks
from drumjax.evaluate.measures import AUDIO
from drumjax.play.layers import softened
from drumjax.train.layers import Mels, fit, strokes_of

GOAL = 0.85
"""Largest error of layers, relative to that of the loud stroke itself, at equal peaks."""


def measure(store: Store) -> dict[str, Any]:
    """Errors in dB, as class means, of the softest layer against the softest stroke of a drum; peaks are 1.

    Returns:
        "drums": their number in each class; "log_mel" and "envelope", two measures of `drumjax.evaluate.measures`, each
        with "layers", "volume_only" (the loud stroke itself), "round_robins" (two soft strokes, where a drum has them),
        their "ratio" (layers / volume only) by class, its mean, and the classes that miss `GOAL`. Without two kits of
        layered drums only "drums", empty.
    """
    strokes = strokes_of(store)
    if len(np.unique(strokes.kits)) < 2:
        return {"drums": {}}
    mels = Mels.of(store, np.concatenate(strokes[:2]))
    _, first = np.unique(strokes.drums, return_index=True)
    made = np.zeros((len(first), AUDIO.samples), np.float32)
    for kit in np.unique(strokes.kits):
        table = fit(strokes.where(strokes.kits != kit), mels)
        for row in np.flatnonzero(strokes.kits[first] == kit):
            label, loud = strokes.labels[first[row]], store.wave(strokes.loud[first[row]])
            softer = softened(loud[None], store.audio.rate, table[label].astype(np.float32), 1.0)
            made[row] = yardsticks.resample(softer, store.audio.rate, AUDIO.rate, AUDIO.samples)[0]
    labels = strokes.labels[first]
    soft, loud = (_at_measures(store, side[first]) for side in strokes[:2])
    twice = [np.unique(strokes.soft[strokes.drums == drum]) for drum in strokes.drums[first]]
    pairs = np.array([pair for pair in twice if len(pair) == 2], int).reshape(-1, 2)
    robins = [_at_measures(store, side) for side in pairs.T]
    errors = [_errors(soft, made), _errors(soft, loud), _errors(*robins)]
    return {
        "drums": {CLASSES[label]: int(np.sum(labels == label)) for label in np.unique(labels)},
        **{name: _table(*(e[name] for e in errors), labels, store.labels[pairs[:, 0]]) for name in errors[0]},
    }


def _table(
    layers: Float[np.ndarray, " drums"],
    volume: Float[np.ndarray, " drums"],
    robins: Float[np.ndarray, " pairs"],
    labels: np.ndarray,
    of_robins: np.ndarray,
) -> dict[str, Any]:
    ratio = {CLASSES[i]: float(layers[labels == i].mean() / volume[labels == i].mean()) for i in np.unique(labels)}
    return {
        "layers": populations.class_means(layers, labels).to_dict(),
        "volume_only": populations.class_means(volume, labels).to_dict(),
        "round_robins": populations.class_means(robins, of_robins).to_dict() if len(robins) else {},
        "ratio": ratio,
        "mean_ratio": float(np.mean(list(ratio.values()))),
        "miss_the_goal": [name for name, value in ratio.items() if value > GOAL],
    }


def _at_measures(store: Store, sounds: np.ndarray) -> Float[np.ndarray, "sounds samples"]:
    return yardsticks.resample(store.wave(sounds), store.audio.rate, AUDIO.rate, AUDIO.samples)


def _errors(
    first: Float[np.ndarray, "sounds samples"], second: Float[np.ndarray, "sounds samples"]
) -> dict[str, Float[np.ndarray, " sounds"]]:
    """Errors of sounds with peaks at 1, up to the end of the longer one."""
    if not len(first):
        return {"log_mel": np.zeros(0), "envelope": np.zeros(0)}
    pairs = yardsticks.mels_of_pairs(first, second)
    return {"log_mel": measures.log_mel_error_db(*pairs), "envelope": measures.envelope_error_db(*pairs)}
