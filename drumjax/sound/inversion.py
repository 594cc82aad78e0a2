"""Inversion of mels and STFT magnitudes to waves: NNLS, phases from magnitudes, accelerated Griffin-Lim.

As in `drumjax.sound.dsp`, callers jit-compile the functions, arrays may have any leading axes, and sizes come from
`Audio`.
"""

import functools
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float, Int, Shaped

from drumjax.config import Audio
from drumjax.sound import dsp, packed

ONSET_MS = 1.0
"""The time of the onset that the first frame's phases assume, before what `spread_turns` adds."""

_SPREAD_MS = 4.0
"""Longest delay of a frequency band after the onset: see `spread_turns`."""

_GRAIN = 1.6
"""Exponent of the grain: Griffin-Lim smooths a part of it away."""

_TINY = 1e-12


@functools.cache
def bank_inverse(audio: Audio) -> Float[np.ndarray, "mels bins"]:
    """`_pseudo_inverse` of the mel bank in float32; entries below a millionth of the largest are set to zero."""
    inverse = _pseudo_inverse(dsp.mel_bank(audio).astype(np.float64)).astype(np.float32)
    return np.where(np.abs(inverse) > 1e-6 * np.abs(inverse).max(), inverse, 0)


def _pseudo_inverse(bank: Float[np.ndarray, "bins mels"]) -> Float[np.ndarray, "mels bins"]:
    """The solution x of (bank^T bank + ridge) x = bank^T, within 1e-4 of the pseudo-inverse.

    Low filters share a bin, so the bank is singular; without the ridge, a millionth of the largest diagonal entry, x
    would consist of rounding errors. Only neighbouring filters overlap, so the matrix is tridiagonal, and eliminating
    it row by row takes milliseconds. LAPACK's threads would take seconds to start on a busy machine.
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


def nnls(mel: Float[ArrayLike, "*batch frames mels"], audio: Audio, steps: int) -> Float[Array, "*batch frames bins"]:
    """Linear magnitudes whose mel is `mel`: non-negative least squares by Lee and Seung's multiplicative updates.

    The updates start from the clipped pseudo-inverse, with the grain of noise where filters are wide, and keep every
    bin non-negative. Bins in no filter, such as 0 Hz, are zero.
    """
    # Not `to_bins`: XLA would keep the transposed gathers of a value that several updates read.
    target = dsp.banded_product(mel, dsp.mel_bank(audio).T)
    # An update cannot raise a bin from zero, so clipped bins start at a thousandth of the frame's mean level.
    floor = 1e-3 * jnp.mean(mel, axis=-1, keepdims=True)
    covered = dsp.mel_bank(audio).any(axis=1).astype(np.float32)
    estimate = jnp.maximum(dsp.banded_product(mel, bank_inverse(audio)), floor) * covered * _grain(audio)
    for _ in range(steps):
        estimate = estimate * target / (dsp.to_bins(dsp.to_mels(estimate, audio), audio) + _TINY)
    return estimate


@functools.cache
def _grain(audio: Audio) -> Float[np.ndarray, "frames bins"]:
    """The fluctuation of white noise within mel filters: 1 where filters are as narrow as the window resolves.

    Filters widen towards high frequencies, and a mel says nothing about the bins within one. Real noise and metal
    fluctuate from bin to bin; without grain, hats and snares are too smooth (roughness 1.08, real sounds 1.45).
    """
    magnitude = dsp.noise_magnitude(0, audio, audio.frames)
    bank = dsp.mel_bank(audio)
    shares = bank / np.maximum(bank.sum(axis=0), _TINY)  # of the bins in each filter
    smooth = (magnitude @ shares @ bank.T) / np.maximum(bank.sum(axis=1), _TINY)
    # The last bins are in hardly any filter.
    ratio = np.clip(magnitude / np.where(smooth > 0, smooth, magnitude), 0.0, 3.0)
    return (ratio ** grain_amount(audio)).astype(np.float32)


def grain_amount(audio: Audio) -> Float[np.ndarray, " bins"]:
    """The exponent of the grain in each bin: 0 where filters are as narrow as the window resolves."""
    edges, hz = dsp.mel_edges_hz(audio), np.linspace(0, audio.rate / 2, audio.bins)
    width = np.interp(hz, edges[1:-1], (edges[2:] - edges[:-2]) / 2) * audio.window / audio.rate
    return _GRAIN * np.clip(width - 0.5, 0.0, 1.0)


def invert(
    magnitude: Float[ArrayLike, "*batch frames bins"], audio: Audio, steps: int, momentum: float
) -> Float[Array, "*batch samples"]:
    """A wave with the given STFT magnitudes.

    Phases are estimated by `phases_from_magnitude` and improved by `steps` of accelerated Griffin-Lim: at half of the
    bins (`drumjax.sound.packed`) where the FFT has them, as in the paper, else at all of them.
    """
    magnitude = jnp.asarray(magnitude)
    if not packed.fits(audio):
        return griffin_lim(magnitude, phases_from_magnitude(magnitude, audio), audio, steps, momentum)
    select = functools.partial(packed.select, audio=audio)
    start = packed.conjugate(phases_from_magnitude(magnitude, audio, select), audio)

    def project(spectrum):
        return packed.spectrum(packed.blocks(spectrum, audio), audio)

    spectrum = _refine(select(magnitude), start, project, steps, momentum)
    return packed.wave(packed.blocks(spectrum, audio), audio)


def phases_from_magnitude(
    magnitude: Float[ArrayLike, "*batch frames bins"],
    audio: Audio,
    select: Callable[[Array], Array] = lambda x: x,
) -> Complex[Array, "*batch frames selected"]:
    """Unit spectra with phases estimated from STFT magnitudes.

    From frame to frame, the phase of a partial advances by its frequency, which is interpolated at its peak; the bins
    around a peak advance with it (Beauregard, Harish and Wyse 2015). Across these bins, the phase depends on how far
    the energy of the partial lies before or after the middle of the frame. That follows from the slope of the
    log-magnitude over time (Prusa, Balazs and Sondergaard 2017). In the first frame, every partial starts `ONSET_MS`
    after the start of the sound.

    Args:
        magnitude: linear; frames of zeros get arbitrary phases.
        audio: settings of the STFT.
        select: function from an array with all bins on its last axis to one with some of them, of which the phases are
            returned.
    """
    magnitude = jnp.asarray(magnitude)
    log = jnp.log(magnitude.reshape(-1, audio.frames, audio.bins) + 1e-6)
    onset = ONSET_MS / 1000 * audio.rate / audio.fft  # turns a bin
    position = _peak_positions(log)
    # Frame t has advanced by half a hop of frames 0 and t and by a whole hop of those between. Whole turns are left out
    # before the sum, whose rounding errors would reach the fraction.
    half = position * (0.5 * audio.hop / audio.fft)
    sums = 2 * np.tril(np.ones((audio.frames, audio.frames), np.float32)) - np.eye(audio.frames, dtype=np.float32)
    sums[:, 0] -= 1
    peak_turns = sums @ (half - jnp.round(half)) - onset * position[:, :1]
    growth = jnp.concatenate([log[:, 2:] - log[:, :-2], 2 * (log[:, -1:] - log[:, -2:-1])], axis=1) / (2 * audio.hop)
    # For exponential growth, the centre of energy moves by this many samples (the Hann window taken as a Gaussian).
    delay = jnp.clip(0.25645 * audio.window**2 / (2 * np.pi) * growth, -0.4 * audio.window, 0.4 * audio.window)
    delay = jnp.concatenate([jnp.full_like(delay[:, :1], onset), delay / audio.fft], axis=1)
    bin_turns = _running_sum(delay)
    at_peak = _gather(peak_turns + bin_turns, select(jnp.round(position).astype(jnp.int32)))
    # The phases of a spectrum refer to the start of a frame, not to its middle.
    to_start = (0.5 * (np.arange(audio.bins) % 2) - spread_turns(audio)).astype(np.float32)
    phases = _unit_circle(at_peak - select(bin_turns - to_start))
    return phases.reshape(*magnitude.shape[:-1], -1)


def _running_sum(x: Float[Array, "batch frames bins"], block: int = 32) -> Float[Array, "batch frames bins"]:
    """The cumulative sum over bins by two products, for which XLA takes a third of the time."""
    batch, frames, bins = x.shape
    blocks = jnp.pad(x, ((0, 0), (0, 0), (0, -bins % block))).reshape(batch, frames, -1, block)
    within = blocks @ np.triu(np.ones((block, block), np.float32))
    count = within.shape[2]
    before = within[..., -1] @ np.triu(np.ones((count, count), np.float32), 1)
    return (within + before[..., None]).reshape(batch, frames, -1)[..., :bins]


def _unit_circle(turns: Float[Array, "*shape"]) -> Complex[Array, "*shape"]:
    """exp(2 pi i turns) by power series, within 1e-6: XLA's sine and cosine take ten times as long."""
    turns = turns - jnp.round(turns)
    half = jnp.round(2 * turns)  # -1, 0, 1: half a turn changes both signs
    x, sign = 2 * np.pi * (turns - 0.5 * half), 1 - 2 * jnp.abs(half)
    square = x * x
    cosine, sine = (
        functools.reduce(lambda sum, order: 1 - sum * square / (order * (order - 1)), range(last, 1, -2), 1.0)
        for last in (10, 11)
    )
    return jax.lax.complex(sign * cosine, sign * x * sine)


