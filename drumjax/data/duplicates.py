"""Exact and near duplicates: copies of one recording, and not two takes of one drum.

A copy (another gain, rate, codec, bit depth, start) keeps the phase of its original in every band; two takes of the
same stroke agree at most in the lowest ones. So pairs that look alike in a coarse spectrogram are compared band by
band: the coherence of a pair is the mean over bands of the normalised correlation at their common shift. Measured
on 3,000 drum sounds and re-encoded copies of them: copies have 0.95 to 1, takes almost always less than 0.9.
"""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from drumjax.data.store import PEAK

ALIKE_DB = 2.5  # root mean square difference of two coarse spectrograms, up to which a pair is compared closely
FLOOR_DB = -45.0  # of the coarse spectrogram: below it codecs and bit depths differ
COHERENT = 0.93
HEARD = 3e-4  # of a sound's loudest band: quieter bands are not compared, codecs and bit depths live there
NEIGHBOURS = 48  # closest ones compared, so that the work grows with the sounds and not with their pairs
CACHED = 1024  # spectra kept in memory
SHIFT_SECONDS = 0.02  # between two copies, after their leading silence is trimmed
BANDS = np.geomspace(60, 8000, 22)  # Hz, edges
_POOLS = np.array([0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40, 50, 65])  # frames of 11.6 ms, pooled


def exact(wave: np.ndarray) -> str:
    """A digest of an int16 wave."""
    return hashlib.blake2b(wave.tobytes(), digest_size=16).hexdigest()


