"""Wave -> STFT -> mel -> log-mel in jnp, and the inverse STFT; `drumjax.sound.inversion` inverts mels to waves.

All functions are differentiable, are jit-compiled by their callers and equal librosa within float32. Arrays may have
any leading axes. The sizes come from `Audio`, which is hashable and therefore static under jit.
"""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float, Int

from drumjax.config import Audio
from drumjax.sound.seeds import NOISE, Numbers

SILENCE_DB = 78.0
"""A decoded mel ends after its last frame less than this far below the loudest one.

Sounds end at -60 dB of their peak, but windows that reach beyond the end still contain part of the sound. At 60 dB the
log-mels of decoded sounds lose their last frames (standardised error 0.064 on validation sounds, against the minimum of
0.0545 at 78 dB).
"""

_BLOCK = 64
"""Columns of a banded matrix in one product; half of it where a column has more entries than a row."""


def hann(length: int) -> Float[np.ndarray, " samples"]:
    """The periodic Hann window, float32."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)


def noise_magnitude(seed: int, audio: Audio, frames: int) -> Float[np.ndarray, "frames bins"]:
    """STFT magnitudes of the white noise of a seed, of standard deviation 1; numpy."""
    noise = Numbers(seed, NOISE).normal((frames - 1) * audio.hop + audio.window).astype(np.float32)
    blocks = np.lib.stride_tricks.sliding_window_view(noise, audio.window)[:: audio.hop]
    return np.abs(np.fft.rfft(blocks * hann(audio.window), audio.fft))


def stft(wave: Float[ArrayLike, "*batch samples"], audio: Audio) -> Complex[Array, "*batch frames bins"]:
    """The centred short-time Fourier transform with zero padding at both ends, equal to `librosa.stft`."""
    overlap = audio.window // audio.hop
    blocks = audio.frames - 1 + overlap
    left = audio.window // 2
    right = blocks * audio.hop - left - audio.samples
    flat = wave.reshape(-1, audio.samples)
    # The last centred frame may end before the sound does; the samples after it are in no frame.
    padded = jnp.pad(flat, ((0, 0), (left, max(right, 0))))[:, : blocks * audio.hop]
    padded = padded.reshape(-1, blocks, audio.hop)
    frames = jnp.concatenate([padded[:, i : i + audio.frames] for i in range(overlap)], axis=-1)
    frames = jax.lax.optimization_barrier(frames)  # a fused copy would go element by element
    margin = (audio.fft - audio.window) // 2
    frames = jnp.pad(frames * hann(audio.window), ((0, 0), (0, 0), (margin, audio.fft - audio.window - margin)))
    return _on_own_devices(jnp.fft.rfft, frames).reshape(*wave.shape[:-1], audio.frames, audio.bins)


def _on_own_devices(
    transform: Callable[[Array], Array], frames: Float[Array, "batch frames samples"]
) -> Complex[Array, "batch frames bins"]:
    """Applies `transform` to each part of the batch on the device that holds it.

    Without this, XLA gathers the whole batch on every device for an FFT. The mesh is the one that the caller traces
    under.
    """
    mesh = jax.sharding.get_abstract_mesh()
    if mesh.empty or mesh.size == 1:
        return transform(frames)
    spec = jax.sharding.PartitionSpec(mesh.axis_names)
    return jax.shard_map(transform, in_specs=spec, out_specs=spec)(frames)


def istft(spectrum: Complex[Array, "*batch frames bins"], audio: Audio) -> Float[Array, "*batch samples"]:
    """The least-squares inverse of `stft` (overlap-add over the squared windows), equal to `librosa.istft`."""
    overlap = audio.window // audio.hop
    margin = (audio.fft - audio.window) // 2
    frames = jnp.fft.irfft(spectrum.reshape(-1, audio.frames, audio.bins), n=audio.fft)
    frames = frames[..., margin : margin + audio.window] * hann(audio.window)
    blocks = frames.reshape(-1, audio.frames, overlap, audio.hop)
    total = sum(jnp.pad(blocks[:, :, i], ((0, 0), (i, overlap - 1 - i), (0, 0))) for i in range(overlap)).reshape(
        frames.shape[0], -1
    )
    left = audio.window // 2
    total = (total / window_power(audio))[:, left : left + audio.samples]
    total = jnp.pad(total, ((0, 0), (0, audio.samples - total.shape[1])))
    return total.reshape(*spectrum.shape[:-2], audio.samples)


@functools.cache
def window_power(audio: Audio) -> Float[np.ndarray, " samples"]:
    """The overlap-added squared windows; ones where no window reaches."""
    power = np.zeros((audio.frames - 1) * audio.hop + audio.window)
    for frame in range(audio.frames):
        power[frame * audio.hop :][: audio.window] += hann(audio.window) ** 2
    return np.where(power > 1e-8, power, 1.0).astype(np.float32)


def magnitude(spectrum: Complex[Array, "*shape"]) -> Float[Array, "*shape"]:
    """|spectrum|, with gradient zero where it is zero, so that silence contributes no gradient."""
    power = spectrum.real**2 + spectrum.imag**2
    quiet = power <= 0
    return jnp.where(quiet, 0.0, jnp.sqrt(jnp.where(quiet, 1.0, power)))


def _slaney_mels(hz: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    return np.where(hz < 1000, hz * 3 / 200, 15 + 27 * np.log(np.maximum(hz, 1000) / 1000) / np.log(6.4))


def _slaney_hz(mels: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    return np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * np.log(6.4) / 27))


@functools.cache
def mel_edges_hz(audio: Audio) -> Float[np.ndarray, " edges"]:
    """Corner frequencies of the mel filters, (mels + 2,): filter m starts at m, peaks at m + 1, ends at m + 2."""
    return _slaney_hz(np.linspace(0, _slaney_mels(np.array(audio.rate / 2)), audio.mels + 2))


@functools.cache
def mel_bank(audio: Audio) -> Float[np.ndarray, "bins mels"]:
    """The mel filter bank, Slaney scale and norm, 0 Hz to rate / 2, float32."""
    hz = np.linspace(0, audio.rate / 2, audio.bins)[:, None]
    edges = mel_edges_hz(audio)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rise, fall = (hz - low) / (centre - low), (high - hz) / (high - centre)
    return (np.maximum(0, np.minimum(rise, fall)) * (2 / (high - low))).astype(np.float32)


@functools.cache
def _filters_of_bins(audio: Audio) -> tuple[Int[np.ndarray, "bins 2"], Float[np.ndarray, "bins 2"]]:
    """The two mel filters with the largest gains in each bin, and these gains."""
    bank = mel_bank(audio)
    filters = np.argsort(-bank, axis=1, kind="stable")[:, :2].copy()  # not a view, which would hold 8 MB
    return filters, np.take_along_axis(bank, filters, 1)


def mel_spectrogram(wave: Float[ArrayLike, "*batch samples"], audio: Audio) -> Float[Array, "*batch frames mels"]:
    """The mel spectrogram of the linear magnitude: `librosa.feature.melspectrogram(power=1)`, transposed."""
    return to_mels(magnitude(stft(wave, audio)), audio)


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def to_mels(spectrum: Float[ArrayLike, "*batch frames bins"], audio: Audio) -> Float[Array, "*batch frames mels"]:
    """spectrum @ mel_bank(audio), at less than a quarter of the cost: nearly all entries of the bank are zero."""
    return banded_product(spectrum, mel_bank(audio))


def to_bins(mel: Float[ArrayLike, "*batch frames mels"], audio: Audio) -> Float[Array, "*batch frames bins"]:
    """mel @ mel_bank(audio).T, at a tenth of the cost: each bin is in at most two filters."""
    mel = jnp.asarray(mel)
    filters, gains = _filters_of_bins(audio)
    return mel[..., filters[:, 0]] * gains[:, 0] + mel[..., filters[:, 1]] * gains[:, 1]


to_mels.defvjp(
    lambda spectrum, audio: (to_mels(spectrum, audio), None),
    lambda audio, _, gradient: (to_bins(gradient, audio),),
)


def banded_product(x: Float[ArrayLike, "*batch in"], matrix: Float[np.ndarray, "in out"]) -> Float[Array, "*batch out"]:
    """x @ matrix, in blocks of columns, for a matrix whose non-zero entries lie near a diagonal."""
    blocks, size = [], _BLOCK if matrix.shape[0] < matrix.shape[1] else _BLOCK // 2
    for at in range(0, matrix.shape[1], size):
        block = matrix[:, at : at + size]
        rows = np.flatnonzero(block.any(axis=1))
        first, end = (rows[0], rows[-1] + 1) if len(rows) else (0, 1)
        blocks.append(x[..., first:end] @ block[first:end])
    return jnp.concatenate(blocks, axis=-1)


def gate(mel: Float[ArrayLike, "*batch frames mels"]) -> Float[Array, "*batch frames mels"]:
    """The mel with exact zeros after its end, the last frame less than SILENCE_DB below the loudest one."""
    level = jnp.sum(mel**2, axis=-1)
    loud = level > jnp.max(level, axis=-1, keepdims=True) * 10 ** (-SILENCE_DB / 10)
    before_end = jnp.flip(jnp.cumsum(jnp.flip(loud, -1), -1), -1) > 0
    return jnp.where(before_end[..., None], mel, 0.0)


def standardise(
    mel: Float[ArrayLike, "*batch frames mels"],
    mean: Float[ArrayLike, "..."],
    std: Float[ArrayLike, "..."],
    offset: float,
) -> Float[Array, "*batch frames mels"]:
    """log(mel + offset), standardised with the mean and standard deviation of the training set.

    Args:
        mel: linear mel.
        mean: of the log-mels, (frames, mels).
        std: of the log-mels, (frames, mels).
        offset: added before the logarithm.
    """
    return (jnp.log(mel + offset) - mean) / std


def unstandardise(
    x: Float[ArrayLike, "*batch frames mels"],
    mean: Float[ArrayLike, "..."],
    std: Float[ArrayLike, "..."],
    offset: float,
) -> Float[Array, "*batch frames mels"]:
    """The linear mel of a standardised log-mel, never below zero: the inverse of `standardise`.

    Mels of sounds with peak 1 stay below e^3. Extreme controls can exceed that; the log-mel is limited to 6 because the
    square of e^6 is still finite.
    """
    return jnp.maximum(jnp.exp(jnp.minimum(x * std + mean, 6.0)) - offset, 0.0)
