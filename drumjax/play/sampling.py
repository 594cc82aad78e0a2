"""Sampling: a Gaussian for each drum class, fitted to the codes of its training sounds after training.

The MMD pulls the codes of a class towards N(0, I), but not all the way: draws from a density fitted to the codes are
recognised more often than draws from the prior. The codes of few kits lie along the lines between them, and draws
from those alone come near to copies: half of a class's covariance is the prior's. Mixtures of several Gaussians stay
closer to the training sounds still, and copy more.
"""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES

_PRIOR = 0.5
"""Share of the prior in the covariance of a class."""

_WIDER = 0.02
"""Growth of a density's width with every round of draws that did not give enough accepted ones."""

_AT_ONCE = 128
"""Draws scored at once: their decoded mels take 0.2 MB each."""


def fit(
    z: Float[np.ndarray, "sounds latent"], labels: Int[np.ndarray, " sounds"], sigma2: float = 1.0
) -> dict[str, np.ndarray]:
    """The density of each class's codes.

    Args:
        z: codes of training sounds.
        labels: class index of each.
        sigma2: variance of the prior.

    Returns:
        `means` (classes, latent) and `factors` (classes, latent, latent); a class's covariance is factor @ factor.T.
    """
    groups = [z[labels == label] for label in range(len(CLASSES))]
    prior = sigma2 * np.eye(z.shape[1])
    covariances = [(1 - _PRIOR) * np.cov(own, rowvar=False) + _PRIOR * prior for own in groups]
    means = np.stack([own.mean(axis=0) for own in groups])
    return {
        "means": means.astype(np.float32),
        "factors": np.linalg.cholesky(np.stack(covariances)).astype(np.float32),
    }


def draw(
    density: Mapping[str, np.ndarray], label: int, n: int, rng: np.random.Generator, width: float = 1.0
) -> Float[np.ndarray, "n latent"]:
    """`n` latents of a class from its density, its standard deviations multiplied by `width`."""
    noise = width * rng.standard_normal((n, density["means"].shape[-1]))
    return (density["means"][label] + noise @ density["factors"][label].T).astype(np.float32)


def accepted(
    n: int,
    draw_round: Callable[[float], Float[np.ndarray, "n latent"]],
    score: Callable[[np.ndarray], Float[np.ndarray, " n"]],
) -> Float[np.ndarray, "n latent"]:
    """`n` draws with a score of 1, in the order they were drawn; where hardly any reach it, the best ones follow.

    Args:
        n: number of latents wanted, and of draws in a round.
        draw_round: width -> `n` draws. Each round is a little wider than the one before: where most draws are
            rejected, as in a class of few kits, accepted ones lie farther out.
        score: draws -> 1 where accepted, less the farther they are from it.
    """
    rounds, scores, count = [], [], 0
    while count < n and len(rounds) < 20 + 160 // n:
        rounds.append(draw_round(1 + _WIDER * len(rounds)))
        scores.append(np.concatenate([score(rounds[-1][at : at + _AT_ONCE]) for at in range(0, n, _AT_ONCE)]))
        count += np.sum(scores[-1] >= 1)
    return np.concatenate(rounds)[np.argsort(-np.concatenate(scores), kind="stable")[:n]]
