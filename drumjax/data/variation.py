"""Seeded variations of a sound that keep its class; they fill up classes with few sounds during training.

A variation saturates gently, tilts the spectrum, changes the pitch by resampling, bends the decay and moves the start
by a few milliseconds. Tilt and resampling share one FFT and its inverse; cutting the spectrum at the new Nyquist
frequency keeps a raised sound free of aliases.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

SEMITONES = 3.0  # largest change of pitch, up or down
TILT_DB = 4.0  # largest tilt from 100 Hz to 10 kHz (two decades), up or down
DECAY_DB = (
    -24.0,
    8.0,
)  # gain at the sound's end; raising it also raises the noise floor, so the range is smaller upwards
DRIVE = 1.2  # largest argument of tanh: about 3 dB of compression
JITTER_MS = (0.5, 5.0)  # silence before the start
FLOOR = 1e-3  # -60 dB relative to the peak, the level at which a sound ends

_FAST = np.array([n for n in range(2, 2**18, 2) if 2**30 * 3**16 * 5**10 * 7**8 * 11**6 % n == 0])
"""Even lengths without a prime factor above 11, at which the FFT is fast; neighbours differ by less than 2 %."""
_PAD = 256  # zeros at the end of the FFT, so that ringing before a sharp start does not wrap into the sound


@dataclass(frozen=True)
class Change:
    """The parameters of one variation. The defaults leave a sound unchanged."""

    semitones: float = 0.0  # pitch; a higher pitch shortens the sound
    decay_db: float = 0.0  # gain at the sound's end, linear in dB from its start
    tilt_db: float = 0.0  # from 100 Hz to 10 kHz
    drive: float = 0.0  # argument of tanh at the peak
    delay_ms: float = 0.0  # silence before the start


def draw_change(rng: np.random.Generator) -> Change:
    """A change whose parameters are uniform within their ranges."""
    return Change(
        semitones=rng.uniform(-SEMITONES, SEMITONES),
        decay_db=rng.uniform(*DECAY_DB),
        tilt_db=rng.uniform(-TILT_DB, TILT_DB),
        drive=rng.uniform(0.0, DRIVE),
        delay_ms=rng.uniform(*JITTER_MS),
    )


def vary(
    wave: Float[np.ndarray, " samples"], length: int, seed: int | np.random.Generator, rate: int
) -> tuple[Float[np.ndarray, " samples"], int]:
    """A variation of a sound: seeded pitch, decay, tilt, saturation and start.

    Args:
        wave: float32 (samples,), zero after `length`.
        length: samples up to the sound's own end.
        seed: a seed, or a generator to draw from.
        rate: Hz.

    Returns:
        Float32 (samples,) with peak 1, and its length; exactly zero from there on. Silence is returned unchanged.
    """
    return apply_change(wave, length, draw_change(np.random.default_rng(seed)), rate)


def max_length(length: int, seed: int | np.random.Generator, rate: int) -> int:
    """The largest length that `vary` can return for these arguments, without computing the sound."""
    change = draw_change(np.random.default_rng(seed))
    size, other = _lengths(length + 2 * _PAD, 2 ** (change.semitones / 12))
    return round(length / (size / other)) + _delay(change, rate)


def apply_change(
    wave: Float[np.ndarray, " samples"], length: int, change: Change, rate: int
) -> tuple[Float[np.ndarray, " samples"], int]:
    """The sound after one change; arguments and result as for `vary`."""
    body = np.asarray(wave[:length], np.float32)
    peak = np.abs(body).max(initial=0.0)
    if peak == 0:
        return np.zeros_like(wave), 0
    if change.drive > 0:
        body = np.tanh(body * np.float32(change.drive / peak))
    varied, speed = _resample(body, change, rate)
    size = min(round(length / speed), len(varied))
    delay = _delay(change, rate)
    varied = np.roll(varied, delay)  # moves ringing before the start, which wraps to the end, to the front
    size = min(size + delay, len(varied), len(wave))
    sound = varied[:size]
    if change.decay_db:
        ramp = np.arange(size, dtype=np.float32)
        sound *= np.exp(ramp * np.float32(change.decay_db / 20 * math.log(10) / size))
    if change.decay_db > 0:
        # A raised tail no longer reaches -60 dB, so its last fifth is faded out.
        _fade_out(sound, size // 5)
    result = np.zeros(len(wave), np.float32)
    result[:size] = sound
    return cut_at_silence(result, rate)


def _resample(
    body: Float[np.ndarray, " samples"], change: Change, rate: int
) -> tuple[Float[np.ndarray, " resampled"], float]:
    """The tilted sound read `speed` times as fast, followed by silence, and that speed."""
    size, other = _lengths(len(body) + 2 * _PAD, 2 ** (change.semitones / 12))
    spectrum = np.fft.rfft(body, size)[: min(size, other) // 2 + 1]
    if change.tilt_db:
        hz = np.arange(len(spectrum), dtype=np.float32) * np.float32(rate / size)
        octaves = np.log(np.clip(hz, 20.0, None) / np.float32(1000.0))
        spectrum *= np.exp(octaves * np.float32(change.tilt_db / 2 / 20))  # half of the tilt per decade
    if other != size:
        # The cut has a slope: a hard cut at the Nyquist frequency would ring for long.
        edge = max(len(spectrum) // 25, 1)
        spectrum[-edge:] *= np.cos(np.linspace(0, np.pi / 2, edge, dtype=np.float32)) ** 2
    return np.fft.irfft(spectrum, other), size / other


def _delay(change: Change, rate: int) -> int:
    return min(round(change.delay_ms * 1e-3 * rate), _PAD // 2)


def cut_at_silence(wave: Float[np.ndarray, " samples"], rate: int) -> tuple[Float[np.ndarray, " samples"], int]:
    """The wave at peak 1, faded out and exactly zero from where it stays below -60 dB of its peak.

    Returns:
        Float32 of the same shape, and that position in samples (0 for silence).
    """
    level = np.abs(wave)
    peak = level.max(initial=0.0)
    if peak == 0:
        return np.zeros_like(wave, dtype=np.float32), 0
    length = len(wave) - int(np.argmax(level[::-1] > FLOOR * peak))
    result = np.zeros(len(wave), np.float32)
    result[:length] = wave[:length]
    # A sound that was cut ends louder than one that decayed, and needs a longer fade.
    last = level[max(length - rate // 50, 0) : length].max()
    fade = round(rate * (0.020 if last > 10 * FLOOR * peak else 0.003))
    _fade_out(result[:length], min(fade, length // 4))
    # The fade may have lowered the peak of a very short sound.
    return result / np.abs(result).max(), length


def _fade_out(sound: Float[np.ndarray, " samples"], fade: int) -> None:
    """Fades the last `fade` samples to zero with half a cosine, in place."""
    if fade:
        sound[-fade:] *= 0.5 + 0.5 * np.cos(np.arange(1, fade + 1, dtype=np.float32) * np.float32(np.pi / fade))


def _lengths(least: int, speed: float) -> tuple[int, int]:
    """Two fast FFT lengths, the first at least `least`, whose ratio is nearest to `speed`."""
    place = int(np.searchsorted(_FAST, least))
    sizes = _FAST[place : place + 12]
    above = np.searchsorted(_FAST, sizes / speed)
    pairs = np.stack([_FAST[above - 1], _FAST[np.minimum(above, len(_FAST) - 1)]])
    side, column = np.unravel_index(np.argmin(np.abs(np.log(sizes / pairs / speed))), pairs.shape)
    return int(sizes[column]), int(pairs[side, column])
