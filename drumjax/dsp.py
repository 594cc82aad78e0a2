"""Wave -> STFT -> mel -> log-mel in jnp, and the way back: NNLS, phases, accelerated Griffin-Lim, inverse STFT.

Everything is differentiable, jit-compiled by its callers, and equal to librosa within float32. Arrays may
carry any leading axes. The sizes come from `Audio`, which is hashable and so static under jit.
"""

import dataclasses
import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from drumjax.config import Audio

SILENCE_DB = 78.0
"""A decoded mel ends where its frames stay this far below the loudest one.

Sounds end at -60 dB of their peak, but windows reach beyond the end and still hold some of it: at 60 dB the log-mels of
decoded sounds lose their last frames (standardised error 0.064 on validation sounds; 0.0545 at 78, where it is least).
"""

ONSET_MS = 1.0
"""Where Griffin-Lim expects the onset of a sound."""

_TINY = 1e-12

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


def mel_spectrogram(wave: Float[Array, "*batch samples"], audio: Audio) -> Float[Array, "*batch frames mels"]:
    """The mel spectrogram on the linear magnitude: `librosa.feature.melspectrogram(power=1)`, transposed."""
    return to_mels(magnitude(stft(wave, audio)), audio)


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def to_mels(spectrum: Float[Array, "*batch frames bins"], audio: Audio) -> Float[Array, "*batch frames mels"]:
    """spectrum @ mel_bank(audio), for a quarter of the cost: nearly all of the bank is zero."""
    return _banded_product(spectrum, mel_bank(audio))


def to_bins(mel: Float[Array, "*batch frames mels"], audio: Audio) -> Float[Array, "*batch frames bins"]:
    """mel @ mel_bank(audio).T, for a tenth of the cost: a bin lies in two filters at most."""
    filters, weights = _two_filters(audio)
    return mel[..., filters[:, 0]] * weights[:, 0] + mel[..., filters[:, 1]] * weights[:, 1]


to_mels.defvjp(
    lambda spectrum, audio: (to_mels(spectrum, audio), None),
    lambda audio, _, gradient: (to_bins(gradient, audio),),
)


def _banded_product(x: Array, matrix: np.ndarray) -> Array:
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


@functools.cache
def _two_filters(audio: Audio) -> tuple[np.ndarray, np.ndarray]:
    """(filters (bins, 2), weights (bins, 2)) of every bin."""
    bank = mel_bank(audio)
    filters = np.argsort(-bank, axis=1, kind="stable")[:, :2]
    return filters, np.take_along_axis(bank, filters, 1)


@functools.cache
def _inverse(audio: Audio) -> np.ndarray:
    """`_pseudo_inverse` in float32; entries far from the diagonal, below a millionth of the largest, are zero."""
    inverse = _pseudo_inverse(mel_bank(audio).astype(np.float64)).astype(np.float32)
    return np.where(np.abs(inverse) > 1e-6 * np.abs(inverse).max(), inverse, 0)


def _pseudo_inverse(bank: np.ndarray) -> np.ndarray:
    """(mels, bins): the solutions of (bank^T bank + a trace of its diagonal) x = bank^T, within 1e-4 of the inverse.

    Low filters share a bin, and the bank is singular: without the trace x would be nothing but rounding errors. Only
    neighbours overlap, so the matrix is tridiagonal, and eliminating it row by row takes milliseconds. A player that
    starts on a busy machine waits for LAPACK's threads for seconds.
    """
    power = np.sum(bank**2, axis=0)
    diagonal, beside = power + 1e-6 * power.max(), np.sum(bank[:, :-1] * bank[:, 1:], axis=0)
    x = np.ascontiguousarray(bank.T)
    for i, factor in enumerate(beside):
        diagonal[i + 1] -= factor**2 / diagonal[i]
        x[i + 1] -= factor / diagonal[i] * x[i]
    x[-1] /= diagonal[-1]
    for i in reversed(range(len(beside))):
        x[i] = (x[i] - beside[i] * x[i + 1]) / diagonal[i]
    return x


def nnls(mel: Float[Array, "*batch frames mels"], audio: Audio, steps: int) -> Float[Array, "*batch frames bins"]:
    """Linear magnitudes whose mel is `mel`: non-negative least squares by multiplicative updates.

    It starts from the clipped pseudo-inverse (Lee and Seung's update keeps every bin non-negative), and the
    bins that no filter sees, such as 0 Hz, come out as zero.
    """
    wanted = to_bins(mel, audio)
    # A bin the pseudo-inverse clips to zero could never grow again: it starts at a trace of the frame's level.
    floor = 1e-3 * jnp.mean(mel, axis=-1, keepdims=True)
    seen = mel_bank(audio).any(axis=1).astype(np.float32)
    estimate = jnp.maximum(_banded_product(mel, _inverse(audio)), floor) * seen
    for _ in range(steps):
        estimate = estimate * wanted / (to_bins(to_mels(estimate, audio), audio) + _TINY)
    return estimate


