"""Statistics of sets of sounds: means over classes, intervals over kits, variety, copies, explained variance.

Arrays in, numbers out, as in `drumjax.evaluate.measures`. The result is NaN where a class has too few sounds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from drumjax.config import CLASSES

FEW_SOUNDS, FEW_KITS = 20, 3
"""Classes with fewer sounds or kits are marked in the tables."""

COPY_PERCENTILE = 5.0  # of the distances from real sounds to the nearest one of another kit

BOOTSTRAP_DRAWS = 1000
KIT_DRAWS = 100  # draws of kits that `kit_abs_mean_ratio` is averaged over


@dataclass(frozen=True)
class ClassMeans:
    """Means over the sounds of each class, then over classes.

    Attributes:
        macro: mean over the classes that have a value.
        classes: {class: mean}.
    """

    macro: float
    classes: dict[str, float]

    @classmethod
    def of(cls, values: Mapping[str, float | np.generic]) -> "ClassMeans":
        """The values of whole classes, {class: value}, and the mean of the finite ones."""
        finite = [value for value in values.values() if np.isfinite(value)]
        return cls(float(np.mean(finite)) if finite else float("nan"), {k: float(v) for k, v in values.items()})

    def to_dict(self) -> dict[str, Any]:
        """{"macro", "classes"}, ready for JSON."""
        return {"macro": self.macro, "classes": self.classes}


def class_means(
    values: Float[np.ndarray, " sounds"], labels: Int[np.ndarray, " sounds"], median: bool = False
) -> ClassMeans:
    """Mean (or median) of the finite `values` of each class, and the macro mean; classes without one are left out."""
    values = np.asarray(values, np.float64)
    centre = np.median if median else np.mean
    means = {}
    for label, name in enumerate(CLASSES):
        own = values[(labels == label) & np.isfinite(values)]
        if len(own):
            means[name] = float(centre(own))
    return ClassMeans.of(means)


def macro_without_few(values: Mapping[str, float | np.generic], counts: Mapping[str, Mapping[str, Any]]) -> float:
    """Mean of {class: value} over the classes that `class_counts` does not mark."""
    return ClassMeans.of({name: value for name, value in values.items() if not counts[name]["few"]}).macro


def class_counts(labels: Int[np.ndarray, " sounds"], kits: Int[np.ndarray, " sounds"]) -> dict[str, dict[str, Any]]:
    """{class: {"sounds", "kits", "few"}}; `few` marks a class of fewer than 20 sounds or 3 kits."""
    table = {}
    for label, name in enumerate(CLASSES):
        own = labels == label
        sounds, distinct = int(own.sum()), len(np.unique(kits[own]))
        table[name] = {"sounds": sounds, "kits": distinct, "few": sounds < FEW_SOUNDS or distinct < FEW_KITS}
    return table


def bootstrap_interval(
    values: Float[np.ndarray, " sounds"],
    labels: Int[np.ndarray, " sounds"],
    kits: Int[np.ndarray, " sounds"],
) -> tuple[float, float]:
    """95 % bootstrap interval of the macro mean of `values`; the kits of every class are drawn with replacement.

    Sounds of one kit resemble each other, so the unit of observation is a kit, not a sound. Every sample of a model
    counts as a kit.

    Args:
        values: one of each sound.
        labels: class index of each sound.
        kits: kit index of each sound.

    Returns:
        Lower and upper end.
    """
    rng = np.random.default_rng(0)
    macros = []
    for label in np.unique(labels):
        own = labels == label
        _, index = np.unique(kits[own], return_inverse=True)
        sums, sizes = np.bincount(index, values[own]), np.bincount(index)
        drawn = rng.integers(len(sizes), size=(BOOTSTRAP_DRAWS, len(sizes)))
        macros.append(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    low, high = np.quantile(np.mean(macros, axis=0), [0.025, 0.975])
    return float(low), float(high)


def recognition(
    correct: Float[np.ndarray, " sounds"], labels: Int[np.ndarray, " sounds"], kits: Int[np.ndarray, " sounds"]
) -> dict[str, Any]:
    """Class means of `correct`, 1 for a sound in its class and 0 elsewhere, with an interval over kits."""
    return {**class_means(correct, labels).to_dict(), "interval": bootstrap_interval(correct, labels, kits)}


def squared_distances(
    x: Float[np.ndarray, "n dimensions"], y: Float[np.ndarray, "m dimensions"]
) -> Float[np.ndarray, "n m"]:
    """Mean square difference per dimension, of every pair."""
    # The expansion of |x - y|^2 cancels in float32 where x is close to y; centring keeps the digits that matter.
    centre = y.mean(axis=0)
    x, y = x - centre, y - centre
    squares = np.sum(x**2, axis=1, dtype=np.float64)[:, None] + np.sum(y**2, axis=1, dtype=np.float64)
    return np.maximum(squares - 2.0 * (x @ y.T), 0) / x.shape[1]


def pairwise_distance(log_mels: Float[np.ndarray, "sounds dimensions"]) -> float:
    """Root mean square difference of two log-mels, mean over all pairs; NaN for one sound."""
    n = len(log_mels)
    if n < 2:
        return float("nan")
    distances = np.sqrt(squared_distances(log_mels, log_mels))
    np.fill_diagonal(distances, 0)
    return float(distances.sum() / (n * (n - 1)))


def variety(samples: Float[np.ndarray, "n dimensions"], real: Float[np.ndarray, "m dimensions"]) -> float:
    """Mean pairwise log-mel distance of samples of one class, over that of real sounds; 1 where both vary equally."""
    return pairwise_distance(samples) / pairwise_distance(real)


def copies(
    samples: Float[np.ndarray, "n dimensions"],
    training: Float[np.ndarray, "m dimensions"],
    kits: Int[np.ndarray, " m"],
) -> float:
    """Share of samples whose distance to the nearest training sound is below a threshold between real sounds.

    The threshold is the 5th percentile of the distances from a training sound to the nearest one of another kit.

    Args:
        samples: log-mels of samples of one class.
        training: log-mels of training sounds of that class.
        kits: kit index of each training sound.

    Returns:
        0 to 1, or NaN for a single kit.
    """
    if len(np.unique(kits)) < 2:
        return float("nan")
    real = squared_distances(training, training)
    real[kits[:, None] == kits[None]] = np.inf
    threshold = np.percentile(real.min(axis=1), COPY_PERCENTILE)
    return float(np.mean(squared_distances(samples, training).min(axis=1) < threshold))


def explained_variance(
    coordinates: Float[np.ndarray, "sounds coordinates"], log_mels: Float[np.ndarray, "sounds dimensions"]
) -> float:
    """Share of the variance of one class's log-mels that a linear function of the coordinates explains (adjusted R^2).

    Adjusted for the degrees of freedom, because any three numbers explain 3 / (n - 1) of the variance of n sounds:
    independent coordinates have an expected share of 0. NaN for fewer than 6 sounds (3 more than coordinates).
    """
    n, count = coordinates.shape
    if n < count + 3:
        return float("nan")
    x = coordinates - coordinates.mean(axis=0)
    y = log_mels - log_mels.mean(axis=0)
    basis, size, _ = np.linalg.svd(x, full_matrices=False)
    basis = basis[:, size > 1e-6 * max(size[0], 1e-12)]
    explained = np.sum((basis.T @ y) ** 2, dtype=np.float64)
    unexplained = 1 - explained / max(np.sum(y**2, dtype=np.float64), 1e-20)
    return float(1 - unexplained * (n - 1) / (n - 1 - basis.shape[1]))


def latent_moments(z: Float[np.ndarray, "sounds latent"]) -> dict[str, float]:
    """Absolute mean and standard deviation, averaged over dimensions, and the absolute mean of n draws of N(0, I)."""
    n = len(z)
    return {
        "abs_mean": float(np.abs(z.mean(axis=0)).mean()),
        "abs_mean_normal": _abs_mean_normal(n),
        "std": float(z.std(axis=0, ddof=1).mean()) if n > 1 else float("nan"),
    }


def kit_abs_mean_ratio(z: Float[np.ndarray, "sounds latent"], kits: Int[np.ndarray, " sounds"], count: int) -> float:
    """Ratio "abs_mean" / "abs_mean_normal" of `latent_moments` for `count` kits, drawn with replacement; mean of draws.

    Sounds of one kit resemble each other, so the mean of n sounds of K kits varies as the mean of K sounds.
    """
    rng = np.random.default_rng(0)
    names, index = np.unique(kits, return_inverse=True)
    sizes = np.bincount(index)
    sums = np.stack([z[index == kit].sum(axis=0, dtype=np.float64) for kit in range(len(names))])
    ratios = []
    for drawn in rng.integers(len(names), size=(KIT_DRAWS, count)):
        n = int(sizes[drawn].sum())
        ratios.append(np.abs(sums[drawn].sum(axis=0) / n).mean() / _abs_mean_normal(n))
    return float(np.mean(ratios))


def _abs_mean_normal(n: int) -> float:
    """The expected absolute mean of n draws of N(0, 1)."""
    return float(np.sqrt(2 / (np.pi * n)))


def frechet_distance(x: Float[np.ndarray, "n dimensions"], y: Float[np.ndarray, "m dimensions"]) -> float:
    """Frechet distance of Gaussians fitted to two sets: |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if min(len(x), len(y)) < 2:
        return float("nan")
    first, second = np.atleast_2d(np.cov(x, rowvar=False)), np.atleast_2d(np.cov(y, rowvar=False))
    values, vectors = np.linalg.eigh(first)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    # tr (C1 C2)^(1/2) from a symmetric matrix, whose eigenvalues are real; rounding can make them negative.
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum()
    gap = x.mean(axis=0) - y.mean(axis=0)
    return float(max(0.0, gap @ gap + np.trace(first) + np.trace(second) - 2 * cross))


def equal_numbers(
    labels: Int[np.ndarray, " sounds"], sizes: Mapping[int, int], seed: int = 0
) -> Int[np.ndarray, " chosen"]:
    """Indices of `sizes[label]` sounds of every class, drawn without replacement, or of all where there are fewer."""
    rng = np.random.default_rng(seed)
    chosen = []
    for label, size in sizes.items():
        own = np.flatnonzero(labels == label)
        chosen.append(np.sort(rng.permutation(own)[:size]))
    return np.concatenate(chosen) if chosen else np.zeros(0, int)


def within_limit(labels: Int[np.ndarray, " sounds"], limit: int | None) -> Bool[np.ndarray, " sounds"]:
    """True for at most `limit` sounds of every class, the same ones in every call; all where it is None."""
    keep = np.full(len(labels), limit is None)
    if limit is not None:
        keep[equal_numbers(labels, {int(label): limit for label in np.unique(labels)})] = True
    return keep
