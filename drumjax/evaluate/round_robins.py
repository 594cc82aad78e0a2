"""Takes of one hit: how much two texture seeds differ, beside two round robins of a real drum.

Two real sounds are takes of one hit if they are of one kit and class and their paths differ only in the number after
"rr", the usual mark of round robins in sample libraries (`Snare_vl2_rr1.flac`, `Snare_vl2_rr3.flac`). Numbers without
that mark may count drums or strengths.
"""

import re
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES
from drumjax.data.store import Store
from drumjax.evaluate import measures, populations, yardsticks
from drumjax.evaluate.measures import AUDIO
from drumjax.evaluate.model import Model

ROUND_ROBIN = re.compile(r"(?i)(?<![a-z])rr_?\d+")
PAIRS = 40  # of a class


def pairs_of(store: Store) -> Int[np.ndarray, "pairs 2"]:
    """Pairs of sounds of a store that are takes of one hit, at most 40 of a class and one of a hit."""
    hits: dict[tuple[int, int, str], list[int]] = {}
    for i, path in enumerate(store.paths):
        hit, marks = ROUND_ROBIN.subn("rr", path)
        if marks:
            hits.setdefault((int(store.labels[i]), int(store.kits[i]), hit), []).append(i)
    rng = np.random.default_rng(0)
    pairs = np.array([rng.permutation(takes)[:2] for takes in hits.values() if len(takes) > 1], int).reshape(-1, 2)
    kept = populations.equal_numbers(store.labels[pairs[:, 0]], dict.fromkeys(range(len(CLASSES)), PAIRS))
    return pairs[kept]


def take_distances(synth: Model, store: Store, count: int = PAIRS) -> dict[str, Any]:
    """Log-mel errors in dB between two takes, as class means.

    Returns:
        "real": of round robins; "pairs": their number in each class; "model": of `count` draws of those classes at
        texture seeds 0 and 1, left out for a model without texture.
    """
    pairs = pairs_of(store)
    labels = store.labels[pairs[:, 0]]
    first, second = (
        yardsticks.resample(store.wave(side), store.audio.rate, AUDIO.rate, AUDIO.samples) for side in pairs.T
    )
    table = {
        "real": populations.class_means(distance_db(first, second), labels).to_dict(),
        "pairs": {CLASSES[label]: int(np.sum(labels == label)) for label in np.unique(labels)},
    }
    if synth.has_texture:
        distances = {}
        for name in table["pairs"]:
            z, names = synth.draw(name, count, seed=2), [name] * count
            takes = (synth.render(z, names, texture=seed) for seed in (0, 1))
            resampled = (yardsticks.resample(take, synth.rate, AUDIO.rate, AUDIO.samples) for take in takes)
            distances[name] = float(np.mean(distance_db(*resampled)))
        table["model"] = populations.ClassMeans.of(distances).to_dict()
    return table


def distance_db(
    first: Float[np.ndarray, "sounds samples"], second: Float[np.ndarray, "sounds samples"]
) -> Float[np.ndarray, " sounds"]:
    """Log-mel error of two sounds with peaks at 1, up to the end of the longer one."""
    if not len(first):
        return np.zeros(0)
    return measures.log_mel_error_db(*yardsticks.mels_of_pairs(first, second))
