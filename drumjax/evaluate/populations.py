"""Measures of sets of sounds: means over classes, intervals over kits, variety, copies, knobs, distributions.

Arrays in, numbers out, as in `drumjax.evaluate.measures`. NaN stands for what a class has too few sounds to tell.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from drumjax.config import CLASSES

FEW_SOUNDS, FEW_KITS = 20, 3
"""A class with fewer sounds or kits than these is listed and marked."""

COPY_PERCENTILE = 5.0  # of the real nearest distances between kits

KIT_DRAWS = 100  # sets of kits that absolute means are averaged over


@dataclass(frozen=True)
class ClassMeans:
    """Means over the sounds of each class, then over classes.

    Attributes:
        macro: mean over the classes that have a value.
        classes: {class: mean}.
    """

    macro: float
    classes: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        return {"macro": self.macro, "classes": self.classes}


def of_classes(values: dict[str, float]) -> ClassMeans:
    """Figures that stand for whole classes, with their mean."""
    known = [value for value in values.values() if np.isfinite(value)]
    return ClassMeans(float(np.mean(known)) if known else float("nan"), {k: float(v) for k, v in values.items()})


def class_means(
    values: Float[np.ndarray, " sounds"], labels: Int[np.ndarray, " sounds"], median: bool = False
) -> ClassMeans:
    """The mean (or median) of finite `values` in every class that has one, and the mean of those."""
    values = np.asarray(values, np.float64)
    centre = np.median if median else np.mean
    means = {}
    for label, name in enumerate(CLASSES):
        own = values[(labels == label) & np.isfinite(values)]
        if len(own):
            means[name] = float(centre(own))
    return of_classes(means)


def without_few(values: dict[str, float], classes: dict[str, dict[str, Any]]) -> float:
    """The mean of figures that stand for whole classes, over those that `counts` does not mark."""
    return of_classes({name: value for name, value in values.items() if not classes[name]["few"]}).macro


def counts(labels: Int[np.ndarray, " sounds"], kits: Int[np.ndarray, " sounds"]) -> dict[str, dict[str, Any]]:
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
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """The interval of the macro mean of `values` when the kits of every class are drawn again, with replacement.

    Sounds of one kit resemble each other, so a kit is one observation, not its sounds; a sample of a model is
    its own kit.
    """
    rng = np.random.default_rng(seed)
    macros = []
    for label in np.unique(labels):
        own = labels == label
        _, index = np.unique(kits[own], return_inverse=True)
        sums, sizes = np.bincount(index, values[own]), np.bincount(index)
        drawn = rng.integers(len(sizes), size=(draws, len(sizes)))
        macros.append(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    low, high = np.quantile(np.mean(macros, axis=0), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def squared_distances(
    x: Float[np.ndarray, "n features"], y: Float[np.ndarray, "m features"]
) -> Float[np.ndarray, "n m"]:
    """Mean square difference per feature of every pair."""
    # The expansion of |x - y|^2 cancels in float32 for near copies: centred features keep what matters.
    centre = y.mean(axis=0)
    x, y = x - centre, y - centre
    squares = np.sum(x**2, axis=1, dtype=np.float64)[:, None] + np.sum(y**2, axis=1, dtype=np.float64)
    return np.maximum(squares - 2.0 * (x @ y.T), 0) / x.shape[1]


def pairwise_distance(log_mels: Float[np.ndarray, "sounds features"]) -> float:
    """Mean over all pairs of the root mean square difference of two log-mels; NaN for one sound."""
    n = len(log_mels)
    if n < 2:
        return float("nan")
    distances = np.sqrt(squared_distances(log_mels, log_mels))
    np.fill_diagonal(distances, 0)
    return float(distances.sum() / (n * (n - 1)))


def variety(samples: Float[np.ndarray, "n features"], real: Float[np.ndarray, "m features"]) -> float:
    """Mean pairwise log-mel distance of samples of one class over the real sounds' own; 1 is as varied."""
    return pairwise_distance(samples) / pairwise_distance(real)


def copies(
    samples: Float[np.ndarray, "n features"],
    training: Float[np.ndarray, "m features"],
    kits: Int[np.ndarray, " m"],
) -> float:
    """Share of samples nearer to a training sound than the 5th percentile of real nearest distances between kits.

    Log-mels of one class; the real distance is from a training sound to the nearest one of another kit. NaN
    when there is one kit only.
    """
    if len(np.unique(kits)) < 2:
        return float("nan")
    real = squared_distances(training, training)
    real[kits[:, None] == kits[None]] = np.inf
    threshold = np.percentile(real.min(axis=1), COPY_PERCENTILE)
    return float(np.mean(squared_distances(samples, training).min(axis=1) < threshold))


