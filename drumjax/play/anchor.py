"""Transparent editing: a user's sound moves with the model and stays itself where the model stands still.

The sound keeps its own STFT, at its own rate and length and in all its channels. An edit adds to the samples what the
changed STFT differs by, and an edit of nothing adds nothing beyond rounding. A wave is float32 (channels, samples).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float

from drumjax.config import Audio
from drumjax.sound import dsp

STEPS = 4
"""Steps of Griffin-Lim after magnitudes have changed."""

LARGEST = 6.0
"""Largest change of a magnitude by the model, in nepers."""

_OVERLAP = 4
_RISE_SECONDS = 0.001  # within which a change begins: a step at the first sample would click
_FLOOR = 1e-7  # of a magnitude, relative to the largest of the sound
ENVELOPE_SECONDS = 0.004  # of the level that exchanged noise must keep
_NEAR, _FAR = 0.25, 1.0  # distances, in units of the class's reach: the sound itself, the model alone


@dataclass(frozen=True)
class Grid:
    """The STFT of a sound at its own rate, with Hann windows of four hops that are not zero-padded."""

    rate: int
    hop: int

    @classmethod
    def of(cls, rate: int, audio: Audio) -> "Grid":
        """The grid of a sound with `rate` Hz that has windows as long as the model's."""
        return cls.of_seconds(rate, audio.window / audio.rate)

    @classmethod
    def of_seconds(cls, rate: int, seconds: float) -> "Grid":
        """The grid with windows of about so many seconds, of a size with fast FFTs."""
        return cls(rate, 8 * max(1, round(seconds * rate / _OVERLAP / 8)))

    @property
    def window(self) -> int:
        """Samples of a window."""
        return _OVERLAP * self.hop

    @property
    def hz(self) -> Float[np.ndarray, " bins"]:
        """The frequency of each bin."""
        return np.fft.rfftfreq(self.window, 1 / self.rate)

    def seconds(self, frames: int) -> Float[np.ndarray, " frames"]:
        """The middle of each frame."""
        return np.arange(frames) * (self.hop / self.rate)


