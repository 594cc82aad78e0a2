"""Where a class's sounds lie among the latents: a mixture of Gaussians for each class, fitted after training.

And a plain classifier of mels (linear discriminants of cell energies), by which a strict sampler tells its failures.

The MMD pulls the codes of a class towards N(0, I), but never all the way; draws from what it did leave sound more
like the class than draws from the prior.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES

MIXED = 12
"""Gaussians a class."""

CELL = (4, 16)
"""Frames and mel bins over which the classifier sees the mean power."""

_WIDEN = 0.05
"""Added to every variance: a Gaussian around a handful of sounds must not draw copies of them."""


def fit(
    z: Float[np.ndarray, "sounds latent"],
    energies: Float[np.ndarray, "sounds cells"],
    labels: Int[np.ndarray, " sounds"],
) -> dict[str, np.ndarray]:
    """The densities of the codes `z`, and the classifier of what `cells` gave of the sounds' own mels.

    Returns:
        `weights` (classes, MIXED), `means` (classes, MIXED, latent) and `factors` (classes, MIXED, latent, latent),
        a Gaussian's covariance being factor @ factor.T; `slopes` (cells, classes) and `offsets` (classes,).
    """
    from sklearn.mixture import GaussianMixture

    latent = z.shape[1]
    weights = np.zeros((len(CLASSES), MIXED))
    means, factors = np.zeros((len(CLASSES), MIXED, latent)), np.zeros((len(CLASSES), MIXED, latent, latent))
    for label in range(len(CLASSES)):
        own = z[labels == label]
        count = max(1, min(MIXED, len(own) // 8))
        mixture = GaussianMixture(count, reg_covar=_WIDEN, max_iter=50, random_state=0).fit(own)
        weights[label, :count], means[label, :count] = mixture.weights_, mixture.means_
        factors[label, :count] = np.linalg.cholesky(mixture.covariances_)
    fitted = {"weights": weights, "means": means, "factors": factors, **_classifier(energies, labels)}
    return {name: value.astype(np.float32) for name, value in fitted.items()}


def draw(
    density: Mapping[str, np.ndarray], label: int, n: int, rng: np.random.Generator
) -> Float[np.ndarray, "n latent"]:
    """`n` latents of a class."""
    weights = np.asarray(density["weights"][label], np.float64)
    chosen = rng.choice(len(weights), n, p=weights / weights.sum())
    noise = rng.standard_normal((n, density["means"].shape[-1]))
    spread = np.einsum("nij,nj->ni", density["factors"][label][chosen], noise)
    return (density["means"][label][chosen] + spread).astype(np.float32)


def cells(mels: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, "sounds cells"]:
    """Log energies of cells, relative to the whole sound: what is only louder is no other class."""
    frames, bins = (-(-n // size) for n, size in zip(mels.shape[1:], CELL, strict=True))
    padding = ((0, 0), (0, frames * CELL[0] - mels.shape[1]), (0, bins * CELL[1] - mels.shape[2]))
    power = np.pad(np.asarray(mels) ** 2, padding).reshape(len(mels), frames, CELL[0], bins, CELL[1]).mean(axis=(2, 4))
    power /= np.maximum(power.mean(axis=(1, 2), keepdims=True), 1e-12)
    return np.log(power + 1e-4).reshape(len(mels), -1)


def _classifier(x: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    even = np.full(len(CLASSES), 1 / len(CLASSES))
    fitted = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=even).fit(x, labels)
    return {"slopes": fitted.coef_.T, "offsets": fitted.intercept_}


def certainty(
    density: Mapping[str, np.ndarray], mels: Float[np.ndarray, "sounds frames mels"]
) -> Float[np.ndarray, "sounds classes"]:
    """The classifier's probabilities of every class."""
    score = cells(mels) @ density["slopes"] + density["offsets"]
    odds = np.exp(score - score.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)
