"""Takes of a user's sound: the noise in it is exchanged for other noise of the same level, partials stay.

A wave is float32 (channels, samples), from its onset.
"""

import functools
import math

import numpy as np
from jaxtyping import Complex, Float

from drumjax.play import anchor
from drumjax.play.anchor import Grid
from drumjax.sound import dsp
from drumjax.sound.seeds import NOISE, Numbers

_SHORT_SECONDS = 0.012  # of a window in which noise is exchanged
_LAG = 4  # frames: the distance at which windows share no samples
_AROUND = (9, 9)  # frames and bins over which noise is measured
_LONG_SECONDS = 0.046  # of a window in which added noise is limited
_BASS_HZ, _MOST_ADDED = (300, 600), (0.3, 1.5)  # relative to the sound, below and above these frequencies
_LEVEL = (3, 5)  # frames and bins that share a level of noise


def share(spectrum: Complex[np.ndarray, "channels frames bins"]) -> Float[np.ndarray, "frames bins"]:
    """The share of noise around each cell of a sound: 0 for partials, 1 for hiss; 0 for a sound of a few frames."""
    if spectrum.shape[1] < 2 * _LAG + 3:
        return np.zeros(spectrum.shape[1:], np.float32)
    return np.clip(_roughness(spectrum) / _roughness_of_noise(len(spectrum)), 0, 1)


def _roughness(spectrum: Complex[np.ndarray, "channels frames bins"]) -> Float[np.ndarray, "frames bins"]:
    """The mean square around each cell of the second difference of its level over frames that share no samples.

    It is zero for any exponential decay. Cells count by their power: what leaks from a partial is no noise.
    """
    power = np.sum(np.abs(spectrum) ** 2, axis=0)
    power += 1e-9 * power.max() + 1e-20  # -90 dB
    log = 0.5 * np.log(power)
    inner = (log[: -2 * _LAG] - 2 * log[_LAG:-_LAG] + log[2 * _LAG :]) ** 2
    squares = np.pad(inner, ((_LAG, _LAG), (0, 0)), mode="edge")
    # The windows of the first two frames reach into the silence before the sound.
    squares[: _LAG + 2] = squares[_LAG + 2]
    return anchor.smooth(squares * power, _AROUND) / anchor.smooth(power, _AROUND)


@functools.cache
def _roughness_of_noise(channels: int) -> float:
    grid = Grid.of_seconds(44100, _SHORT_SECONDS)
    return float(_roughness(anchor.stft(_noise(0, channels, 1 << 16), grid))[8:-8].mean())


def _noise(seed: int, channels: int, samples: int) -> Float[np.ndarray, "channels samples"]:
    return Numbers(seed, NOISE).normal(channels * samples).reshape(channels, samples).astype(np.float32)


def exchange(
    wave: Float[np.ndarray, "channels samples"], rate: int, seed: int
) -> Float[np.ndarray, "channels samples"]:
    """Another take: the noise in the sound is exchanged for other noise of the same level, partials stay.

    Args:
        wave: (channels, samples), from its onset.
        rate: Hz.
        seed: of the noise.
    """
    samples, grid = wave.shape[1], Grid.of_seconds(rate, _SHORT_SECONDS)
    spectrum = anchor.stft(wave, grid)
    white = anchor.stft(_noise(seed, len(wave), samples), grid) / math.sqrt(np.sum(dsp.hann(grid.window) ** 2))
    # Of logarithms, which steep spectra do not leak through. Of noise they are half of Euler's constant lower.
    logs = np.log(np.abs(spectrum) + 1e-10)
    level = np.exp(np.stack([anchor.smooth(one, _LEVEL) for one in logs]) + np.euler_gamma / 2)
    exchanged = share(spectrum)
    mixed = np.sqrt(1 - exchanged) * spectrum + np.sqrt(exchanged) * level * white
    made = wave + _within(anchor.istft(mixed, grid, samples) - wave, wave, rate)
    return wave + (_with_level_of(wave, made, grid) - wave) * anchor.rise(samples, rate)


def _within(
    added: Float[np.ndarray, "channels samples"], wave: Float[np.ndarray, "channels samples"], rate: int
) -> Float[np.ndarray, "channels samples"]:
    """What is added to a sound, without what lies where the sound has nothing: short windows leak into the bass and
    between partials, long ones hardly."""
    grid = Grid.of_seconds(rate, _LONG_SECONDS)
    spectrum, there = anchor.stft(added, grid), anchor.stft(wave, grid)
    most = np.interp(grid.hz, _BASS_HZ, _MOST_ADDED) * np.sqrt(
        np.stack([anchor.smooth(np.abs(one) ** 2, _LEVEL) for one in there])
    )
    spectrum *= np.minimum(1, most / np.maximum(np.abs(spectrum), 1e-12))
    return anchor.istft(spectrum, grid, wave.shape[1])


def _with_level_of(
    wave: Float[np.ndarray, "channels samples"], made: Float[np.ndarray, "channels samples"], grid: Grid
) -> Float[np.ndarray, "channels samples"]:
    """`made` with the level over time of `wave`, within 12 dB: a window of the STFT blurs the attack."""
    size = max(1, round(anchor.ENVELOPE_SECONDS * grid.rate)) | 1
    return made * np.sqrt(np.clip(anchor.level(wave, size) / anchor.level(made, size), 1 / 16, 16)).astype(np.float32)