@functools.cache
def spread_turns(audio: Audio) -> Float[np.ndarray, " bins"]:
    """Phases, in turns, of an all-pass filter that delays every critical band by another time up to `_SPREAD_MS`.

    Partials that all start at the same moment add up to a click, which real drums do not have. The delays at the
    borders of the bands (1 ERB wide: Glasberg and Moore 1990) follow the golden ratio, so that neighbours are far
    apart; between them they are interpolated.
    """
    hz = np.linspace(0, audio.rate / 2, audio.bins)
    bands = 21.4 * np.log10(1 + 0.00437 * hz)
    borders = np.arange(math.ceil(bands[-1]) + 1)
    delay = np.interp(bands, borders, (0.3 + borders * (math.sqrt(5) - 1) / 2) % 1) * np.clip(
        0.4 + 0.6 * hz / 1000, 0, 1
    )
    turns = np.cumsum(delay) * (_SPREAD_MS / 1000 * audio.rate / audio.fft)
    return (turns % 1).astype(np.float32)


def _peak_positions(log: Float[Array, "batch frames bins"]) -> Float[Array, "batch frames bins"]:
    """The position of the peak that each bin belongs to, interpolated by a parabola; its bin is that rounded.

    The peak is the next one uphill, at most 8 bins away: at FFT = 2 windows a partial spans 4 bins on each side.
    Maxima over 8 bins take less time than following the slope.
    """
    count, width = log.shape[-1], 8
    bins = np.arange(count, dtype=np.float32)
    edges = jnp.pad(log, ((0, 0), (0, 0), (1, 1)), mode="edge")
    below, above = edges[..., :-2], edges[..., 2:]
    up = (above > log) & (above > below)
    down = (below > log) & ~up
    curvature = jnp.minimum(below - 2 * log + above, -1e-6)
    # Not quite half a bin, so that rounding returns to the bin.
    position = bins + jnp.clip(0.5 * (below - above) / curvature, -0.499, 0.499)

    def uphill(sign):
        """The next peak, downwards for sign 1, upwards for -1."""
        peaks = jnp.where(up | down, -jnp.inf, sign * position)
        before = (width - 1) * (sign > 0)
        padded = jnp.pad(peaks, ((0, 0), (0, 0), (before, width - 1 - before)), constant_values=-jnp.inf)
        nearest = functools.reduce(jnp.maximum, (padded[..., i : i + count] for i in range(width)))
        return sign * jnp.maximum(nearest, sign * bins - width)

    return jnp.where(up, uphill(-1), jnp.where(down, uphill(1), position))


