"""Detection of several hits in one sound, cautious: flams, claps and shaken grains count as one hit."""

import numpy as np
from jaxtyping import Float

FRAME_SECONDS = 0.005
MIN_DISTANCE_SECONDS = 0.13  # from the start to another hit; flams, bursts and shaken grains are closer
BEFORE_SECONDS = 0.05  # a new hit is louder than this time before it
RISE_DB = 6.0  # by at least this much
LEVEL_DB = -12.0  # and at least this loud, relative to the loudest frame of the sound


def has_several_hits(wave: Float[np.ndarray, " samples"], rate: int) -> bool:
    """Whether another hit begins MIN_DISTANCE_SECONDS or more after the start of a trimmed mono wave.

    The wave and its slope are both tested: a hi-hat over the body of a kick is visible in the slope only.
    """
    return any(_has_second_onset(signal, rate) for signal in (wave, np.diff(wave)))


def _has_second_onset(signal: Float[np.ndarray, " samples"], rate: int) -> bool:
    frame = max(1, round(FRAME_SECONDS * rate))
    count = len(signal) // frame
    distance, before = round(MIN_DISTANCE_SECONDS / FRAME_SECONDS), round(BEFORE_SECONDS / FRAME_SECONDS)
    if count <= distance:
        return False
    energy = np.square(signal[: count * frame], dtype=np.float64).reshape(count, frame).mean(axis=1)
    level = 10 * np.log10(energy / (energy.max() + 1e-30) + 1e-9)
    # An attack may span frames, so the loudest of three frames is compared with the loudest before them.
    after = np.array([level[t : t + 3].max() for t in range(distance, count)])
    previous = np.array([level[t - before : t].max() for t in range(distance, count)])
    return bool(np.any((after - previous > RISE_DB) & (after > LEVEL_DB)))
