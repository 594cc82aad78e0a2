"""Velocity layers: softer strokes of a sound.

A soft stroke is quieter, and at equal peaks its spectrum differs from that of a loud one: its attack has less of the
highs. `layers.json` holds that difference for each class, in dB at four corners: early and late in the sound, at low
and at high frequencies. It was fitted to the layered drums of a corpus (`drumjax.train.layers`). Between the corners it
is linear in the logarithms of time and frequency; time counts in lengths of the sound itself.
"""

import functools
import json
from pathlib import Path

import numpy as np
from jaxtyping import Float

from drumjax.config import CLASSES
from drumjax.play import anchor

FILE = Path(__file__).with_name("layers.json")
CORNERS = ("early_low", "early_high", "late_low", "late_high")
EARLY, LATE = 0.02, 1.0
"""Times of the corners, in lengths of the sound."""
LOW_HZ, HIGH_HZ = 100.0, 10_000.0

SOFTEST_DB = -24.0
"""Peak of the softest layer relative to the sound: corpora are normalised, so this is set, not fitted."""

_DB = 20 / np.log(10)  # nepers -> dB
_WINDOW_SECONDS = 0.012
_END = 1e-3  # of the peak, -60 dB: the end of a sound


@functools.cache
def fitted() -> Float[np.ndarray, "classes corners"]:
    """Change in dB from the loudest to the softest stroke of each class at the corners."""
    table = json.loads(FILE.read_text(encoding="utf8"))
    return np.array([[table[name][corner] for corner in CORNERS] for name in CLASSES], np.float32)


def corner_weights(
    lengths: Float[np.ndarray, " frames"], hz: Float[np.ndarray, " bins"]
) -> Float[np.ndarray, "frames bins corners"]:
    """The share of each corner in a cell; the four add up to 1.

    Args:
        lengths: time since the start, in lengths of the sound.
        hz: frequencies.
    """
    late = np.clip(np.log(np.maximum(lengths, 1e-6) / EARLY) / np.log(LATE / EARLY), 0, 1)[:, None]
    high = np.clip(np.log(np.maximum(hz, 1.0) / LOW_HZ) / np.log(HIGH_HZ / LOW_HZ), 0, 1)[None]
    weights = [(1 - late) * (1 - high), (1 - late) * high, late * (1 - high), late * high]
    return np.stack(np.broadcast_arrays(*weights), axis=-1).astype(np.float32)


def softened(
    wave: Float[np.ndarray, "channels samples"], rate: int, corners_db: Float[np.ndarray, " corners"], softness: float
) -> Float[np.ndarray, "channels samples"]:
    """A softer stroke of a sound.

    Args:
        wave: from the sound's onset.
        rate: Hz.
        corners_db: a row of `fitted`, or the mean of several for a mix of classes.
        softness: 0 is the sound itself, 1 the softest stroke; its peak falls by `softness` x `SOFTEST_DB`.
    """
    peak = float(np.abs(wave).max())
    audible = np.flatnonzero(np.abs(wave).max(axis=0) > _END * peak)
    if softness == 0 or not len(audible):
        return wave
    grid = anchor.Grid.of_seconds(rate, _WINDOW_SECONDS)
    spectrum = anchor.stft(wave, grid)
    seconds = grid.seconds(spectrum.shape[1])
    weights = corner_weights(seconds * rate / (audible[-1] + 1), grid.hz)
    gains = np.exp(weights @ corners_db * np.float32(softness / _DB))
    # Its own phases: gains so smooth leave them consistent. From the first sample on, since a click there is bright.
    made = anchor.istft(spectrum * gains, grid, wave.shape[1])
    return made * np.float32(peak / np.abs(made).max() * 10 ** (softness * SOFTEST_DB / 20))