def _gather(
    x: Shaped[Array, "batch frames bins"], bins: Int[Array, "batch frames kept"]
) -> Shaped[Array, "batch frames kept"]:
    """The values of x at the given bins, which must be within range."""
    return jnp.take_along_axis(x, bins, axis=-1, mode="promise_in_bounds")


def griffin_lim(
    target: Float[ArrayLike, "*batch frames bins"],
    start: Complex[ArrayLike, "*batch frames bins"],
    audio: Audio,
    steps: int,
    momentum: float = 0.99,
) -> Float[Array, "*batch samples"]:
    """A wave whose STFT magnitude approaches `target`: accelerated Griffin-Lim (Perraudin et al. 2013).

    Args:
        target: linear magnitudes.
        start: unit spectra with the initial phases.
        audio: settings of the STFT.
        steps: projections; 0 returns the inverse STFT of `target` with the phases of `start`.
        momentum: as in `librosa.griffinlim`, which has the same update.
    """

    def project(spectrum):
        return dsp.stft(dsp.istft(spectrum, audio), audio)

    return dsp.istft(_refine(jnp.asarray(target), start, project, steps, momentum), audio)


def _refine(
    target: Float[Array, "*batch frames bins"],
    start: Complex[ArrayLike, "*batch frames bins"],
    project: Callable[[Array], Array],
    steps: int,
    momentum: float,
) -> Complex[Array, "*batch frames bins"]:
    """`target` with the phases of Griffin-Lim; `project` gives the spectrum of the wave nearest to a spectrum."""
    previous, spectrum = 0.0, jax.lax.complex(target * start.real, target * start.imag)
    for _ in range(steps):
        rebuilt = project(spectrum)
        moved = rebuilt - (momentum / (1 + momentum)) * previous
        # A complex division would take several times as long.
        gain = target * jax.lax.rsqrt(jnp.maximum(moved.real**2 + moved.imag**2, _TINY**2))
        spectrum = jax.lax.complex(moved.real * gain, moved.imag * gain)
        previous = rebuilt
    return spectrum


def random_phase(shape: tuple[int, ...], seed: int) -> Complex[Array, "*shape"]:
    """Unit spectra with uniformly random phases, the usual start of Griffin-Lim."""
    return jnp.exp(2j * jnp.pi * jax.random.uniform(jax.random.key(seed), shape))
