"""Whether a sound holds several hits: cautious, so that flams, claps and shaken grains stay one hit."""

import numpy as np

FRAME_SECONDS = 0.005
APART_SECONDS = 0.13  # from the start to what may be another hit: flams, bursts and shaken grains are closer
BEFORE_SECONDS = 0.05  # a new hit is louder than everything in so much time before it,
RISE_DB = 6.0  # by so much,
LEVEL_DB = -12.0  # and so close to the loudest frame of the sound


def several_hits(wave: np.ndarray, rate: int) -> bool:
    """Whether another hit begins APART_SECONDS or more after the start of the trimmed mono wave [samples].

    Both the wave and its slope are watched: a hi-hat over the body of a kick shows in the slope only.
    """
    return any(_jumps(signal, rate) for signal in (wave, np.diff(wave)))


def _jumps(signal: np.ndarray, rate: int) -> bool:
    frame = max(1, round(FRAME_SECONDS * rate))
    count = len(signal) // frame
    apart, before = round(APART_SECONDS / FRAME_SECONDS), round(BEFORE_SECONDS / FRAME_SECONDS)
    if count <= apart:
        return False
    energy = np.square(signal[: count * frame], dtype=np.float64).reshape(count, frame).mean(axis=1)
    level = 10 * np.log10(energy / (energy.max() + 1e-30) + 1e-9)
    # The attack may straddle frames: the loudest of three against the loudest of those before.
    after = np.array([level[t : t + 3].max() for t in range(apart, count)])
    previous = np.array([level[t - before : t].max() for t in range(apart, count)])
    return bool(np.any((after - previous > RISE_DB) & (after > LEVEL_DB)))