def stft(wave: Float[np.ndarray, "channels samples"], grid: Grid) -> Complex[np.ndarray, "channels frames bins"]:
    """Centred frames, with zeros before the sound and behind it."""
    half, samples = grid.window // 2, wave.shape[1]
    frames = -(-samples // grid.hop) + 1
    behind = (frames - 1) * grid.hop + half - samples
    padded = np.pad(wave.astype(np.float32), ((0, 0), (half, behind)))
    blocks = np.lib.stride_tricks.sliding_window_view(padded, grid.window, axis=1)[:, :: grid.hop]
    return np.fft.rfft(blocks * dsp.hann(grid.window)).astype(np.complex64)


def istft(
    spectrum: Complex[np.ndarray, "channels frames bins"], grid: Grid, samples: int
) -> Float[np.ndarray, "channels samples"]:
    """The least-squares inverse of `stft`."""
    channels, frames, _ = spectrum.shape
    window = dsp.hann(grid.window)
    blocks = (np.fft.irfft(spectrum, n=grid.window) * window).astype(np.float32)
    blocks = blocks.reshape(channels, frames, _OVERLAP, grid.hop)
    parts = window.reshape(_OVERLAP, grid.hop) ** 2
    total = np.zeros((channels, frames + _OVERLAP - 1, grid.hop), np.float32)
    power = np.zeros((frames + _OVERLAP - 1, grid.hop), np.float32)
    for i in range(_OVERLAP):
        total[:, i : i + frames] += blocks[:, :, i]
        power[i : i + frames] += parts[i]
    flat = (total / np.maximum(power, 1e-6)).reshape(channels, -1)
    return flat[:, grid.window // 2 : grid.window // 2 + samples]


def gains(
    before: Float[np.ndarray, "frames mels"],
    after: Float[np.ndarray, "frames mels"],
    audio: Audio,
    offset: float,
    grid: Grid,
    frames: int,
) -> Float[np.ndarray, "grid_frames bins"]:
    """The change from one decoded mel to another, in nepers, at the cells of a sound's grid.

    Args:
        before, after: linear mels at the model's settings.
        audio: the model's settings.
        offset: added before the logarithm, as in training.
        grid: of the sound.
        frames: of the sound. Those after the mels' last frame change as it does.
    """
    change = np.clip(np.log(after + offset) - np.log(before + offset), -LARGEST, LARGEST)
    rows = _interpolation(grid.seconds(frames), np.arange(audio.frames) * (audio.hop / audio.rate))
    columns = _interpolation(grid.hz, dsp.mel_edges_hz(audio)[1:-1])
    return (rows @ change.astype(np.float32)) @ columns.T


def _interpolation(
    wanted: Float[np.ndarray, " wanted"], given: Float[np.ndarray, " given"]
) -> Float[np.ndarray, "wanted given"]:
    """The matrix of linear interpolation between given positions; beyond them the nearest counts."""
    at = np.clip(np.interp(wanted, given, np.arange(len(given))), 0, len(given) - 1)
    low = np.minimum(at.astype(int), len(given) - 2)
    matrix = np.zeros((len(wanted), len(given)), np.float32)
    rows = np.arange(len(wanted))
    matrix[rows, low], matrix[rows, low + 1] = 1 - (at - low), at - low
    return matrix


def kept_share(distance: float) -> float:
    """How much of the sound's own fine structure stays: 1 near its latents, 0 far away, smooth between.

    Args:
        distance: of the latents from the sound's, in units of the class's reach (`drumjax.play.takes`).
    """
    far = np.clip((distance - _NEAR) / (_FAR - _NEAR), 0.0, 1.0)
    return float(np.cos(0.5 * np.pi * far) ** 2)


def between(
    first: Complex[np.ndarray, "channels frames bins"], second: Complex[np.ndarray, "channels frames bins"], t: float
) -> tuple[Float[np.ndarray, "channels frames bins"], Complex[np.ndarray, "channels frames bins"]]:
    """(magnitudes, start of the phases) of a sound between two: levels in dB between theirs, in every cell."""
    a, b = np.abs(first), np.abs(second)
    floor = _FLOOR * max(float(a.max(initial=0)), float(b.max(initial=0)), 1e-9)
    magnitude = np.exp((1 - t) * np.log(np.maximum(a, floor)) + t * np.log(np.maximum(b, floor)))
    return magnitude, (1 - t) * first + t * second


def refined(
    magnitude: Float[np.ndarray, "channels frames bins"],
    start: Complex[np.ndarray, "channels frames bins"],
    grid: Grid,
    samples: int,
    steps: int = STEPS,
) -> Float[np.ndarray, "channels samples"]:
    """The wave of given magnitudes, by Griffin-Lim from the phases of `start`."""
    spectrum = start
    for step in range(steps + 1):
        spectrum = spectrum * (magnitude / np.maximum(np.abs(spectrum), 1e-12))
        wave = istft(spectrum, grid, samples)
        if step < steps:
            spectrum = stft(wave, grid)
    return wave


def changed(
    wave: Float[np.ndarray, "channels samples"],
    made: Float[np.ndarray, "channels samples"],
    grid: Grid,
    kept: float = 1.0,
) -> Float[np.ndarray, "channels samples"]:
    """The sound with what an edit adds to it, risen from zero.

    Within milliseconds an edit adds no more than the sound and its frame give reason for: a window that begins before a
    hit would be heard before it. The peak stays at most 1, or that of the sound.

    Args:
        wave: the sound.
        made: what the magnitudes of the edit sound like.
        grid: of the sound.
        kept: `kept_share`; the less of the sound is kept, the less its level bounds the edit.
    """
    samples = wave.shape[1]
    added = (made - wave) * rise(samples, grid.rate)
    gain = np.sqrt(level(made, grid.window) / level(wave, grid.window))
    size = max(1, round(ENVELOPE_SECONDS * grid.rate)) | 1
    # Of the time before, nearly: the attack that follows gives no reason for a change.
    before = np.concatenate([np.full(size // 3, 1e-12), level(wave, size)])[:samples]
    most = (1 + gain) * np.sqrt(before / level(added, size))
    louder = np.clip(2 * (level(wave + added, size) / before - 1), 0, 1)  # less is never too much
    bound = 1 - kept * louder * (1 - np.minimum(1, most))
    return scaled(wave + added * bound.astype(np.float32), max(1.0, float(np.abs(wave).max(initial=0))))


def level(wave: Float[np.ndarray, "channels samples"], size: int) -> Float[np.ndarray, " samples"]:
    """The mean power of all channels over `size` samples around each."""
    return smooth((wave**2).T, (size, 1)).mean(axis=1) + 1e-12


def rise(samples: int, rate: int) -> Float[np.ndarray, " samples"]:
    """From 0 to 1 within `_RISE_SECONDS`."""
    return (np.sin(0.5 * np.pi * np.clip(np.arange(samples) / (_RISE_SECONDS * rate), 0, 1)) ** 2).astype(np.float32)


def scaled(wave: Float[np.ndarray, "channels samples"], ceiling: float) -> Float[np.ndarray, "channels samples"]:
    """The wave, turned down where its peak exceeds `ceiling`: bending peaks would make a kick bright."""
    return (wave * np.float32(min(1.0, ceiling / max(float(np.abs(wave).max(initial=0)), 1e-9)))).astype(np.float32)


def limited(wave: Float[np.ndarray, "channels samples"], ceiling: float) -> Float[np.ndarray, "channels samples"]:
    """The wave with peaks of at most `ceiling`; higher ones are bent down by a parabola, the rest of it stays."""
    peak = float(np.abs(wave).max(initial=0))
    if peak <= ceiling:
        return wave.astype(np.float32)
    if peak > 1.8 * ceiling:
        wave, peak = wave * (1.8 * ceiling / peak), 1.8 * ceiling
    knee = 2 * ceiling - peak  # the slope is 1 at the knee and 0 at the peak
    over = np.maximum(np.abs(wave) - knee, 0)
    return (wave - np.sign(wave) * over**2 / (4 * (peak - ceiling))).astype(np.float32)


def smooth(x: Float[np.ndarray, "frames bins"], sizes: tuple[int, int]) -> Float[np.ndarray, "frames bins"]:
    """Means over boxes of frames and bins, at the edges of what lies inside."""
    for axis, size in enumerate(sizes):
        sums = np.cumsum(np.moveaxis(x, axis, 0), axis=0, dtype=np.float64)
        sums = np.concatenate([np.zeros_like(sums[:1]), sums])
        count = len(sums) - 1
        low = np.maximum(np.arange(count) - size // 2, 0)
        high = np.minimum(np.arange(count) + size // 2 + 1, count)
        x = np.moveaxis((sums[high] - sums[low]) / (high - low).reshape(-1, *[1] * (x.ndim - 1)), 0, axis)
    return x.astype(np.float32)
