"""The vocoder: mels to waveforms, in as many frames as the sounds last.

The waveform is the MCNN's, or phases are read off the mel and refined by Griffin-Lim (`vocoder.refine`); the MCNN's
mask ends it (`vocoder.end`).
"""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from drumjax.config import Config
from drumjax.models import Params
from drumjax.play import networks
from drumjax.sound import inversion

LENGTHS = (0.37, 0.55, 0.74, 1.0)
"""Shares of the frames that are compiled for: 32, 48, 64 and 86 of the paper's 86.

The MCNN's first layer takes four frames as a column (`drumjax.kernels.winograd`), and a processor with AVX-512 takes 16
columns at a time: where 64 frames are enough, no more are computed.
"""


def mask(config: Config, params: Params, mel: Float[Array, "batch frames mels"]) -> Float[Array, "batch samples"]:
    """The probability that a sound with this mel still lasts, for each sample; 0.5 after the mel's end.

    There the logits are rounding errors of the networks, and `vocode` does not use them.
    """
    logits = networks.wave_and_mask(config.mcnn.width, params, mel)[1][:, : config.audio.samples]
    inside = jnp.arange(config.audio.samples) < config.audio.hop * _ends(mel)
    return jax.nn.sigmoid(jnp.where(inside, logits, 0.0))


def _ends(mel: Float[Array, "batch frames mels"]) -> Int[Array, "batch 1"]:
    """The number of frames up to the last one that is not zero."""
    frame = jnp.arange(1, mel.shape[1] + 1)
    return jnp.max(jnp.any(mel > 0, axis=-1) * frame, axis=-1, keepdims=True)


def vocode(
    config: Config, frames: int, params: Params, mel: Float[Array, "batch all_frames mels"]
) -> Float[Array, "batch samples"]:
    """The waves of mels that are zero after their first `frames` frames or earlier.

    With `vocoder.end` "cut", nothing reaches beyond a mel's own end, neither the networks' context nor the windows of
    the refinement: every number of frames that holds the end and the halo (`lengths`) gives the same samples.
    """
    mel = mel[:, :frames]
    samples = min(frames * config.audio.hop, config.audio.samples)
    audio = dataclasses.replace(config.audio, samples=min(samples, frames * config.audio.hop - 1))
    made = networks.wave_and_mask(config.mcnn.width, params, mel)
    wave, logits = (x[:, : audio.samples] for x in made)
    if config.vocoder.refine:
        magnitude = inversion.nnls(mel, audio, config.vocoder.nnls)
        wave = inversion.invert(magnitude, audio, config.vocoder.refine, config.vocoder.momentum)
    if config.vocoder.end == "mask":
        wave = wave * (logits > 0)  # sigmoid(logits) > 0.5
    else:
        inside = jnp.arange(audio.samples) < audio.hop * _ends(mel)
        wave = _cut(config, jnp.where(inside, wave, 0.0), jnp.where(inside, logits, 0.0))
    return jnp.pad(wave, ((0, 0), (0, config.audio.samples - audio.samples)))


def _cut(
    config: Config, wave: Float[Array, "batch some"], logits: Float[Array, "batch some"]
) -> Float[Array, "batch some"]:
    """The wave up to its end, with the mean removed and a fade of `fade_ms` before the end, exact zeros after it.

    The binarised mask (> 0.5: silence gives exactly 0.5) may flicker near the end of a sound; the end is the sample
    that agrees with most of it.
    """
    agreement = jnp.cumsum(jnp.where(logits > 0, 1, -1), axis=-1)
    last = jnp.argmax(agreement, axis=-1)
    end = jnp.where(jnp.max(agreement, axis=-1) > 0, last + 1, 0)[:, None]
    position = jnp.arange(wave.shape[-1])
    inside = position < end
    # The part before the cut has a mean of its own, which would click at the end.
    mean = jnp.sum(wave * inside, axis=-1, keepdims=True) / jnp.maximum(end, 1)
    fade = config.vocoder.fade_ms / 1000 * config.audio.rate
    gain = jnp.clip((end - position) / fade, 0.0, 1.0)
    return jnp.where(inside, (wave - mean) * gain, 0.0)


def lengths(config: Config) -> dict[int, int]:
    """{number of frames that is compiled for: the latest end of a mel that it serves}, ascending."""
    audio = config.audio
    if config.vocoder.end == "mask":
        return {audio.frames: audio.frames}
    halo = max(*networks.halo(config.mcnn.width, 2), audio.window // audio.hop - 1)
    shorter = [math.ceil(audio.frames * share) for share in LENGTHS[:-1]]
    return {frames: frames - halo for frames in shorter} | {audio.frames: audio.frames}


def fewest_frames(lengths: dict[int, int], mels: Float[np.ndarray, "batch frames mels"]) -> Int[np.ndarray, " batch"]:
    """For each mel the smallest number of frames, of those in `lengths`, that serves it."""
    nonzero = mels.any(axis=-1)
    ends = np.max(nonzero * np.arange(1, nonzero.shape[1] + 1), axis=-1)
    return np.array(list(lengths))[np.searchsorted(list(lengths.values()), ends)]
