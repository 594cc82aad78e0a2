"""The packed STFT, against the plain one."""

import dataclasses

import jax
import numpy as np
import pytest
from test_dsp import PAPER, SMALL, drum, stft

from drumjax.sound import packed

LONG = dataclasses.replace(SMALL, samples=SMALL.samples + SMALL.hop // 2)
"""Its last frame ends before the sound does."""

spectrum = jax.jit(packed.spectrum, static_argnums=1)
blocks = jax.jit(packed.blocks, static_argnums=1)
wave = jax.jit(packed.wave, static_argnums=1)
conjugate = jax.jit(packed.conjugate, static_argnums=1)


def in_blocks(sound, audio):
    count = audio.frames - 1 + audio.window // audio.hop
    padded = np.pad(sound, ((0, 0), (audio.window // 2, audio.window)))
    return padded[:, : count * audio.hop].reshape(len(sound), count, audio.hop)


@pytest.mark.parametrize("audio", [PAPER, SMALL, LONG, dataclasses.replace(SMALL, fft=4 * SMALL.window)])
def test_packed_bins_are_those_of_the_stft(audio):
    sound = np.stack([drum(audio), drum(audio)[::-1]])
    every = audio.fft // audio.window
    kept = np.asarray(packed.select(np.arange(audio.bins), audio))
    np.testing.assert_array_equal(np.sort(kept), np.arange(every // 2, audio.bins, every))
    ours = conjugate(spectrum(in_blocks(sound, audio), audio), audio)
    np.testing.assert_allclose(ours, np.asarray(stft(sound, audio))[..., kept], atol=2e-4)


@pytest.mark.parametrize("audio", [PAPER, SMALL, LONG])
def test_the_inverse_returns_the_sound(audio):
    sound = np.stack([drum(audio), drum(audio)[::-1]])
    back = wave(blocks(spectrum(in_blocks(sound, audio), audio), audio), audio)
    covered = (audio.frames - 1) * audio.hop
    np.testing.assert_allclose(back[:, :covered], sound[:, :covered], atol=1e-5)


def test_the_inverse_is_the_nearest_sound():
    """The error of a least-squares inverse is orthogonal to every sound."""
    rng, shape = np.random.default_rng(0), (2, SMALL.frames, SMALL.window // 2)
    target = (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(np.complex64)
    nearest = np.asarray(blocks(target, SMALL))
    flat = nearest.reshape(2, -1)
    assert not flat[:, : SMALL.window // 2].any() and not flat[:, SMALL.window // 2 + SMALL.samples :].any()
    error = target - np.asarray(spectrum(nearest, SMALL))
    other = np.asarray(spectrum(in_blocks(np.stack([drum(SMALL)] * 2), SMALL), SMALL))
    size = np.linalg.norm(error) * np.linalg.norm(other)
    assert np.linalg.norm(error) > 0.3 * np.linalg.norm(target)
    assert abs(np.vdot(other, error).real) < 1e-5 * size


def test_an_fft_without_these_bins_does_not_fit():
    assert packed.fits(PAPER) and packed.fits(SMALL)
    for fft in (SMALL.window, 3 * SMALL.window, 2 * SMALL.window + 8):
        assert not packed.fits(dataclasses.replace(SMALL, fft=fft))
