"""Where a class's sounds lie among the latents: a Gaussian for each class, fitted after training.

And the outlines of the training sounds, by which a sampler tells that it has drawn one of them again, and a plain
classifier of mels (linear discriminants of cell energies), by which a strict one tells its failures.

The MMD pulls the codes of a class towards N(0, I), but never all the way; draws from what it did leave sound more
like the class than draws from the prior. But the codes of few kits lie along the lines between them, and draws from
those alone come near to copies: a class's covariance is taken half from the prior's. Mixtures of several Gaussians
keep still closer to the training sounds, and copy more.
"""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES

CELL = (4, 16)
"""Frames and mel bins over which the classifier sees the mean power."""

OUTLINE = (2, 8)
"""Frames and mel bins over which the log-mel is averaged that tells whether a new sound is one that was known."""

_NEAR = 2.1
"""Margin of what counts as a copy, in squared distances: a sound that is heard differs from its decoded mel."""

_PRIOR = 0.5
"""Share of the prior in the covariance of a class."""

_WIDER = 0.02
"""By how much a class's density grows with every round of draws that did not give enough new sounds."""

_AT_ONCE = 128
"""Draws that are decoded before any is judged: what they are decoded to takes 0.2 MB each."""

STRICT = 0.5
"""Share of certainty from which a strict sampler lets a sound pass."""


def fit(
    z: Float[np.ndarray, "sounds latent"],
    energies: Float[np.ndarray, "sounds cells"],
    labels: Int[np.ndarray, " sounds"],
    sigma2: float = 1.0,
) -> dict[str, np.ndarray]:
    """The densities of the codes `z`, and the classifier of what `cells` gave of the sounds' own mels.

    Args:
        z: codes.
        energies: `cells` of the sounds' own mels.
        labels: their classes.
        sigma2: the prior's variance.

    Returns:
        `means` (classes, latent) and `factors` (classes, latent, latent), a class's covariance being
        factor @ factor.T; `slopes` (cells, classes) and `offsets` (classes,).
    """
    groups = [z[labels == label] for label in range(len(CLASSES))]
    prior = sigma2 * np.eye(z.shape[1])
    covariances = [(1 - _PRIOR) * np.cov(own, rowvar=False) + _PRIOR * prior for own in groups]
    fitted = {
        "means": np.stack([own.mean(axis=0) for own in groups]),
        "factors": np.linalg.cholesky(np.stack(covariances)),
        **_classifier(energies, labels),
    }
    return {name: value.astype(np.float32) for name, value in fitted.items()}


def draw(
    density: Mapping[str, np.ndarray], label: int, n: int, rng: np.random.Generator, width: float = 1.0
) -> Float[np.ndarray, "n latent"]:
    """`n` latents of a class, from its density or one that is so many times as wide."""
    noise = width * rng.standard_normal((n, density["means"].shape[-1]))
    return (density["means"][label] + noise @ density["factors"][label].T).astype(np.float32)


