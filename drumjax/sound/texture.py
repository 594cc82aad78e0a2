"""Texture: the fluctuation of noise, which a decoder trained by regression averages out.

A decoded log-mel is an expected value: smooth where a real hat or clap fluctuates from bin to bin and from frame to
frame. Texture adds the fluctuation of seeded white noise, scaled by the share of noise that sounds of this kind have in
each region: none on sustained partials, all of it on hiss. One seed is one take of a hit; another seed is another take.
"""

import functools
from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from drumjax.config import Audio
from drumjax.sound import dsp

CELL = (4, 16)
"""Frames and mel bins of a cell; noisiness is one number per cell."""

_LAG = 4
"""Distance in frames at which windows of four hops, the usual length, share no samples."""


def cell_counts(audio: Audio) -> tuple[int, int]:
    """The numbers of cells along frames and mels."""
    return -(-audio.frames // CELL[0]), -(-audio.mels // CELL[1])


@functools.lru_cache(maxsize=32)
def fluctuation(seed: int, audio: Audio) -> Float[np.ndarray, "frames mels"]:
    """Log-mel of seeded white noise less its mean in every bin; numpy, computed in milliseconds."""
    return _noise_log_mel(seed, audio, audio.frames) - mean_noise_log_mel(audio)


@functools.cache
def mean_noise_log_mel(audio: Audio) -> Float[np.ndarray, " mels"]:
    """The mean log-mel of white noise of standard deviation 1, for each mel."""
    return _noise_log_mel(0, audio, 8 * audio.frames).mean(axis=0)


def _noise_log_mel(seed: int, audio: Audio, frames: int) -> Float[np.ndarray, "frames mels"]:
    return np.log(dsp.noise_magnitude(seed, audio, frames).astype(np.float32) @ dsp.mel_bank(audio) + 1e-9)


def noisiness(
    log_mel: Float[np.ndarray, "batch frames mels"], audio: Audio
) -> Float[np.ndarray, "batch cell_frames cell_mels"]:
    """The share of noise in the fluctuation of a log-mel over time: 0 for sustained partials, 1 for hiss.

    The second difference over frames that share no samples is zero for any exponential decay. Its mean square in a cell
    is divided by that of white noise.
    """
    return _roughness(log_mel) / np.maximum(_noise_roughness(audio), 1e-9)


@functools.cache
def _noise_roughness(audio: Audio) -> Float[np.ndarray, "cell_frames cell_mels"]:
    return _roughness(np.stack([_noise_log_mel(seed, audio, audio.frames) for seed in range(32)])).mean(axis=0)


def _roughness(x: Float[np.ndarray, "batch frames mels"]) -> Float[np.ndarray, "batch cell_frames cell_mels"]:
    """The mean square in each cell of the second difference over frames at distance `_LAG`."""
    difference = np.zeros_like(x)
    difference[:, _LAG:-_LAG] = x[:, : -2 * _LAG] - 2 * x[:, _LAG:-_LAG] + x[:, 2 * _LAG :]
    # The first and last frames have a neighbour on one side only, and the windows of the first two reach into the
    # silence before the sound: they get the value of the nearest frame with two valid neighbours.
    first = _LAG + 2
    difference[:, :first], difference[:, -_LAG:] = difference[:, first, None], difference[:, -_LAG - 1, None]
    frames, mels = (-(-n // size) for n, size in zip(x.shape[1:], CELL, strict=True))
    padding = ((0, 0), (0, frames * CELL[0] - x.shape[1]), (0, mels * CELL[1] - x.shape[2]))
    squares = np.pad(difference**2, padding, mode="edge")
    return squares.reshape(len(x), frames, CELL[0], mels, CELL[1]).mean(axis=(2, 4))


def fit(
    z: Float[np.ndarray, "batch latent"],
    classes: Float[np.ndarray, "batch classes"],
    noisiness: Float[np.ndarray, "batch cell_frames cell_mels"],
) -> dict[str, np.ndarray]:
    """Fits a linear prediction of `noisiness` from latents and classes by ridge regression.

    Returns:
        `of_latent` (latent, cells) and `of_class` (classes, cells).
    """
    x = np.concatenate([z, classes], axis=1).astype(np.float64)
    y = np.minimum(noisiness.reshape(len(z), -1), 2.0)
    ridge = np.linalg.solve(x.T @ x + 10.0 * np.eye(x.shape[1]), x.T @ y).astype(np.float32)
    return {"of_latent": ridge[: z.shape[1]], "of_class": ridge[z.shape[1] :]}


def add_texture(
    mel: Float[ArrayLike, "batch frames mels"],
    z: Float[ArrayLike, "batch latent"],
    classes: Float[ArrayLike, "batch classes"],
    texture: Mapping[str, ArrayLike],
    noise: Float[ArrayLike, "*takes frames mels"],
) -> Float[Array, "batch frames mels"]:
    """The mels with texture; zeros as `noise` leave them unchanged.

    Args:
        mel: linear mels from the decoder.
        z: the latents that they were decoded from.
        classes: the class mixes that they were decoded from.
        texture: the result of `fit`.
        noise: the result of `fluctuation`, one for all sounds or one for each.
    """
    frames, mels = mel.shape[1:]
    # Not quite 0: the slope of the root must be finite.
    share = jnp.clip(z @ texture["of_latent"] + classes @ texture["of_class"], 1e-6, 1.0)
    grid = jnp.sqrt(share).reshape(len(mel), -(-frames // CELL[0]), -(-mels // CELL[1]))
    amount = jnp.repeat(jnp.repeat(grid, CELL[0], axis=1), CELL[1], axis=2)[:, :frames, :mels]
    return mel * jnp.exp(amount * noise)
