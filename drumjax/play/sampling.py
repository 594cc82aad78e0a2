"""Sampling: new sounds of a class, drawn between its training sounds.

The MMD pulls the codes of a class towards N(0, I), but not all the way: draws from the prior, and from a Gaussian
fitted to the codes, are often no drums. A draw therefore has two parents: with m the mean of the class's codes,
z = m + cos(t) (code - m) + sin(t) (other - m), t uniform in `ANGLES`, so that mean and covariance are those of the
codes. The kit of the first parent is drawn first and then one of its sounds, so that a large kit does not rule its
class. The second is one of its partners: between two codes, decoders often make sounds that swell after the hit, so
partners are chosen when a bundle is made, by decoding what lies between.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt16

from drumjax.config import CLASSES
from drumjax.sound.seeds import Numbers

ANGLES = math.radians(30), math.radians(45)
"""Least and greatest t above: at 45 degrees, the parents have equal shares."""

PARTNERS, CANDIDATES = 16, 24
"""Partners of a code, and how many codes of its class are tried for them."""

SWELL_DB, TYPICAL = 3.0, 0.9
"""A sound between two codes may swell by SWELL_DB, or as much as this share of the codes of its class, by weight."""

_ROUNDS = 20
"""Rounds of draws for strict sampling, at most."""

_AT_ONCE = 128
"""Mels decoded at once: each takes 0.2 MB."""


def fit(
    z: Float[np.ndarray, "sounds latent"], labels: Int[np.ndarray, " sounds"], kits: Int[np.ndarray, " sounds"]
) -> dict[str, np.ndarray]:
    """What draws are made from, every kit of a class with the same probability.

    Args:
        z: codes of training sounds.
        labels: class index of each.
        kits: kit index of each; of variations and built-in drums -1, and each of them is a kit of its own.

    Returns:
        `codes` (sounds, latent), `labels` (sounds,), `weights` (sounds,), their probabilities within a class, and
        `means` (classes, latent). `partners` come from the function of that name.
    """
    weights, means = np.zeros(len(z)), []
    for label in range(len(CLASSES)):
        own = np.flatnonzero(labels == label)
        weights[own] = kit_even(kits[own])
        means.append(weights[own] @ z[own])
    arrays = {"codes": z, "weights": weights, "means": np.stack(means)}
    return {name: value.astype(np.float32) for name, value in arrays.items()} | {"labels": labels.astype(np.uint8)}


def partners(
    density: Mapping[str, np.ndarray], label: int, decode: Callable[[np.ndarray, int], np.ndarray]
) -> UInt16[np.ndarray, "own partners"]:
    """For each code of a class, indices of other codes between which and it no sound swells more than codes do.

    They are the first PARTNERS such of CANDIDATES codes, drawn by their weights, so that one may come more than once.
    Where none is, it is the one with the smallest swell; a class of one sound has itself.

    Args:
        density: what `fit` gave.
        label: class index.
        decode: latents (sounds, latent), class index -> linear mels (sounds, frames, mels).
    """
    own = np.flatnonzero(density["labels"] == label)
    if len(own) < 2:
        return np.tile(own[:, None], PARTNERS).astype(np.uint16)
    codes, mean = density["codes"][own], density["means"][label]
    weights = density["weights"][own].astype(np.float64)

    def swells(z):
        parts = (decode(z[at : at + _AT_ONCE], label) for at in range(0, len(z), _AT_ONCE))
        return np.concatenate([swell_db(mels) for mels in parts])

    typical = np.quantile(swells(codes), TYPICAL, weights=weights, method="inverted_cdf")
    rng, tried = np.random.default_rng(label), []
    for i in range(len(own)):
        others = np.where(np.arange(len(own)) == i, 0, weights)
        tried.append(rng.choice(len(own), CANDIDATES, p=others / others.sum()))
    firsts, seconds = np.repeat(np.arange(len(own)), CANDIDATES), np.concatenate(tried)
    rises = swells(_between(codes[firsts], codes[seconds], mean, sum(ANGLES) / 2)).reshape(len(own), CANDIDATES)
    fitting = rises <= np.maximum(max(SWELL_DB, typical), rises.min(axis=1, keepdims=True))
    chosen = [own[np.resize(row[kept], PARTNERS)] for row, kept in zip(tried, fitting, strict=True)]
    return np.stack(chosen).astype(np.uint16)


def swell_db(mels: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, " sounds"]:
    """Largest rise of the level of linear mels after the second frame, in dB; levels 30 dB below the peak are equal."""
    level = 10 * np.log10(np.sum(np.square(mels), axis=2) + 1e-12)
    level = np.maximum(level - level.max(axis=1, keepdims=True), -30)[:, 2:]
    return np.max(level - np.minimum.accumulate(level, axis=1), axis=1)


def _between(
    first: np.ndarray, second: np.ndarray, mean: np.ndarray, angle: float
) -> Float[np.ndarray, "*batch latent"]:
    z = mean + math.cos(angle) * (first - mean) + math.sin(angle) * (second - mean)
    return z.astype(np.float32)


def kit_even(kits: Int[np.ndarray, " sounds"]) -> Float[np.ndarray, " sounds"]:
    """Probabilities of sounds such that every kit has the same; sounds without a kit, -1, are a kit each."""
    single = -1 - np.arange(len(kits))
    _, group, sizes = np.unique(np.where(kits < 0, single, kits), return_inverse=True, return_counts=True)
    return 1 / (len(sizes) * sizes[group])


def draw(density: Mapping[str, np.ndarray], label: int, numbers: Numbers) -> Float[np.ndarray, " latent"]:
    """The latents of a new sound of a class.

    Without `partners` the second parent is any other code of the class. Without `codes`, as in bundles of the first
    release, a draw comes from the Gaussian of `means` and `factors`, of which factor @ factor.T is the covariance.
    """
    mean = density["means"][label]
    if "codes" not in density:
        return (mean + density["factors"][label] @ numbers.normal(len(mean))).astype(np.float32)
    weights = density["weights"] * (density["labels"] == label)
    first = numbers.choose(weights)
    if "partners" in density:
        own = density["partners"][first]
        second = own[int(len(own) * numbers.uniform(1)[0])]
    else:
        others = np.where(np.arange(len(weights)) == first, 0, weights)
        second = numbers.choose(others if others.any() else weights)
    angle = ANGLES[0] + (ANGLES[1] - ANGLES[0]) * numbers.uniform(1)[0]
    return _between(density["codes"][first], density["codes"][second], mean, angle)


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
