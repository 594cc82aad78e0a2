"""Levels of a kit's pads: each as loud beside the others as drums of its class are in real kits."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

SECONDS = 0.4
"""Over which loudness is measured: a momentary one, after ITU-R BS.1770."""
MOST_DB = 6.0
"""A level moves by this much at most, up or down."""

USUAL_DB = {
    "kick": -16.7, "clap": -19.4, "snare": -18.3, "open_hat": -14.1, "closed_hat": -20.0, "tambourine": -17.2,
    "conga": -16.9, "bongo": -19.9, "shaker": -17.5, "snap": -23.7, "tom": -15.9,
}  # fmt: skip
"""Loudness of each class at a peak of 1: the median of the medians of 121 real kits (2,997 sounds)."""


def loudness_db(wave: Float[np.ndarray, " samples"], rate: int) -> float:
    """Loudness of a sound's first 0.4 s, K-weighted after ITU-R BS.1770, in LKFS; -100 for silence."""
    count = round(SECONDS * rate)
    power = np.abs(np.fft.rfft(wave[:count].astype(np.float64), 2 * count)) ** 2
    power[1:-1] *= 2  # of the negative frequencies
    weighted = power @ k_weights(np.fft.rfftfreq(2 * count, 1 / rate), rate) / (2 * count) / count
    return max(-100.0, -0.691 + 10 * float(np.log10(weighted + 1e-30)))


def k_weights(hz: Float[np.ndarray, " bins"], rate: int) -> Float[np.ndarray, " bins"]:
    """The K-weighting of ITU-R BS.1770 as factors of power: a shelf of 4 dB from 1.7 kHz on, a high-pass at 38 Hz.

    The filters are those of its table for 48 kHz, redrawn for `rate`.
    """
    gain = 10 ** (3.999843853973347 / 20)
    k, q = np.tan(np.pi * 1681.974450955533 / rate), 0.7071752369554196
    middle = gain**0.4996667741545416
    shelf = (gain + middle * k / q + k * k, 2 * (k * k - gain), gain - middle * k / q + k * k)
    power = _power(hz, rate, shelf, (1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k))
    k, q = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    below = (1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k)
    return power * _power(hz, rate, (1.0, -2.0, 1.0), tuple(value / below[0] for value in below))


def balanced(drum_classes: Sequence[str], waves: Sequence[Float[np.ndarray, " samples"]], rate: int) -> list[float]:
    """The level of each pad, a factor of the amplitude: 1 for the one that is raised most.

    Levels add what a sound is quieter or louder than sounds of its class are at the same peak in real kits.
    """
    changes = []
    for drum_class, wave in zip(drum_classes, waves, strict=True):
        peak = float(np.abs(wave).max())
        at_full_scale = loudness_db(wave / peak, rate) if peak else USUAL_DB[drum_class]
        changes.append(float(np.clip(USUAL_DB[drum_class] - at_full_scale, -MOST_DB, MOST_DB)))
    return [10 ** ((change - max(changes)) / 20) for change in changes]


def _power(hz: Float[np.ndarray, " bins"], rate: int, b: Sequence[float], a: Sequence[float]) -> np.ndarray:
    """The power response of a filter of second order."""
    turns = np.exp(-2j * np.pi * hz / rate)
    return np.abs(np.polyval(b[::-1], turns) / np.polyval(a[::-1], turns)) ** 2