def explained_variance(
    coordinates: Float[np.ndarray, "sounds knobs"], log_mels: Float[np.ndarray, "sounds features"]
) -> float:
    """Share of the variance of one class's decoded log-mels that a linear function of the coordinates explains.

    Adjusted for the degrees of freedom, since any three numbers explain 3 / (n - 1) of n sounds: coordinates
    that mean nothing get 0 in expectation. NaN below 6 sounds.
    """
    n, knobs = coordinates.shape
    if n < knobs + 3:
        return float("nan")
    x = coordinates - coordinates.mean(axis=0)
    y = log_mels - log_mels.mean(axis=0)
    basis, size, _ = np.linalg.svd(x, full_matrices=False)
    basis = basis[:, size > 1e-6 * max(size[0], 1e-12)]
    explained = np.sum((basis.T @ y) ** 2, dtype=np.float64)
    unexplained = 1 - explained / max(np.sum(y**2, dtype=np.float64), 1e-20)
    return float(1 - unexplained * (n - 1) / (n - 1 - basis.shape[1]))


def latent_moments(z: Float[np.ndarray, "sounds latent"]) -> dict[str, float]:
    """Mean over dimensions of |mean| and of the standard deviation, beside what N(0, I) gives at this n."""
    n = len(z)
    return {
        "abs_mean": float(np.abs(z.mean(axis=0)).mean()),
        "abs_mean_normal": _abs_mean_normal(n),
        "std": float(z.std(axis=0, ddof=1).mean()) if n > 1 else float("nan"),
    }


def absolute_means_of_kits(
    z: Float[np.ndarray, "sounds latent"], kits: Int[np.ndarray, " sounds"], count: int, seed: int = 0
) -> float:
    """What `count` kits, drawn with replacement, give as "abs_mean" over "abs_mean_normal" of `latent_moments`.

    The sounds of one kit resemble each other, so the mean of n sounds of K kits scatters as the mean of K.
    """
    rng = np.random.default_rng(seed)
    names, index = np.unique(kits, return_inverse=True)
    sizes = np.bincount(index)
    sums = np.stack([z[index == kit].sum(axis=0, dtype=np.float64) for kit in range(len(names))])
    ratios = []
    for drawn in rng.integers(len(names), size=(KIT_DRAWS, count)):
        n = sizes[drawn].sum()
        ratios.append(np.abs(sums[drawn].sum(axis=0) / n).mean() / _abs_mean_normal(n))
    return float(np.mean(ratios))


def _abs_mean_normal(n: int) -> float:
    """The expected absolute mean of n draws of N(0, 1)."""
    return float(np.sqrt(2 / (np.pi * n)))


def frechet_distance(x: Float[np.ndarray, "n features"], y: Float[np.ndarray, "m features"]) -> float:
    """Frechet distance of the Gaussians fitted to two sets: |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    first, second = np.atleast_2d(np.cov(x, rowvar=False)), np.atleast_2d(np.cov(y, rowvar=False))
    values, vectors = np.linalg.eigh(first)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    # tr (C1 C2)^(1/2) from a symmetric matrix: no complex square root, no rounding into negative values.
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum()
    gap = x.mean(axis=0) - y.mean(axis=0)
    return float(max(0.0, gap @ gap + np.trace(first) + np.trace(second) - 2 * cross))


def equal_numbers(
    labels: Int[np.ndarray, " sounds"], sizes: dict[int, int], seed: int = 0
) -> Int[np.ndarray, " chosen"]:
    """Indices of `sizes[label]` sounds of every class, drawn without replacement, or all where there are fewer."""
    rng = np.random.default_rng(seed)
    chosen = []
    for label, size in sizes.items():
        own = np.flatnonzero(labels == label)
        chosen.append(np.sort(rng.permutation(own)[:size]))
    return np.concatenate(chosen) if chosen else np.zeros(0, int)


def hits(predicted: Int[np.ndarray, " sounds"], labels: Int[np.ndarray, " sounds"]) -> Bool[np.ndarray, " sounds"]:
    """True where a sound was recognised as its class."""
    return np.asarray(predicted) == np.asarray(labels)
