"""Noise in a sound is exchanged, partials and levels stay."""

import numpy as np

from drumjax.play import noise

RATE = 44100


def decaying(seed=0, samples=20011, channels=2, rate=0.0004):
    rng = np.random.default_rng(seed)
    return (0.3 * rng.standard_normal((channels, samples)) * np.exp(-rate * np.arange(samples))).astype(np.float32)


def tone(hz=440.0, samples=20011):
    t = np.arange(samples) / RATE
    return (0.5 * np.sin(2 * np.pi * hz * t) * np.exp(-4 * t))[None].astype(np.float32)


def test_noise_is_exchanged_and_tones_stay():
    hiss, partial = decaying(channels=1), tone()
    for wave, least, most in ((hiss, 0.5, 2.1), (partial, 0.0, 0.1)):
        taken = noise.exchange(wave, RATE, 3)
        difference = np.sqrt(np.sum((taken - wave) ** 2) / np.sum(wave**2))
        assert least < difference < most
        np.testing.assert_allclose(np.sum(taken**2), np.sum(wave**2), rtol=0.2)


def test_takes_of_a_seed_are_the_same_and_of_two_seeds_are_not():
    wave = decaying(channels=1)
    one, again, other = (noise.exchange(wave, RATE, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.01


def test_a_click_has_takes_too():
    """Sounds too short to measure their noise stay as they are."""
    click = decaying(samples=300, rate=0.01)
    np.testing.assert_allclose(noise.exchange(click, RATE, 1), click, atol=1e-5)