def cells(mels: Float[np.ndarray, "sounds frames mels"]) -> Float[np.ndarray, "sounds cells"]:
    """Log energies of cells, relative to the whole sound: what is only louder is no other class."""
    frames, bins = (-(-n // size) for n, size in zip(mels.shape[1:], CELL, strict=True))
    padding = ((0, 0), (0, frames * CELL[0] - mels.shape[1]), (0, bins * CELL[1] - mels.shape[2]))
    power = np.pad(np.asarray(mels) ** 2, padding).reshape(len(mels), frames, CELL[0], bins, CELL[1]).mean(axis=(2, 4))
    power /= np.maximum(power.mean(axis=(1, 2), keepdims=True), 1e-12)
    return np.log(power + 1e-4).reshape(len(mels), -1)


def outlines(mels: Float[np.ndarray, "sounds frames mels"], offset: float = 1e-4) -> Float[np.ndarray, "sounds cells"]:
    """Log-mels averaged over cells of `OUTLINE`, in which copies are nearest to what they copy."""
    frames, bins = (-(-n // size) for n, size in zip(mels.shape[1:], OUTLINE, strict=True))
    padding = ((0, 0), (0, frames * OUTLINE[0] - mels.shape[1]), (0, bins * OUTLINE[1] - mels.shape[2]))
    log_mel = np.pad(np.log(np.asarray(mels) + np.float32(offset)), padding, mode="edge")
    return log_mel.reshape(len(mels), frames, OUTLINE[0], bins, OUTLINE[1]).mean(axis=(2, 4)).reshape(len(mels), -1)


def known(
    outline: Float[np.ndarray, "sounds cells"], labels: Int[np.ndarray, " sounds"], kits: Int[np.ndarray, " sounds"]
) -> dict[str, np.ndarray]:
    """What `apart` needs: the training sounds, and how near two kits of a class hardly ever come.

    Returns:
        `known` (sounds, cells), `known_labels` (sounds,), and `near` (classes,): the 5th percentile of the squared
        distances from a sound to the nearest of another kit, with a margin; 0 for a class of one kit.
    """
    near = np.zeros(len(CLASSES))
    for label in range(len(CLASSES)):
        own = labels == label
        if len(np.unique(kits[own])) > 1:
            distances = _squared(outline[own], outline[own])
            distances[kits[own][:, None] == kits[own]] = np.inf
            near[label] = _NEAR * np.percentile(distances.min(axis=1), 5)
    return {"known": outline, "known_labels": labels.astype(np.float32), "near": near.astype(np.float32)}


def apart(
    density: Mapping[str, np.ndarray], label: int, mels: Float[np.ndarray, "sounds frames mels"]
) -> Float[np.ndarray, " sounds"]:
    """How far mels are from every training sound of a class, below 1 where they would count as copies."""
    if not density["near"][label]:
        return np.ones(len(mels))
    own = density["known"][density["known_labels"] == label]
    return _squared(outlines(mels), own).min(axis=1) / density["near"][label]


def _squared(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Mean square difference of every pair; centred, or near pairs would be lost in rounding."""
    centre = y.mean(axis=0)
    x, y = x - centre, y - centre
    squares = np.sum(x**2, axis=1)[:, None] + np.sum(y**2, axis=1)
    return np.maximum(squares - 2 * (x @ y.T), 0) / x.shape[1]


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


def passing(
    density: Mapping[str, np.ndarray],
    label: int,
    n: int,
    drawn: Callable[[float], Float[np.ndarray, "n latent"]],
    decode: Callable[[np.ndarray], Float[np.ndarray, "n frames mels"]],
    new: bool,
    strict: bool,
) -> Float[np.ndarray, "n latent"]:
    """`n` latents of a class that pass, of as many rounds of draws as it takes; the best where hardly any pass.

    Args:
        density: what `fit` and `known` gave.
        label: the class.
        n: how many; a round draws as many.
        drawn: how many times as wide as the class's density -> a round of draws.
        decode: latents -> linear mels.
        new: whether what is a copy of a training sound fails.
        strict: whether what the classifier takes for the class with less certainty than `STRICT` fails.
    """

    def scored(z):
        mels = decode(z)
        score = np.minimum(apart(density, label, mels), 1) if new else np.ones(len(z))
        return score * np.minimum(certainty(density, mels)[:, label] / STRICT, 1) if strict else score

    rounds, passed = [], 0
    while passed < n and len(rounds) < 20 + 160 // n:
        # Where most draws are refused, as in a class of few kits, new ones have to come from farther out.
        z = drawn(1 + _WIDER * len(rounds))
        score = np.concatenate([scored(z[at : at + _AT_ONCE]) for at in range(0, n, _AT_ONCE)])
        rounds.append((z, score))
        passed += np.sum(score >= 1)
    z, score = (np.concatenate(parts) for parts in zip(*rounds, strict=True))
    # Those that pass come first, in the order they were drawn; if they are too few, the best of the rest follow.
    return z[np.argsort(-score, kind="stable")[:n]]
