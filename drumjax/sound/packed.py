"""The STFT that Griffin-Lim runs in: half of the bins, and nothing twice.

The spectrum of a real frame of N samples at the N / 2 frequencies (j + 1/2) / N, j = 0, 1, ..., determines the frame.
These are the odd bins of an FFT of 2 N samples, padded with zeros. None of them is real, and in another order they are
one complex FFT of N / 2 numbers (Vernet 1971): with x the windowed frame and t[n] = exp(-i pi n / N),

    Z[k] = sum over n < N / 2 of (x[n] - i x[n + N / 2]) t[n] exp(-2 pi i k n / (N / 2))

is the spectrum at frequency j = 2 k below N / 2, and from there on the conjugate of the one at N - 1 - 2 k. A real FFT
of N samples gives as many numbers and takes twice as long.

A sound is in blocks of `hop` samples here, from half a window before its start on, as overlap-add leaves it.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float, Shaped

from drumjax.config import Audio
from drumjax.sound import dsp


def fits(audio: Audio) -> bool:
    """Whether the bins of the STFT include those of the packed one, and half a window is whole hops."""
    return audio.fft % (2 * audio.window) == 0 and audio.window % (2 * audio.hop) == 0


def select(x: Shaped[ArrayLike, "*batch bins"], audio: Audio) -> Shaped[Array, "*batch packed"]:
    """The bins of an STFT that the packed one has, in its order."""
    every = audio.fft // audio.window
    odd = x[..., every // 2 :: every]
    return jnp.concatenate([odd[..., ::2], jnp.flip(odd[..., 1::2], -1)], axis=-1)


def conjugate(spectrum: Complex[Array, "*batch frames packed"], audio: Audio) -> Complex[Array, "*batch frames packed"]:
    """The bins of an STFT as packed ones, and back: the second half is conjugated."""
    sign = np.where(2 * np.arange(audio.window // 2) < audio.window / 2, 1, -1).astype(np.float32)
    return jax.lax.complex(spectrum.real, spectrum.imag * sign)


@functools.cache
def _weights(audio: Audio) -> tuple[Float[np.ndarray, "2 half"], Float[np.ndarray, "2 half"]]:
    """(real, imaginary) parts of t, each times the first and the second half of the window.

    Phases refer to the start of the frame of `audio.fft` samples that holds the window in its middle: t contains the
    delay, which is the same for every packed bin.
    """
    size = audio.window
    t = np.exp(-1j * np.pi * (np.arange(size // 2) / size + (audio.fft // size - 1) / 2))
    halves = dsp.hann(size).reshape(2, -1)
    return tuple((part * halves).astype(np.float32) for part in (t.real, t.imag))


def spectrum(blocks: Float[Array, "*batch blocks hop"], audio: Audio) -> Complex[Array, "*batch frames packed"]:
    """The packed STFT of a sound in blocks."""
    half = audio.window // (2 * audio.hop)
    count = audio.frames + half
    halves = jnp.concatenate([blocks[..., i : i + count, :] for i in range(half)], axis=-1)
    halves = jax.lax.optimization_barrier(halves)  # a fused copy would go element by element
    first, second = halves[..., : audio.frames, :], halves[..., half:, :]
    real, imaginary = _weights(audio)
    z = jax.lax.complex(
        real[0] * first + imaginary[1] * second,
        imaginary[0] * first - real[1] * second,
    )
    return jnp.fft.fft(z)


def blocks(spectrum: Complex[Array, "*batch frames packed"], audio: Audio) -> Float[Array, "*batch blocks hop"]:
    """The least-squares inverse of `spectrum`: a sound in blocks, zero before its start and after its end."""
    overlap = audio.window // audio.hop
    half, count = overlap // 2, audio.frames + overlap - 1
    z = jnp.fft.ifft(spectrum)
    real, imaginary = _weights(audio)
    silence = ((0, 0),) * (z.ndim - 2) + ((overlap - 1, overlap - 1), (0, 0))

    def parts(halves, start):
        """The parts of a hop of the first or second halves of all frames, at the blocks that they are added to."""
        halves = jax.lax.optimization_barrier(jnp.pad(halves, silence))
        for i in range(half):
            at = overlap - 1 - start - i
            yield halves[..., at : at + count, i * audio.hop : (i + 1) * audio.hop]

    first = parts(z.real * real[0] + z.imag * imaginary[0], 0)
    second = parts(z.real * imaginary[1] - z.imag * real[1], half)
    return sum((*first, *second)) * _inverse_power(audio)


@functools.cache
def _inverse_power(audio: Audio) -> Float[np.ndarray, "blocks hop"]:
    """One over the sum of the squared windows, zero outside the sound."""
    power = dsp.window_power(audio)
    position = np.arange(len(power)) - audio.window // 2
    inside = (position >= 0) & (position < audio.samples)
    return np.where(inside, 1 / power, 0).astype(np.float32).reshape(-1, audio.hop)


def wave(blocks: Float[Array, "*batch blocks hop"], audio: Audio) -> Float[Array, "*batch samples"]:
    """The samples of a sound in blocks; zeros where it has samples that are in no frame."""
    flat = blocks.reshape(*blocks.shape[:-2], -1)[..., audio.window // 2 :][..., : audio.samples]
    return jnp.pad(flat, ((0, 0),) * (flat.ndim - 1) + ((0, audio.samples - flat.shape[-1]),))
