"""Sampling: new sounds of a class, drawn between its training sounds.

The MMD pulls the codes of a class towards N(0, I), but not all the way: draws from the prior, and from a Gaussian
fitted to the codes, are often no drums, and toms and open hats swell again after the hit. A draw therefore has two
parents: with m and C the mean and the covariance of the class's codes, z = m + a (code - m) + b (other - m) + c n,
n ~ N(0, C), a^2 + b^2 + c^2 = 1, so that mean and covariance are those of the codes. For each parent the kit is drawn
first and then one of its sounds, so that a large kit does not rule its class.
"""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Int, Shaped

from drumjax.config import CLASSES
from drumjax.sound.seeds import Numbers

SHARES = 0.78, 0.59, 0.21
"""Of the first parent, the second and chance: a, b and c above."""

_ROUNDS = 20
"""Rounds of draws for strict sampling, at most."""

_AT_ONCE = 128
"""Draws scored at once: their decoded mels take 0.2 MB each."""


def fit(
    z: Float[np.ndarray, "sounds latent"], labels: Int[np.ndarray, " sounds"], kits: Int[np.ndarray, " sounds"]
) -> dict[str, np.ndarray]:
    """What draws are made from, every kit of a class with the same probability.

    Args:
        z: codes of training sounds.
        labels: class index of each.
        kits: kit index of each; of variations and built-in drums -1, and each of them is a kit of its own.

    Returns:
        `codes` (sounds, latent), `labels` (sounds,), `weights` (sounds,), their probabilities within a class, `means`
        (classes, latent) and `factors` (classes, latent, latent), with a class's covariance factor @ factor.T.
    """
    weights, moments = np.zeros(len(z)), []
    for label in range(len(CLASSES)):
        own = np.flatnonzero(labels == label)
        weights[own] = kit_even(kits[own])
        moments.append(fit_class(z[own], weights[own]))
    means, factors = (np.stack(parts) for parts in zip(*moments, strict=True))
    arrays = {"codes": z, "weights": weights, "means": means, "factors": factors}
    return {name: value.astype(np.float32) for name, value in arrays.items()} | {"labels": labels.astype(np.uint8)}


def fit_class(
    z: Float[np.ndarray, "sounds latent"], weights: Float[np.ndarray, " sounds"]
) -> tuple[Float[np.ndarray, " latent"], Float[np.ndarray, "latent latent"]]:
    """(mean, factor of the covariance) of the codes of a class with these probabilities."""
    mean = weights @ z
    centred = z - mean
    covariance = centred.T @ (weights[:, None] * centred)
    # A small multiple of the mean variance on the diagonal: there may be fewer codes than dimensions, or one.
    covariance += (1e-3 * np.trace(covariance) / len(covariance) + 1e-9) * np.eye(len(covariance))
    return mean, np.linalg.cholesky(covariance)


def kit_even(kits: Int[np.ndarray, " sounds"]) -> Float[np.ndarray, " sounds"]:
    """Probabilities of sounds such that every kit has the same; sounds without a kit, -1, are a kit each."""
    single = -1 - np.arange(len(kits))
    _, group, sizes = np.unique(np.where(kits < 0, single, kits), return_inverse=True, return_counts=True)
    return 1 / (len(sizes) * sizes[group])


def draw(density: Mapping[str, np.ndarray], label: int, numbers: Numbers) -> Float[np.ndarray, " latent"]:
    """The latents of a new sound of a class.

    Without `codes`, as in bundles of the first release, it comes from the Gaussian of `means` and `factors`.
    """
    mean, spread = density["means"][label], density["factors"][label] @ numbers.normal(density["means"].shape[1])
    if "codes" not in density:
        return (mean + spread).astype(np.float32)
    weights = density["weights"] * (density["labels"] == label)
    first = numbers.choose(weights)
    others = np.where(np.arange(len(weights)) == first, 0, weights)
    second = numbers.choose(others if others.any() else weights)
    parents = (density["codes"][i] - mean for i in (first, second))
    return (mean + sum(share * part for share, part in zip(SHARES, (*parents, spread), strict=True))).astype(np.float32)


def medoid(density: Mapping[str, np.ndarray], label: int) -> Float[np.ndarray, " latent"]:
    """The code with the smallest mean distance to the codes of its class, kits counting evenly: a drum, not a mean."""
    own = density["labels"] == label
    codes, weights = density["codes"][own], density["weights"][own]
    squares = np.sum(codes**2, axis=1)
    distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * codes @ codes.T, 0))
    return codes[np.argmin(distances @ weights)]


def accepted(
    n: int,
    draw_round: Callable[[], Shaped[np.ndarray, "n ..."]],
    score: Callable[[np.ndarray], Float[np.ndarray, " n"]],
) -> Shaped[np.ndarray, "n ..."]:
    """`n` draws with a score of 1, in the order they were drawn; where hardly any reach it, the best ones follow.

    Args:
        n: number of draws wanted, and of those in a round.
        draw_round: -> `n` draws: latents, or seeds of them.
        score: draws -> 1 where accepted, less the farther they are from it.
    """
    rounds, scores, count = [], [], 0
    while count < n and len(rounds) < _ROUNDS + 160 // n:
        rounds.append(draw_round())
        scores.append(np.concatenate([score(rounds[-1][at : at + _AT_ONCE]) for at in range(0, n, _AT_ONCE)]))
        count += np.sum(scores[-1] >= 1)
    return np.concatenate(rounds)[np.argsort(-np.concatenate(scores), kind="stable")[:n]]
