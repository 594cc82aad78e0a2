"""Wave -> STFT -> mel -> log-mel in jnp, and the inverse STFT. `drumjax.sound.inversion` goes the whole way back.

Everything is differentiable, jit-compiled by its callers, and equal to librosa within float32. Arrays may
carry any leading axes. The sizes come from `Audio`, which is hashable and so static under jit.
"""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from drumjax.config import Audio

SILENCE_DB = 78.0
"""A decoded mel ends where its frames stay this far below the loudest one.

Sounds end at -60 dB of their peak, but windows reach beyond the end and still hold some of it: at 60 dB the log-mels of
decoded sounds lose their last frames (standardised error 0.064 on validation sounds; 0.0545 at 78, where it is least).
"""

_BLOCK = 64
"""Columns of a banded matrix that are multiplied at once."""


def hann(length: int) -> np.ndarray:
    """The periodic Hann window, float32."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)


def stft(wave: Float[Array, "*batch samples"], audio: Audio) -> Complex[Array, "*batch frames bins"]:
    """The centred short-time Fourier transform with zeros beyond the edges, as `librosa.stft`."""
    overlap = audio.window // audio.hop
    blocks = audio.frames - 1 + overlap
    left = audio.window // 2
    right = blocks * audio.hop - left - audio.samples
    flat = wave.reshape(-1, audio.samples)
    # The last centred frame may end before the sound does: those samples are in no frame.
    padded = jnp.pad(flat, ((0, 0), (left, max(right, 0))))[:, : blocks * audio.hop]
    padded = padded.reshape(-1, blocks, audio.hop)
    frames = jnp.concatenate([padded[:, i : i + audio.frames] for i in range(overlap)], axis=-1)
    frames = jax.lax.optimization_barrier(frames)  # copied whole: fused with what follows, it goes number by number
    margin = (audio.fft - audio.window) // 2
    frames = jnp.pad(frames * hann(audio.window), ((0, 0), (0, 0), (margin, audio.fft - audio.window - margin)))
    return _by_device(jnp.fft.rfft, frames).reshape(*wave.shape[:-1], audio.frames, audio.bins)


def _by_device(transform: Callable[[Array], Array], rows: Array) -> Array:
    """`transform` of the rows on the devices that hold them.

    Left to itself, XLA gathers all rows on every device for an FFT. The mesh is the one that the caller traces under.
    """
    mesh = jax.sharding.get_abstract_mesh()
    if mesh.empty or mesh.size == 1:
        return transform(rows)
    spec = jax.sharding.PartitionSpec(mesh.axis_names)
    return jax.shard_map(transform, in_specs=spec, out_specs=spec)(rows)


def istft(spectrum: Complex[Array, "*batch frames bins"], audio: Audio) -> Float[Array, "*batch samples"]:
    """The least-squares inverse of `stft` (overlap-add over the squared windows), as `librosa.istft`."""
    overlap = audio.window // audio.hop
    margin = (audio.fft - audio.window) // 2
    frames = jnp.fft.irfft(spectrum.reshape(-1, audio.frames, audio.bins), n=audio.fft)
    frames = frames[..., margin : margin + audio.window] * hann(audio.window)
    blocks = frames.reshape(-1, audio.frames, overlap, audio.hop)
    total = sum(jnp.pad(blocks[:, :, i], ((0, 0), (i, overlap - 1 - i), (0, 0))) for i in range(overlap)).reshape(
        frames.shape[0], -1
    )
    left = audio.window // 2
    total = (total / _window_power(audio))[:, left : left + audio.samples]
    total = jnp.pad(total, ((0, 0), (0, audio.samples - total.shape[1])))
    return total.reshape(*spectrum.shape[:-2], audio.samples)


@functools.cache
def _window_power(audio: Audio) -> np.ndarray:
    power = np.zeros((audio.frames - 1) * audio.hop + audio.window)
    for frame in range(audio.frames):
        power[frame * audio.hop :][: audio.window] += hann(audio.window) ** 2
    return np.where(power > 1e-8, power, 1.0).astype(np.float32)


def magnitude(spectrum: Complex[Array, "*shape"]) -> Float[Array, "*shape"]:
    """|spectrum|, with a zero gradient where it is zero, so that silence trains nothing."""
    power = spectrum.real**2 + spectrum.imag**2
    quiet = power <= 0
    return jnp.where(quiet, 0.0, jnp.sqrt(jnp.where(quiet, 1.0, power)))


def _slaney_mels(hz: np.ndarray) -> np.ndarray:
    return np.where(hz < 1000, hz * 3 / 200, 15 + 27 * np.log(np.maximum(hz, 1000) / 1000) / np.log(6.4))


def _slaney_hz(mels: np.ndarray) -> np.ndarray:
    return np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * np.log(6.4) / 27))


@functools.cache
def mel_edges_hz(audio: Audio) -> np.ndarray:
    """Corner frequencies of the mel filters, (mels + 2,): filter m rises from m, peaks at m + 1, ends at m + 2."""
    return _slaney_hz(np.linspace(0, _slaney_mels(np.array(audio.rate / 2)), audio.mels + 2))


@functools.cache
def mel_bank(audio: Audio) -> np.ndarray:
    """The mel filter bank, slaney scale and norm, 0 Hz to rate / 2: float32 (bins, mels)."""
    hz = np.linspace(0, audio.rate / 2, audio.bins)[:, None]
    edges = mel_edges_hz(audio)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rise, fall = (hz - low) / (centre - low), (high - hz) / (high - centre)
    return (np.maximum(0, np.minimum(rise, fall)) * (2 / (high - low))).astype(np.float32)


@functools.cache
def _two_filters(audio: Audio) -> tuple[np.ndarray, np.ndarray]:
    """(filters (bins, 2), weights (bins, 2)) of every bin."""
    bank = mel_bank(audio)
    filters = np.argsort(-bank, axis=1, kind="stable")[:, :2]
    return filters, np.take_along_axis(bank, filters, 1)


def mel_spectrogram(wave: Float[Array, "*batch samples"], audio: Audio) -> Float[Array, "*batch frames mels"]:
    """The mel spectrogram on the linear magnitude: `librosa.feature.melspectrogram(power=1)`, transposed."""
    return to_mels(magnitude(stft(wave, audio)), audio)


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def to_mels(spectrum: Float[Array, "*batch frames bins"], audio: Audio) -> Float[Array, "*batch frames mels"]:
    """spectrum @ mel_bank(audio), for a quarter of the cost: nearly all of the bank is zero."""
    return banded_product(spectrum, mel_bank(audio))


def to_bins(mel: Float[Array, "*batch frames mels"], audio: Audio) -> Float[Array, "*batch frames bins"]:
    """mel @ mel_bank(audio).T, for a tenth of the cost: a bin lies in two filters at most."""
    filters, weights = _two_filters(audio)
    return mel[..., filters[:, 0]] * weights[:, 0] + mel[..., filters[:, 1]] * weights[:, 1]


to_mels.defvjp(
    lambda spectrum, audio: (to_mels(spectrum, audio), None),
    lambda audio, _, gradient: (to_bins(gradient, audio),),
)


def banded_product(x: Array, matrix: np.ndarray) -> Array:
    """x @ matrix, where the entries of the matrix that are not zero lie near a diagonal: block by block."""
    blocks = []
    for at in range(0, matrix.shape[1], _BLOCK):
        block = matrix[:, at : at + _BLOCK]
        rows = np.flatnonzero(block.any(axis=1))
        first, end = (rows[0], rows[-1] + 1) if len(rows) else (0, 1)
        blocks.append(x[..., first:end] @ block[first:end])
    return jnp.concatenate(blocks, axis=-1)


def gate(mel: Float[Array, "*batch frames mels"], floor_db: float = SILENCE_DB) -> Float[Array, "*batch frames mels"]:
    """The mel with exact zeros after its end: the last frame less than `floor_db` below the loudest one."""
    level = jnp.sum(mel**2, axis=-1)
    loud = level > jnp.max(level, axis=-1, keepdims=True) * 10 ** (-floor_db / 10)
    before_end = jnp.flip(jnp.cumsum(jnp.flip(loud, -1), -1), -1) > 0
    return jnp.where(before_end[..., None], mel, 0.0)


def standardised(mel: Float[Array, "*batch frames mels"], mean: Array, std: Array, offset: float) -> Array:
    """log(mel + offset), standardised per element (frame, mel bin) with the training set's mean and std."""
    return (jnp.log(mel + offset) - mean) / std


def unstandardised(x: Float[Array, "*batch frames mels"], mean: Array, std: Array, offset: float) -> Array:
    """The linear mel of a standardised log-mel: the inverse of `standardised`, never below zero.

    Mels of sounds with peak 1 stay below e^3. Where knobs far out ask for more, e^6 is the most: its square
    is still a number.
    """
    return jnp.maximum(jnp.exp(jnp.minimum(x * std + mean, 6.0)) - offset, 0.0)
