"""Measures of the level of single sounds over time: arrays in, one number a sound out; leading axes are a batch.

They take waves at any rate and of any level, and are measured at a wave's own rate: resampling moves peaks and changes
the first samples.
"""

import numpy as np
from jaxtyping import Float

from drumjax.evaluate import measures
from drumjax.evaluate.measures import AUDIO, Numpy

SWELL_MS = 15.0  # of the RMS, and from the onset to the first level
SWELL_FLOOR_DB = -30.0  # relative to the loudest level
LOUDNESS_SECONDS = 0.4
RISE_DB = np.arange(-20.0, -0.5, 0.5)
"""Levels, relative to the peak of the 1 ms RMS envelope, at which `attack_shift_ms` compares two rises."""

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


def loudness_db(wave: Float[np.ndarray, "*batch samples"], rate: int = AUDIO.rate) -> Float[Numpy, "*batch"]:
    """Mean power of the first 0.4 s of the sound scaled to a peak of 1, in dB; zeros follow a shorter sound."""
    count = round(LOUDNESS_SECONDS * rate)
    power = np.square(wave, dtype=np.float64)
    peak = np.maximum(power.max(axis=-1), _TINY**2)
    return 10 * np.log10(power[..., :count].sum(axis=-1) / count / peak + _TINY)


def attack_shift_ms(
    before: Float[np.ndarray, "*batch samples"], after: Float[np.ndarray, "*batch others"], rate: int
) -> Float[Numpy, "*batch"]:
    """How far apart in time two sounds rise: the median, over levels of `RISE_DB`, of the distance between the moments
    at which each first reaches that level of its own peak.

    The time from 10 to 90 % of a peak (`measures.attack_ms`) jumps where an envelope has two peaks of nearly one
    height, as between the half-waves of a kick: a gain that no ear takes for another attack moves it by 10 ms. It does
    not see a delay either.
    """
    return np.median(np.abs(_rise_times(after, rate) - _rise_times(before, rate)), axis=-1) * 1000 / rate


def _rise_times(wave: Float[np.ndarray, "*batch samples"], rate: int) -> Float[np.ndarray, "*batch levels"]:
    """The sample at which the envelope first reaches each level."""
    risen = np.maximum.accumulate(measures.rms_envelope(wave, rate), axis=-1)
    levels = risen[..., -1:] * 10 ** (RISE_DB / 20)
    return np.stack([np.sum(risen < level[..., None], axis=-1) for level in np.moveaxis(levels, -1, 0)], -1) * 1.0
