"""Components of the built-in drums: sines, band-passed noise and metal, and envelopes.

All are float32 (samples,) at 44.1 kHz. Noise is generated as a spectrum, in which any band-pass is a product.
"""

import numpy as np
from jaxtyping import Float

RATE = 44100  # Hz, of all synthesis
BLOCK = 1764  # samples: 1/25 s, a whole number of samples at every usual rate
_COUNTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 16, 18, 20, 21, 24, 25, 27, 28, 30, 32, 35, 36, 40, 64)
Number = float | int  # beartype accepts no int for a float
_CLOCK = np.arange(RATE) / RATE  # seconds


def blocks(size: int) -> int:
    """The length in samples of the fewest blocks that hold `size`; the FFT is fast at this length."""
    return BLOCK * next(count for count in _COUNTS if count * BLOCK >= size)


def clock(seconds: Number) -> Float[np.ndarray, " samples"]:
    """Times in seconds, float64 (samples,), at most one second."""
    return _CLOCK[: min(max(round(seconds * RATE), 64), RATE)]


def ring(seconds: Number, t60: Number) -> Float[np.ndarray, " samples"]:
    """An envelope that decays by 60 dB in `t60` seconds."""
    return np.exp(clock(seconds).astype(np.float32) * np.float32(-6.908 / t60))


def noise(
    rng: np.random.Generator, seconds: Number, low: Number, high: Number, slope: int = 2, lines: int = 0
) -> Float[np.ndarray, " samples"]:
    """Gaussian noise with a peak near 1, band-passed from `low` to `high` Hz with `slope` poles on each side.

    With `lines`, it is that number of partials with random frequencies and phases: metal.
    """
    size = blocks(len(clock(seconds)))
    bins = size // 2 + 1
    spectrum = np.zeros(bins, np.complex64)
    hz = np.arange(bins, dtype=np.float32) * np.float32(RATE / size)
    if lines:
        top = min(high * 1.6, 20000.0)
        where = (rng.uniform(low * 0.6, top, lines) * size / RATE).astype(int)
        spectrum[where] = rng.gamma(1.0, 1.0, lines) * np.exp(2j * np.pi * rng.random(lines))
    else:
        spectrum.real, spectrum.imag = rng.standard_normal((2, bins), np.float32)
    gain = 1 / np.sqrt((1 + (low / np.maximum(hz, 1)) ** (2 * slope)) * (1 + (hz / high) ** (2 * slope)))
    spectrum *= gain
    wave = np.fft.irfft(spectrum, size)[: len(clock(seconds))]
    return wave / np.float32(3 * wave.std())


def sine(
    seconds: Number, hz: Number, bend: Number = 1.0, bend_seconds: Number = 0.01, phase: Number = 0.0
) -> Float[np.ndarray, " samples"]:
    """A sine that starts at `bend` times `hz` and settles exponentially at `hz`; `phase` in turns."""
    t = clock(seconds)
    turns = hz * t + phase
    if bend != 1:
        turns += hz * (bend - 1) * bend_seconds * -np.expm1(-t.astype(np.float32) / np.float32(bend_seconds))
    turns -= np.floor(turns)  # in float64; after that float32 is precise enough
    return np.sin(np.float32(2 * np.pi) * turns.astype(np.float32))


def mix(*parts: Float[np.ndarray, "..."]) -> Float[np.ndarray, " samples"]:
    """The sum of waves that start together, as long as the longest."""
    total = np.zeros(max(map(len, parts)), np.float32)
    for part in parts:
        total[: len(part)] += part
    return total
