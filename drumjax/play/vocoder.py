"""The vocoder: mels to waveforms, in as many frames as the sounds last.

Phases are read off the mel and refined by Griffin-Lim (`vocoder.refine`), or the waveform is the MCNN's.
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
from drumjax.sound import audio, inversion

LENGTHS = (0.37, 0.55, 0.74, 1.0)
"""Shares of the frames that are compiled for: 32, 48, 64 and 86 of the paper's 86.

The MCNN's first layer takes four frames as a column (`drumjax.kernels.winograd`), and a processor with AVX-512 takes 16
columns at a time: where 64 frames are enough, no more are computed.
"""

_RISE_MS = 0.5
"""A sound that ends with its mel also starts from zero, within this time: a step would click."""


def mask(config: Config, params: Params, mel: Float[Array, "batch frames mels"]) -> Float[Array, "batch samples"]:
    """The MCNN's probability that a sound with this mel still lasts, for each sample; 0.5 after the mel's end.

    There the logits are rounding errors of the networks.
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

    With `vocoder.end` "mel", nothing reaches beyond a mel's own end, neither the networks' context nor the windows of
    the refinement: every number of frames that holds the end and the halo (`lengths`) gives the same samples.
    """
    mel = mel[:, :frames]
    samples = min(frames * config.audio.hop, config.audio.samples)
    shape = dataclasses.replace(config.audio, samples=min(samples, frames * config.audio.hop - 1))
    if config.vocoder.refine:
        magnitude = inversion.nnls(mel, shape, config.vocoder.nnls)
        wave = inversion.invert(magnitude, shape, config.vocoder.refine, config.vocoder.momentum)
    else:
        made = networks.wave_and_mask(config.mcnn.width, params, mel)
        wave, logits = (x[:, : shape.samples] for x in made)
        if config.vocoder.end == "mask":
            wave = wave * (logits > 0)  # sigmoid(logits) > 0.5
    if config.vocoder.end == "mel":
        wave = _between(config, wave, shape.hop * _ends(mel))
    return jnp.pad(wave, ((0, 0), (0, config.audio.samples - shape.samples)))


def _between(
    config: Config, wave: Float[Array, "batch some"], end: Int[Array, "batch 1"]
) -> Float[Array, "batch some"]:
    """The wave from its first to its last audible sample, with a rise at the start and a fade before the end.

    Exact zeros follow. Recordings are trimmed at the same level: a sound is heard when it is struck, and a file is no
    longer than what is heard.
    """
    samples, per_ms = wave.shape[-1], config.audio.rate / 1000
    position = jnp.arange(samples)
    rise = jnp.clip(position / (_RISE_MS * per_ms), 0.0, 1.0)
    wave = _limited(config, jnp.where(position < end, wave * jnp.sin(np.pi / 2 * rise) ** 2, 0.0))
    level = jnp.abs(wave)
    audible = level > 10 ** (audio.END_DB / 20) * jnp.max(level, axis=-1, keepdims=True)
    start, last = jnp.argmax(audible, axis=-1), samples - jnp.argmax(audible[:, ::-1], axis=-1)
    fade = jnp.clip((last[:, None] - position) / (config.vocoder.fade_ms * per_ms), 0.0, 1.0)
    padded = jnp.pad(wave * jnp.sin(np.pi / 2 * fade) ** 2, ((0, 0), (0, samples)))
    return jax.vmap(lambda one, at: jax.lax.dynamic_slice(one, (at,), (samples,)))(padded, start)


def _limited(config: Config, wave: Float[Array, "batch some"]) -> Float[Array, "batch some"]:
    """The wave with its highest peaks softened, at most to 0.88 of what they were.

    Phases read off a mel let noise begin at once, and a few peaks would make the rest 1 to 2 dB quieter than real
    sounds are at equal peak. Sustained partials, whose peaks are near their level, stay as they are.
    """
    block = config.audio.rate // 100
    blocks = jnp.pad(wave, ((0, 0), (0, -wave.shape[-1] % block))).reshape(len(wave), -1, block)
    level = jnp.sqrt(jnp.max(jnp.mean(blocks**2, axis=-1), axis=-1, keepdims=True))
    peak = jnp.maximum(jnp.max(jnp.abs(wave), axis=-1, keepdims=True), 1e-9)
    knee = jnp.clip(2.2 * level / peak, 0.5, 0.99)
    height = jnp.abs(wave) / peak
    soft = knee + (1 - knee) * jnp.tanh((height - knee) / (1 - knee))
    return jnp.where(height > knee, jnp.sign(wave) * soft * peak, wave)


def lengths(config: Config) -> dict[int, int]:
    """{number of frames that is compiled for: the latest end of a mel that it serves}, ascending."""
    audio = config.audio
    if config.vocoder.end == "mask":
        return {audio.frames: audio.frames}
    halo = audio.window // audio.hop - 1
    if not config.vocoder.refine:
        halo = max(halo, *networks.halo(config.mcnn.width, 2))
    shorter = [math.ceil(audio.frames * share) for share in LENGTHS[:-1]]
    return {frames: frames - halo for frames in shorter} | {audio.frames: audio.frames}


def fewest_frames(lengths: dict[int, int], mels: Float[np.ndarray, "batch frames mels"]) -> Int[np.ndarray, " batch"]:
    """For each mel the smallest number of frames, of those in `lengths`, that serves it."""
    nonzero = mels.any(axis=-1)
    ends = np.max(nonzero * np.arange(1, nonzero.shape[1] + 1), axis=-1)
    return np.array(list(lengths))[np.searchsorted(list(lengths.values()), ends)]
