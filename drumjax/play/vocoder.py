"""The vocoder: mels to waveforms, in as many frames as the sounds last.

Phases are read off the mel and refined, or the MCNN makes the waveform; the MCNN's mask tells where it ends.
"""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from drumjax.config import Config
from drumjax.play import networks
from drumjax.sound import inversion

LENGTHS = (0.37, 0.55, 0.74, 1.0)
"""Shares of the frames that are compiled for: 32, 48, 64 and 86 of the paper's 86.

The MCNN's first layer takes four frames as a column (`drumjax.kernels.winograd`), and a processor with AVX-512 takes 16
columns at a time: where 64 frames are enough, no more are computed.
"""


def mask(config: Config, weights: Any, mel: Array) -> Array:
    """The probability, (batch, samples), that a sound with this gated mel still lasts; 0.5 behind the mel's end.

    There, the networks see less and less but their own rounding errors, and `vocode` asks them no more.
    """
    logits = networks.wave_and_mask(config.mcnn.width, weights, mel)[1][:, : config.audio.samples]
    inside = jnp.arange(config.audio.samples) < config.audio.hop * _ends(mel)
    return jax.nn.sigmoid(jnp.where(inside, logits, 0.0))


def _ends(mel: Float[Array, "batch frames mels"]) -> Int[Array, "batch 1"]:
    """The frames up to which gated mels last."""
    frame = jnp.arange(1, mel.shape[1] + 1)
    return jnp.max(jnp.any(mel > 0, axis=-1) * frame, axis=-1, keepdims=True)


def vocode(config: Config, frames: int, weights: Any, mel: Array) -> Array:
    """The waves (batch, samples) of gated mels that are silent after their first `frames` frames and less.

    Nothing reaches beyond a mel's own end, neither the networks' context nor the windows of the refinement. So
    any number of frames gives the same samples that holds the end and the halo (`lengths`).
    """
    mel = mel[:, :frames]
    samples = min(frames * config.audio.hop, config.audio.samples)
    audio = dataclasses.replace(config.audio, samples=min(samples, frames * config.audio.hop - 1))
    inside = jnp.arange(audio.samples) < audio.hop * _ends(mel)
    made = networks.wave_and_mask(config.mcnn.width, weights, mel)
    wave, logits = (jnp.where(inside, x[:, : audio.samples], 0.0) for x in made)
    if config.vocoder.refine:
        target = inversion.nnls(mel, audio, config.vocoder.nnls)
        wave = inversion.inverted(target, audio, config.vocoder.refine, config.vocoder.momentum)
    return jnp.pad(_cut(config, wave, logits), ((0, 0), (0, config.audio.samples - audio.samples)))


def _cut(config: Config, wave: Array, logits: Array) -> Array:
    """The wave up to the end its mask tells, faded over the last few samples, exact zeros after.

    The binarised mask (> 0.5: silence gives exactly 0.5) may flicker near the end of a sound; the cut is
    the single end that agrees with most of it.
    """
    agreement = jnp.cumsum(jnp.where(logits > 0, 1, -1), axis=-1)
    last = jnp.argmax(agreement, axis=-1)
    end = jnp.where(jnp.max(agreement, axis=-1) > 0, last + 1, 0)[:, None]
    position = jnp.arange(wave.shape[-1])
    inside = position < end
    # Without the mean of what is left, a cut sound has no offset of its own.
    mean = jnp.sum(wave * inside, axis=-1, keepdims=True) / jnp.maximum(end, 1)
    fade = config.vocoder.fade_ms / 1000 * config.audio.rate
    gain = jnp.clip((end - position) / fade, 0.0, 1.0)
    return jnp.where(inside, (wave - mean) * gain, 0.0)


def lengths(config: Config) -> dict[int, int]:
    """{frames that are compiled for: the latest end of a mel that they serve}, shortest first."""
    audio = config.audio
    halo = max(*networks.halo(config.mcnn.width, 2), audio.window // audio.hop - 1)
    shorter = [math.ceil(audio.frames * share) for share in LENGTHS[:-1]]
    return {frames: frames - halo for frames in shorter} | {audio.frames: audio.frames}


def fewest(lengths: dict[int, int], mels: Float[np.ndarray, "batch frames mels"]) -> Int[np.ndarray, " batch"]:
    """The fewest frames, of what `lengths` gave, that serve each of these gated mels."""
    heard = mels.any(axis=-1)
    ends = np.max(heard * np.arange(1, heard.shape[1] + 1), axis=-1)
    return np.array(list(lengths))[np.searchsorted(list(lengths.values()), ends)]
