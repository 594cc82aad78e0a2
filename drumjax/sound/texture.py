"""Texture: the fluctuation of noise, which a decoder trained by regression averages away.

A decoded log-mel is the expected one, smooth where a real hat or clap fluctuates from bin to bin and from frame to
frame. Added to it is the fluctuation of seeded white noise, by as much as the sounds of this kind are noise there:
nothing on partials that last, all of it on hiss. The same seed is the same take of a hit, another is another.
"""

import functools
from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from drumjax.config import Audio
from drumjax.sound import dsp

CELL = (4, 16)
"""Frames and mel bins over which noisiness is one number."""

_APART = 4
"""Frames between values that share no samples at the usual window of four hops."""


def cells(audio: Audio) -> tuple[int, int]:
    """How many cells there are along frames and mels."""
    return -(-audio.frames // CELL[0]), -(-audio.mels // CELL[1])


@functools.lru_cache(maxsize=32)
def fluctuation(seed: int, audio: Audio) -> Float[np.ndarray, "frames mels"]:
    """log-mel of seeded white noise less its mean in every bin: numpy, and ready in milliseconds."""
    return _noise_log_mel(np.random.default_rng(seed), audio, audio.frames) - _level(audio)


@functools.cache
def _level(audio: Audio) -> np.ndarray:
    return _noise_log_mel(np.random.default_rng(0), audio, 8 * audio.frames).mean(axis=0)


def _noise_log_mel(rng: np.random.Generator, audio: Audio, frames: int) -> np.ndarray:
    noise = rng.standard_normal((frames - 1) * audio.hop + audio.window, np.float32)
    blocks = np.lib.stride_tricks.sliding_window_view(noise, audio.window)[:: audio.hop]
    magnitude = np.abs(np.fft.rfft(blocks * dsp.hann(audio.window), audio.fft))
    return np.log(magnitude.astype(np.float32) @ dsp.mel_bank(audio) + 1e-9)


def measured(
    log_mel: Float[np.ndarray, "sounds frames mels"], audio: Audio
) -> Float[np.ndarray, "sounds cells_frames cells_mels"]:
    """How much of a log-mel's fluctuation along time is that of noise: 0 for partials that ring on, 1 for hiss.

    The second difference over frames that share no samples vanishes for whatever decays exponentially; its mean
    square in a cell is compared with that of white noise there.
    """
    return _roughness(log_mel) / np.maximum(_of_noise(audio), 1e-9)


@functools.cache
def _of_noise(audio: Audio) -> np.ndarray:
    rng = np.random.default_rng(0)
    return _roughness(np.stack([_noise_log_mel(rng, audio, audio.frames) for _ in range(32)])).mean(axis=0)


def _roughness(x: np.ndarray) -> np.ndarray:
    difference = np.zeros_like(x)
    difference[:, _APART:-_APART] = x[:, : -2 * _APART] - 2 * x[:, _APART:-_APART] + x[:, 2 * _APART :]
    # The first and the last frames have a neighbour on one side only, and the first two reach into the silence
    # before the sound: they take the nearest that has two good ones.
    first = _APART + 2
    difference[:, :first], difference[:, -_APART:] = difference[:, first, None], difference[:, -_APART - 1, None]
    frames, mels = (-(-n // size) for n, size in zip(x.shape[1:], CELL, strict=True))
    padding = ((0, 0), (0, frames * CELL[0] - x.shape[1]), (0, mels * CELL[1] - x.shape[2]))
    squares = np.pad(difference**2, padding, mode="edge")
    return squares.reshape(len(x), frames, CELL[0], mels, CELL[1]).mean(axis=(2, 4))


def fit(
    z: Float[np.ndarray, "sounds latent"],
    classes: Float[np.ndarray, "sounds classes"],
    noisiness: Float[np.ndarray, "sounds cells_frames cells_mels"],
) -> dict[str, np.ndarray]:
    """The linear prediction of `measured` from latents and classes by ridge regression.

    Returns:
        `of_latent` (latent, cells), `of_class` (classes, cells).
    """
    x = np.concatenate([z, classes], axis=1).astype(np.float64)
    y = np.minimum(noisiness.reshape(len(z), -1), 2.0)
    ridge = np.linalg.solve(x.T @ x + 10.0 * np.eye(x.shape[1]), x.T @ y).astype(np.float32)
    return {"of_latent": ridge[: z.shape[1]], "of_class": ridge[z.shape[1] :]}


def textured(
    mel: Float[Array, "batch frames mels"],
    z: Float[Array, "batch latent"],
    classes: Float[Array, "batch classes"],
    texture: Mapping[str, Array],
    noise: Float[Array, "frames mels"],
) -> Float[Array, "batch frames mels"]:
    """Mels with texture; a `noise` of zeros leaves them as they are.

    Args:
        mel: linear mels as decoded.
        z, classes: what they were decoded from.
        texture: what `fit` gave.
        noise: what `fluctuation` gave.
    """
    frames, mels = mel.shape[1:]
    share = jnp.clip(z @ texture["of_latent"] + classes @ texture["of_class"], 0.0, 1.0)
    grid = jnp.sqrt(share).reshape(len(mel), -(-frames // CELL[0]), -(-mels // CELL[1]))
    amount = jnp.repeat(jnp.repeat(grid, CELL[0], axis=1), CELL[1], axis=2)[:, :frames, :mels]
    return mel * jnp.exp(amount * noise)