def coarse(wave: np.ndarray, rate: int) -> np.ndarray:
    """The coarse spectrogram [18, 21] of an int16 wave [samples]: root mean squares over time pools and BANDS."""
    hop = max(1, round(0.0116 * rate))
    window = np.hanning(4 * hop).astype(np.float32)
    padded = np.pad(wave.astype(np.float32) / PEAK, (2 * hop, 2 * hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, 4 * hop)[::hop] * window
    edges = np.clip(np.round(BANDS / rate * 4 * hop).astype(int), 1, 2 * hop)
    power = _power(np.fft.rfft(frames, axis=1)[:, : edges[-1] + 1])
    bands = np.add.reduceat(power, edges, axis=1)[:, :-1] / np.maximum(np.diff(edges), 1)
    pools = np.minimum(_POOLS, len(bands) - 1)
    counts = np.maximum(np.diff(pools, append=len(bands)), 1)
    return np.sqrt(np.add.reduceat(bands, pools, axis=0) / counts[:, None]).astype(np.float32)


def _power(values: np.ndarray) -> np.ndarray:
    return np.square(values.real) + np.square(values.imag)  # several times as fast as the square of abs


def spectrum(wave: np.ndarray) -> np.ndarray:
    """The complex spectrum of an int16 wave [samples], zero-padded so that shifts do not wrap."""
    return np.fft.rfft(wave.astype(np.float32) / PEAK, _length(len(wave)))


def _length(samples: int) -> int:
    return 1 << int(np.ceil(np.log2(1.3 * samples)))


def coherence(a: np.ndarray, b: np.ndarray, rate: int, samples: int, top_hz: float) -> float:
    """How much two sounds are one, from their spectra: 0 to 1, whatever their gain, polarity and shift.

    Args:
        top_hz: nothing above it is compared; a copy at a low rate has nothing there.
    """
    size = _length(samples)
    edges = np.unique(np.round(BANDS[max(top_hz, BANDS[4]) >= BANDS] / rate * size).astype(int))
    low, high = edges[0], edges[-1]
    cross = a[low:high] * np.conj(b[low:high])
    # The square root lets quiet high bands have their say about the shift: they are the sharpest.
    compressed = np.zeros(size + 1, np.complex64)  # twice the length in time: half a sample of resolution
    compressed[low:high] = cross / np.sqrt(np.sqrt(_power(cross)) + 1e-9)
    lags = np.fft.irfft(compressed, 2 * size)
    reach = 2 * int(SHIFT_SECONDS * rate)
    near = np.abs(np.concatenate([lags[-reach:], lags[: reach + 1]]))
    at = int(np.argmax(near))
    if 0 < at < 2 * reach:  # a parabola through the peak and its neighbours gives the rest of the shift
        left, middle, right = near[at - 1 : at + 2]
        at += 0.5 * (left - right) / (left - 2 * middle + right - 1e-12)
    turn = np.exp(1j * np.arange(low, high, dtype=np.float32) * np.float32(np.pi * (at - reach) / size))
    starts = edges[:-1] - low
    first = np.add.reduceat(_power(a[low:high]), starts)
    second = np.add.reduceat(_power(b[low:high]), starts)
    agreed = np.add.reduceat((cross * turn).real, starts) / np.sqrt(first * second + 1e-20)
    heard = np.maximum(first / first.max(), second / second.max()) > HEARD
    return float(abs(agreed[heard].mean()))


def alike(levels: np.ndarray, rates: np.ndarray, rate: int) -> list[np.ndarray]:
    """For each sound the earlier ones it may be a copy of, the closest first.

    Args:
        levels: [sounds, 18, 21] of `coarse`.
        rates: [sounds] Hz of the files; a file below the store's `rate` is compared only where it has content.
    """
    tops = np.minimum(rates, rate) * 0.45
    widths = np.maximum(np.searchsorted(BANDS[1:], tops, side="right"), 4)
    found: list[list[tuple[float, int]]] = [[] for _ in levels]
    for width in np.unique(widths):
        vectors = _decibels(levels[:, :, :width])
        norms = np.square(vectors).sum(axis=1)
        usable = widths >= width
        narrow = np.flatnonzero(widths == width)
        for block in np.array_split(narrow, max(1, len(narrow) // 512)):
            squares = norms[block, None] + norms[None] - 2 * vectors[block] @ vectors.T
            distances = np.sqrt(np.maximum(squares, 0) / vectors.shape[1])
            distances[:, ~usable] = np.inf
            distances[np.arange(len(block)), block] = np.inf
            for row, other in zip(*np.nonzero(distances < ALIKE_DB), strict=True):
                sound, distance = int(block[row]), float(distances[row, other])
                if widths[other] > width or other < sound:
                    found[max(sound, other)].append((distance, min(sound, int(other))))
    return [np.array([other for _, other in sorted(set(pairs))[:NEIGHBOURS]], int) for pairs in found]


def _decibels(levels: np.ndarray) -> np.ndarray:
    """[sounds, values]: dB below each sound's loudest value, down to FLOOR_DB."""
    levels = levels.reshape(len(levels), -1)
    peak = levels.max(axis=1, keepdims=True)
    return np.maximum(20 * np.log10(levels / (peak + 1e-12) + 1e-9), FLOOR_DB).astype(np.float32)


def copies(
    waves: Sequence[np.ndarray],
    rates: Sequence[int],
    rate: int,
    takes: Callable[[int, int], bool],
    show: Callable[[range], Sequence[int]] = lambda steps: steps,
) -> dict[int, tuple[str, int]]:
    """Which sounds are copies of an earlier one that is kept.

    Args:
        waves: int16 [samples] each, fitted; the first of several copies is kept, so the best come first.
        rates: Hz of the files they come from.
        rate: Hz of the waves.
        takes: whether two sounds are known to be different takes; only exact copies go among them.
        show: wraps the steps, for a progress bar.

    Returns:
        sound -> ("duplicate" or "near duplicate", the sound that is kept).
    """
    dropped: dict[int, tuple[str, int]] = {}
    first: dict[str, int] = {}
    for sound, wave in enumerate(waves):
        original = first.setdefault(exact(wave), sound)
        if original != sound:
            dropped[sound] = ("duplicate", original)
    left = [sound for sound in range(len(waves)) if sound not in dropped]
    if not left:
        return dropped
    file_rates = np.array([rates[sound] for sound in left])
    with ThreadPoolExecutor() as pool:
        levels = np.stack(list(pool.map(lambda sound: coarse(waves[sound], rate), left)))
        candidates = alike(levels, file_rates, rate)
        samples = len(waves[left[0]])
        spectra: dict[int, np.ndarray] = {}
        for at in show(range(len(left))):
            others = [o for o in candidates[at] if left[o] not in dropped and not takes(left[o], left[at])]
            if not others:
                continue
            if len(spectra) > CACHED:
                spectra.clear()
            missing = [n for n in (at, *others) if n not in spectra]
            spectra.update(zip(missing, pool.map(lambda n: spectrum(waves[left[n]]), missing), strict=True))
            tops = [0.45 * min(file_rates[at], file_rates[o], rate) for o in others]
            pairs = [(spectra[at], spectra[o], rate, samples, top) for o, top in zip(others, tops, strict=True)]
            found = pool.map(lambda pair: coherence(*pair), pairs)
            near = [(c, -o) for c, o in zip(found, others, strict=True) if c >= COHERENT]
            if near:
                dropped[left[at]] = ("near duplicate", left[-max(near)[1]])
    return dropped
