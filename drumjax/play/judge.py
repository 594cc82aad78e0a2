"""Classifiers of drum sounds by their mels.

Strict sampling uses linear discriminants of the log energies of even cells, fitted to the decoded mels of the bundle's
codes: that is what it is asked about, and it takes a second. Sounds whose class nothing says are guessed by a forest
of cells that are fine at the attack: it is right more often for kits that it has not seen.
"""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES

CELL = (4, 16)
"""Frames and mels that one energy averages over."""

STRICT = 0.5
"""Probability of its class from which strict sampling accepts a sound."""

EXAMPLES = 80
"""Codes of each class that strict sampling's classifier is fitted to, at most."""


def examples(density: Mapping[str, np.ndarray]) -> Int[np.ndarray, " chosen"]:
    """Indices of at most EXAMPLES codes of each class of what `sampling.fit` gave, spread evenly over its weights."""
    chosen = []
    for label in np.unique(density["labels"]):
        own = np.flatnonzero(density["labels"] == label)
        sums = np.cumsum(density["weights"][own], dtype=np.float64)
        places = (np.arange(EXAMPLES) + 0.5) / EXAMPLES * sums[-1]
        chosen.append(own[np.unique(np.searchsorted(sums, places))])
    return np.concatenate(chosen)


def cell_energies(mels: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, "sounds cells"]:
    """Log energies of cells relative to the whole sound: level alone does not change the class."""
    frames, bins = (-(-n // size) for n, size in zip(mels.shape[1:], CELL, strict=True))
    padding = ((0, 0), (0, frames * CELL[0] - mels.shape[1]), (0, bins * CELL[1] - mels.shape[2]))
    power = np.pad(np.asarray(mels) ** 2, padding).reshape(len(mels), frames, CELL[0], bins, CELL[1]).mean(axis=(2, 4))
    power /= np.maximum(power.mean(axis=(1, 2), keepdims=True), 1e-12)
    return np.log(power + 1e-4).reshape(len(mels), -1)


def fit(energies: Float[np.ndarray, "sounds cells"], labels: Int[np.ndarray, " sounds"]) -> dict[str, np.ndarray]:
    """The classifier of what `cell_energies` gave: `slopes` (cells, classes) and `offsets` (classes,)."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    even = np.full(len(CLASSES), 1 / len(CLASSES))
    fitted = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=even).fit(energies, labels)
    return {"slopes": fitted.coef_.T.astype(np.float32), "offsets": fitted.intercept_.astype(np.float32)}


def fit_codes(
    density: Mapping[str, np.ndarray], decode: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> dict[str, np.ndarray]:
    """`fit` of the `examples` of a density: the classifier of strict sampling.

    Args:
        density: what `sampling.fit` gave.
        decode: codes (sounds, latent), class indices (sounds,) -> linear mels (sounds, frames, mels).
    """
    chosen = examples(density)
    labels = density["labels"][chosen].astype(np.int64)
    return fit(cell_energies(decode(density["codes"][chosen], labels)), labels)


def probabilities(
    judge: Mapping[str, np.ndarray], mels: Float[np.ndarray, "sounds frames mels"]
) -> Float[np.ndarray, "sounds classes"]:
    """The classifier's probability of every class."""
    score = cell_energies(mels) @ judge["slopes"] + judge["offsets"]
    odds = np.exp(score - score.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


SLOTS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40, 50, 64)
"""Frames at which the cells of `slot_levels` begin."""

BAND = 8
"""Mels of a cell of `slot_levels`."""


def slot_levels(mels: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, "sounds cells"]:
    """Log levels of cells relative to the loudest, fine at the attack and coarse in the tail.

    The number of mels is a multiple of BAND.
    """
    power = np.square(mels).reshape(*mels.shape[:2], -1, BAND).mean(axis=-1)
    slots = [start for start in SLOTS if start < mels.shape[1]]
    sizes = np.diff(slots, append=mels.shape[1]).astype(np.float32)
    levels = np.sqrt(np.add.reduceat(power, slots, axis=1) / sizes[:, None]).reshape(len(mels), -1)
    return np.log(levels / np.maximum(levels.max(axis=1, keepdims=True), 1e-12) + np.float32(1e-3))


def fit_forest(
    levels: Float[np.ndarray, "sounds cells"],
    labels: Int[np.ndarray, " sounds"],
    weights: Float[np.ndarray, " sounds"],
):
    """A forest of extremely randomised trees (scikit-learn) of what `slot_levels` gave; classes count evenly.

    Args:
        levels: of training sounds.
        labels: class index of each.
        weights: probabilities within a class; their square root counts, between sounds evenly and kits evenly.
    """
    from sklearn.ensemble import ExtraTreesClassifier

    balance = np.sqrt(weights)
    balance = balance / np.bincount(labels, balance, minlength=len(CLASSES))[labels]
    forest = ExtraTreesClassifier(150, min_samples_leaf=2, random_state=0, n_jobs=-1)
    return forest.fit(levels, labels, sample_weight=balance)