def inverted(
    magnitude: Float[Array, "*batch frames bins"], audio: Audio, steps: int, momentum: float
) -> Float[Array, "*batch samples"]:
    """A wave of these STFT magnitudes: phases read off them, `steps` of accelerated Griffin-Lim, a last projection.

    The steps see every second bin where the FFT is twice as long as the window: an FFT of the window's own length
    misses nothing of a wave, and costs half. Bins between have their say at the end.
    """
    every = audio.fft // audio.window if audio.fft % audio.window == 0 else 1
    coarse = dataclasses.replace(audio, fft=audio.fft // every)
    wave = griffin_lim(magnitude[..., ::every], phases_of(magnitude, audio, every), coarse, steps, momentum)
    return wave if every == 1 else istft(magnitude * _unit(stft(wave, audio)), audio)


def phases_of(
    magnitude: Float[Array, "*batch frames bins"], audio: Audio, every: int = 1
) -> Complex[Array, "*batch frames some"]:
    """Unit spectra whose phases agree with STFT magnitudes, as far as the magnitudes tell.

    A partial turns by its frequency from frame to frame, which its peak tells more finely than in bins, and the bins
    about a peak turn with it (Beauregard, Harish and Wyse 2015). Across these bins the phase runs as the energy of the
    partial lies before or behind the middle of the frame, which the slope of the logarithm along time tells (Prusa,
    Balazs and Sondergaard 2017). In the first frame everything begins `ONSET_MS` after the beginning of the sound.

    Args:
        magnitude: linear; frames of zeros have some phase too.
        audio: of the STFT.
        every: gives only every so manyth bin, as of an FFT that is so many times shorter.
    """
    log = jnp.log(magnitude.reshape(-1, audio.frames, audio.bins) + 1e-6)
    bins, onset = np.arange(audio.bins), ONSET_MS / 1000 * audio.rate
    below, above = (
        jnp.concatenate(parts, -1) for parts in ((log[..., :1], log[..., :-1]), (log[..., 1:], log[..., -1:]))
    )
    uphill = jnp.where((above > log) & (above > below), 1, jnp.where(below > log, -1, 0))
    peak = bins + uphill
    for _ in range(3):  # up to 8 bins away: a partial is 4 to each side at FFT = 2 windows
        peak = _taken(peak, peak)
    curvature = jnp.minimum(below - 2 * log + above, -1e-6)
    between = jnp.clip(0.5 * (below - above) / curvature, -0.5, 0.5)
    frequency = _taken(bins + between, peak) / audio.fft  # in turns a sample
    advance = 0.5 * audio.hop * (frequency[:, 1:] + frequency[:, :-1])
    of_peak = jnp.cumsum(jnp.concatenate([-onset * frequency[:, :1], advance], axis=1), axis=1)
    growth = jnp.concatenate([log[:, 2:] - log[:, :-2], 2 * (log[:, -1:] - log[:, -2:-1])], axis=1) / (2 * audio.hop)
    # Of exponential growth, a Gaussian as wide as the Hann window moves the middle by so many samples.
    behind = jnp.clip(0.25645 * audio.window**2 / (2 * np.pi) * growth, -0.4 * audio.window, 0.4 * audio.window)
    behind = jnp.concatenate([jnp.full_like(behind[:, :1], onset), behind], axis=1)
    across = jnp.cumsum(behind, axis=-1) / audio.fft
    some = slice(None, None, every)
    turns = _taken(of_peak + across, peak[..., some]) - across[..., some]
    # Spectra count phases from the beginning of a frame, not from its middle.
    angle = 2 * np.pi * (turns + 0.5 * (np.arange(turns.shape[-1]) % 2))
    phases = jax.lax.complex(jnp.cos(angle), jnp.sin(angle))
    return phases.reshape(*magnitude.shape[:-1], -1)


def _taken(x: Float[Array, "*rows bins"], bins: Int[Array, "*rows some"]) -> Float[Array, "*rows some"]:
    return jnp.take_along_axis(x, bins, axis=-1, mode="promise_in_bounds")


def griffin_lim(
    target: Float[Array, "*batch frames bins"],
    start: Complex[Array, "*batch frames bins"],
    audio: Audio,
    steps: int,
    momentum: float = 0.99,
) -> Float[Array, "*batch samples"]:
    """A wave whose STFT magnitude approaches `target`: accelerated Griffin-Lim (Perraudin et al. 2013).

    Args:
        target: linear magnitudes.
        start: unit spectra, the phases of the first estimate.
        steps: projections; 0 gives the inverse STFT of target with the phases of start.
        momentum: as in `librosa.griffinlim`, whose update this is.
    """
    previous, angles = jnp.zeros_like(start), start
    for _ in range(steps):
        rebuilt = stft(istft(target * angles, audio), audio)
        angles = _unit(rebuilt - (momentum / (1 + momentum)) * previous)
        previous = rebuilt
    return istft(target * angles, audio)


def _unit(spectrum: Array) -> Array:
    return spectrum / (magnitude(spectrum) + _TINY)


def random_phase(shape: tuple[int, ...], seed: int) -> Complex[Array, "*shape"]:
    """Unit spectra of uniformly random phase, the usual start of Griffin-Lim."""
    return jnp.exp(2j * jnp.pi * jax.random.uniform(jax.random.key(seed), shape))
