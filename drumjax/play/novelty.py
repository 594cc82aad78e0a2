"""Novelty: the distance of a new sound to the training sounds, in outlines of their log-mels."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES

CELL = (2, 8)
"""Frames and mels that one value of an outline averages over."""

_MARGIN = 2.1
"""Factor on the squared radius of a copy: a sound as it is heard differs from its decoded mel."""


def outlines(mels: Float[np.ndarray, "sounds frames mels"], offset: float = 1e-4) -> Float[np.ndarray, "sounds cells"]:
    """Log-mels averaged over cells of `CELL`, in which copies are nearest to what they copy."""
    frames, bins = (-(-n // size) for n, size in zip(mels.shape[1:], CELL, strict=True))
    padding = ((0, 0), (0, frames * CELL[0] - mels.shape[1]), (0, bins * CELL[1] - mels.shape[2]))
    log_mel = np.pad(np.log(np.asarray(mels) + np.float32(offset)), padding, mode="edge")
    return log_mel.reshape(len(mels), frames, CELL[0], bins, CELL[1]).mean(axis=(2, 4)).reshape(len(mels), -1)


def fit(
    outline: Float[np.ndarray, "sounds cells"], labels: Int[np.ndarray, " sounds"], kits: Int[np.ndarray, " sounds"]
) -> dict[str, np.ndarray]:
    """The training sounds, and the distance that sounds of two kits of a class rarely fall below.

    Returns:
        `outlines` (sounds, cells), `labels` (sounds,), and `radius` (classes,): the 5th percentile of the squared
        distances from a sound to the nearest one of another kit, times a margin; 0 for a class of one kit.
    """
    radius = np.zeros(len(CLASSES))
    for label in range(len(CLASSES)):
        own = labels == label
        if len(np.unique(kits[own])) > 1:
            distances = _squared_distances(outline[own], outline[own])
            distances[kits[own][:, None] == kits[own]] = np.inf
            radius[label] = _MARGIN * np.percentile(distances.min(axis=1), 5)
    return {"outlines": outline, "labels": labels.astype(np.float32), "radius": radius.astype(np.float32)}


def distances(
    novelty: Mapping[str, np.ndarray], label: int, mels: Float[np.ndarray, "sounds frames mels"]
) -> Float[np.ndarray, " sounds"]:
    """Squared distance of mels to the nearest training sound of a class, in units of its radius: below 1, a copy."""
    if not novelty["radius"][label]:
        return np.ones(len(mels))
    own = novelty["outlines"][novelty["labels"] == label]
    return _squared_distances(outlines(mels), own).min(axis=1) / novelty["radius"][label]


def _squared_distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Mean squared difference of every pair, centred first: near pairs would be lost in rounding."""
    centre = y.mean(axis=0)
    x, y = x - centre, y - centre
    squares = np.sum(x**2, axis=1)[:, None] + np.sum(y**2, axis=1)
    return np.maximum(squares - 2 * (x @ y.T), 0) / x.shape[1]
