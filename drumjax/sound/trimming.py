"""A wave in the format of the store: trimmed to the sound itself, padded or cut to one length, at a peak of 1.

A wave is float32, (samples,). Levels in dB are relative to the wave's own peak.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from drumjax.config import Audio

END_DB = -60.0  # level at which the tail of a sound ends
ONSET_DB = -40.0  # level that belongs to the onset for certain: room noise before it may exceed END_DB
LEAD_SECONDS = 0.002  # kept before the onset, down to END_DB, so that a soft attack stays whole
FADE_SECONDS = 0.1  # fade-out of a sound that is cut to the length of the store
MOST_LOST = 0.01  # share of its energy that a sound may lose by that
REST_SECONDS = 0.005  # a tail that is constant for this long shows the DC offset of the recording
LEAST_SECONDS, MOST_SECONDS = 0.010, 30.0  # of a user's sound that is edited
SILENCE_PEAK = 3e-4  # -70 dB of full scale: dither and the lowest of 16 bits

FRAME_SECONDS = 0.02
REST = 0.3  # share of a wave, at its end, that is noise if its level stands still
REST_LEAST_SECONDS = 0.3  # of that rest
PARTS = 5  # of the rest, whose levels are compared
STEADY_DB = 1.5  # range of their levels; drums fall faster, and tones that beat rise and fall
LOUDEST_DB = -35.0  # of noise, RMS relative to the wave's peak; anything louder is the sound itself
ABOVE_DB = 4.0  # a frame this much louder than the noise still belongs to the sound
NOISE_FADE_SECONDS = 0.03  # of the noise behind the end


class Unfit(ValueError):
    """Raised for a sound that cannot be used; `reason` is `silent`, `too short`, `too long` or `several hits`.

    `seconds` and `lost` are the duration of a sound that is too long and the share of its energy that a cut costs.
    """

    def __init__(self, reason: str, detail: str, seconds: float = 0.0, lost: float = 0.0):
        super().__init__(f"{reason}: {detail}")
        self.reason, self.seconds, self.lost = reason, seconds, lost


class Fitted(NamedTuple):
    """A sound in the format of the store, and what became of its tail."""

    wave: Float[np.ndarray, " fitted"]  # float32 (audio.samples,), peak at 1, zeros after the sound's end
    length: int  # samples up to the sound's own end
    seconds: float  # duration before the cut
    lost: float  # share of its energy that the cut costs; 0: it was not cut


def trim(wave: Float[np.ndarray, " samples"], rate: int) -> Float[np.ndarray, " trimmed"]:
    """The mono wave from its onset to the end of its tail: END_DB of its peak, or the noise of the recording if that is
    louder (`cut_noise`); empty if the wave is silent."""
    wave = wave - offset(wave, rate)
    first = _onset(wave, rate)
    if first is None:
        return wave[:0]
    level = np.abs(wave)
    last = np.flatnonzero(level > level.max() * 10 ** (END_DB / 20))[-1]
    return cut_noise(wave[first : last + 1], rate)


def offset(wave: Float[np.ndarray, " samples"], rate: int) -> np.float32:
    """The DC offset of a recording, read off a tail that is constant; 0 without one."""
    rest = wave[-max(1, int(REST_SECONDS * rate)) :]
    if len(wave) and np.ptp(rest) <= 2e-3 * np.ptp(wave):
        return rest.mean(dtype=np.float32)
    return np.float32(0)


def start(wave: Float[np.ndarray, " samples"], rate: int) -> int | None:
    """The sample at which `trim` begins a mono wave; None if it is silent."""
    return _onset(wave - offset(wave, rate), rate)


def _onset(wave: Float[np.ndarray, " samples"], rate: int) -> int | None:
    level = np.abs(wave)
    peak = level.max(initial=0.0)
    if peak < SILENCE_PEAK:
        return None
    audible = int(np.argmax(level > peak * 10 ** (END_DB / 20)))
    onset = int(np.argmax(level > peak * 10 ** (ONSET_DB / 20)))
    return max(audible, onset - int(LEAD_SECONDS * rate))


def cut_noise(wave: Float[np.ndarray, " samples"], rate: int) -> Float[np.ndarray, " cut"]:
    """The mono wave, faded out where it has sunk into the steady noise that follows; the same wave without noise.

    A wave ends in noise if the level of its last third stands still, far below its peak.
    """
    frame = max(1, round(FRAME_SECONDS * rate))
    count = len(wave) // frame
    rest = max(int(REST * count), round(REST_LEAST_SECONDS / FRAME_SECONDS))
    if count < 2 * rest:
        return wave
    power = np.square(wave[: count * frame], dtype=np.float64).reshape(count, frame).mean(axis=1)
    level = 10 * np.log10(power / np.square(wave, dtype=np.float64).max() + 1e-12)
    parts = [float(np.median(part)) for part in np.array_split(level[-rest:], PARTS)]
    floor = float(np.median(level[-rest:]))
    if max(parts) - min(parts) > STEADY_DB or floor > LOUDEST_DB:
        return wave
    sounding = np.flatnonzero(level > floor + ABOVE_DB)
    end = (int(sounding[-1]) + 1) * frame
    fade = min(int(NOISE_FADE_SECONDS * rate), len(wave) - end)
    faded = wave[: end + fade].copy()
    faded[end:] *= np.linspace(1, 0, fade + 1, dtype=np.float32)[1:]
    return faded


def fit(
    wave: Float[np.ndarray, " samples"],
    audio: Audio,
    max_seconds: float = 1.0,
    min_seconds: float = 0.010,
    most_lost: float = MOST_LOST,
) -> tuple[Float[np.ndarray, " fitted"], int]:
    """The mono wave at `audio.rate`, trimmed, padded with zeros to `audio.samples` and scaled to a peak of 1.

    A sound longer than `audio.samples` is cut there with a fade-out.

    Returns:
        float32 (audio.samples,), and the sound's own length in samples.

    Raises:
        Unfit: a ValueError; the wave is silent, shorter than `min_seconds` or longer than `max_seconds`, or it would
            lose more than `most_lost` of its energy.
    """
    fitted = fit_trimmed(trim(wave, audio.rate), audio, max_seconds, min_seconds, most_lost)
    return fitted.wave, fitted.length


def fit_trimmed(
    wave: Float[np.ndarray, " trimmed"], audio: Audio, max_seconds: float, min_seconds: float, most_lost: float
) -> Fitted:
    """`fit` of a wave that `trim` has returned."""
    if len(wave) == 0:
        raise Unfit("silent", "no sample is above -70 dB of full scale")
    seconds = len(wave) / audio.rate
    if seconds < min_seconds:
        raise Unfit("too short", f"{1000 * seconds:.1f} ms of sound, at least {1000 * min_seconds:g} ms")
    length = min(len(wave), audio.samples)
    fitted = np.zeros(audio.samples, np.float32)
    fitted[:length] = wave[:length]
    excess, lost = len(wave) - length, 0.0
    if excess > 0:
        # What fits into the length of the fade is cut short without harm: files of exactly one second are as long.
        fade = min(length // 2, int(FADE_SECONDS * audio.rate), max(int(0.005 * audio.rate), excess))
        fitted[length - fade :] *= np.linspace(1, 0, fade + 1, dtype=np.float32)[1:]
    if excess > 0.01 * audio.rate:
        energy = np.sum(np.square(wave, dtype=np.float64))
        lost = float(1 - np.sum(np.square(fitted, dtype=np.float64)) / energy)
    # A resampler rounds up to a whole sample and may ring for one more; neither makes a sound too long.
    if len(wave) > max_seconds * audio.rate + 2:
        raise Unfit("too long", f"{seconds:.3f} s of sound, at most {max_seconds:g} s", seconds, lost)
    if lost > most_lost:
        after = f"{audio.samples / audio.rate:.2g} s"
        raise Unfit("too long", f"{seconds:.3f} s of sound, {lost:.0%} of its energy after {after}", seconds, lost)
    return Fitted(fitted / np.abs(fitted).max(), length, seconds, lost)
