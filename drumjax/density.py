"""Where a class's sounds lie among the latents: a mixture of Gaussians for each class, fitted after training.

The MMD pulls the codes of a class towards N(0, I), but never all the way; draws from what it did leave sound more
like the class than draws from the prior.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES

MIXED = 12
"""Gaussians a class."""

_WIDEN = 0.05
"""Added to every variance: a Gaussian around a handful of sounds must not draw copies of them."""


def fit(z: Float[np.ndarray, "sounds latent"], labels: Int[np.ndarray, " sounds"]) -> dict[str, np.ndarray]:
    """`weights` (classes, MIXED), `means` (classes, MIXED, latent), `factors` (classes, MIXED, latent, latent).

    A Gaussian's covariance is factor @ factor.T.
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
    return {name: v.astype(np.float32) for name, v in (("weights", weights), ("means", means), ("factors", factors))}


def draw(
    density: Mapping[str, np.ndarray], label: int, n: int, rng: np.random.Generator
) -> Float[np.ndarray, "n latent"]:
    """`n` latents of a class."""
    weights = np.asarray(density["weights"][label], np.float64)
    chosen = rng.choice(len(weights), n, p=weights / weights.sum())
    noise = rng.standard_normal((n, density["means"].shape[-1]))
    spread = np.einsum("nij,nj->ni", density["factors"][label][chosen], noise)
    return (density["means"][label][chosen] + spread).astype(np.float32)
