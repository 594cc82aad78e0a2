"""Mels and STFT magnitudes back to a wave: NNLS, phases read off the magnitudes, accelerated Griffin-Lim.

Jit-compiled by its callers, any leading axes, sizes from `Audio`, as in `drumjax.sound.dsp`.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from drumjax.config import Audio
from drumjax.sound import dsp

ONSET_MS = 1.0
"""Where Griffin-Lim expects the onset of a sound."""

_TINY = 1e-12


@functools.cache
def _inverse(audio: Audio) -> np.ndarray:
    """`_pseudo_inverse` in float32; entries far from the diagonal, below a millionth of the largest, are zero."""
    inverse = _pseudo_inverse(dsp.mel_bank(audio).astype(np.float64)).astype(np.float32)
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
    wanted = dsp.to_bins(mel, audio)
    # A bin the pseudo-inverse clips to zero could never grow again: it starts at a trace of the frame's level.
    floor = 1e-3 * jnp.mean(mel, axis=-1, keepdims=True)
    seen = dsp.mel_bank(audio).any(axis=1).astype(np.float32)
    estimate = jnp.maximum(dsp.banded_product(mel, _inverse(audio)), floor) * seen
    for _ in range(steps):
        estimate = estimate * wanted / (dsp.to_bins(dsp.to_mels(estimate, audio), audio) + _TINY)
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
    return wave if every == 1 else dsp.istft(magnitude * _unit(dsp.stft(wave, audio)), audio)


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
        rebuilt = dsp.stft(dsp.istft(target * angles, audio), audio)
        angles = _unit(rebuilt - (momentum / (1 + momentum)) * previous)
        previous = rebuilt
    return dsp.istft(target * angles, audio)


def _unit(spectrum: Array) -> Array:
    return spectrum / (dsp.magnitude(spectrum) + _TINY)


def random_phase(shape: tuple[int, ...], seed: int) -> Complex[Array, "*shape"]:
    """Unit spectra of uniformly random phase, the usual start of Griffin-Lim."""
    return jnp.exp(2j * jnp.pi * jax.random.uniform(jax.random.key(seed), shape))
