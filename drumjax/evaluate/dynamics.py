"""Measures of the level of single sounds over time: swell, onset click, loudness at equal peak.

Arrays in, one number a sound out, as in `drumjax.evaluate.measures`; leading axes are a batch. None depends on level.
"""

import numpy as np
from jaxtyping import Bool, Float

from drumjax.evaluate import measures
from drumjax.evaluate.measures import AUDIO, Numpy

SWELL_MS = 15.0  # of the RMS, and from the onset to the first level
SWELL_FLOOR_DB = -30.0  # below the loudest level
SWELL_DB = 6.0  # a sound with a larger rise swells
CLICK_MS = 1.5  # a peak within this time is an onset click
STEP = 0.1  # of the peak: a sound that starts higher starts with a step
LOUDNESS_SECONDS = 0.4

_TINY = 1e-9


def swell_db(wave: Float[np.ndarray, "*batch samples"], rate: int = AUDIO.rate) -> Float[Numpy, "*batch"]:
    """Largest rise of the level after the hit, in dB; 0 for a sound that only decays.

    The level is the RMS over 15 ms relative to its peak, at least -30 dB. The rise is the level minus the lowest
    level before it, from 15 ms after the onset on.
    """
    envelope = measures.rms_envelope(wave, rate, SWELL_MS)
    level = 20 * np.log10(envelope / np.maximum(envelope.max(axis=-1, keepdims=True), _TINY) + _TINY)
    start = measures.onset(wave, rate) + round(SWELL_MS * rate / 1000)
    after = np.arange(wave.shape[-1]) >= np.asarray(start)[..., None]
    lowest = np.minimum.accumulate(np.where(after, np.maximum(level, SWELL_FLOOR_DB), np.inf), axis=-1)
    return np.max(np.where(after, np.maximum(level, SWELL_FLOOR_DB) - lowest, 0), axis=-1)


def swells(wave: Float[np.ndarray, "*batch samples"], rate: int = AUDIO.rate) -> Bool[Numpy, "*batch"]:
    """True for sounds whose level rises by more than 6 dB after the hit."""
    return swell_db(wave, rate) > SWELL_DB


def peaks_early(wave: Float[np.ndarray, "*batch samples"], rate: int = AUDIO.rate) -> Bool[Numpy, "*batch"]:
    """True for sounds whose peak lies within the first 1.5 ms."""
    return np.abs(wave).argmax(axis=-1) < CLICK_MS * rate / 1000


def starts_with_step(wave: Float[np.ndarray, "*batch samples"]) -> Bool[Numpy, "*batch"]:
    """True for sounds whose first sample exceeds a tenth of their peak."""
    amplitude = np.abs(wave)
    return amplitude[..., 0] > STEP * amplitude.max(axis=-1)


def loudness_db(wave: Float[np.ndarray, "*batch samples"], rate: int = AUDIO.rate) -> Float[Numpy, "*batch"]:
    """Mean power of the first 0.4 s of the sound scaled to a peak of 1, in dB; zeros follow a shorter sound."""
    count = round(LOUDNESS_SECONDS * rate)
    power = np.square(wave, dtype=np.float64)
    peak = np.maximum(power.max(axis=-1), _TINY**2)
    return 10 * np.log10(power[..., :count].sum(axis=-1) / count / peak + _TINY)
