"""Swell and loudness of constructed sounds, independent of rate and level."""

import numpy as np
import pytest

from drumjax.evaluate import dynamics, measures


def tone(rate, level_db, seconds=0.4):
    """A 500 Hz tone whose level in dB is a function of time in seconds."""
    t = np.arange(int(seconds * rate)) / rate
    return (10 ** (level_db(t) / 20) * np.sin(2 * np.pi * 500 * t)).astype(np.float32)


@pytest.mark.parametrize("rate", [22050, 44100])
def test_a_decay_does_not_swell_and_a_second_hit_swells_by_its_rise(rate):
    decaying = tone(rate, lambda t: -100 * t)
    rising = tone(rate, lambda t: np.where(t < 0.2, -100 * t, -10))  # from -20 dB back to -10 dB
    assert dynamics.swell_db(decaying, rate) == pytest.approx(0, abs=0.2)
    assert dynamics.swell_db(rising, rate) == pytest.approx(9.3, abs=0.4)  # the RMS lags by half its window
    both = dynamics.swell_db(np.stack([decaying, 0.01 * rising]), rate)
    np.testing.assert_allclose(both, [dynamics.swell_db(x, rate) for x in (decaying, rising)], atol=1e-3)


def test_rises_during_the_attack_and_below_the_floor_do_not_count():
    slow = tone(22050, lambda t: np.where(t < 0.01, -20 + 2000 * t, -100 * (t - 0.01)))
    quiet = tone(22050, lambda t: np.where(t < 0.2, -400 * t, -45))  # from -80 to -45 dB: still below -30
    assert dynamics.swell_db(slow) == pytest.approx(0, abs=0.2)
    assert dynamics.swell_db(quiet) == pytest.approx(0, abs=0.2)


def test_loudness_is_the_mean_power_of_the_first_400_ms():
    rate = 22050
    wave = 0.3 * np.random.default_rng(0).uniform(-1, 1, rate).astype(np.float32)
    expected = 10 * np.log10(np.mean(wave[:8820] ** 2.0) / np.max(wave**2.0))
    assert dynamics.loudness_db(wave) == pytest.approx(expected, abs=1e-3)
    short = np.ones(2205, np.float32)
    assert dynamics.loudness_db(short) == pytest.approx(10 * np.log10(0.25), abs=1e-6)


@pytest.mark.parametrize("rate", [22050, 48000])
def test_a_rise_moves_with_a_delay_and_a_fade_but_not_with_gains(rate):
    """Half-waves of a kick of nearly one height: a gain of 3 dB over its first 30 ms moves no attack."""
    t = np.arange(rate // 2) / rate
    kick = np.exp(-t / 0.2) * np.sin(2 * np.pi * 50 * t)
    slower = kick * 10 ** (np.interp(t, [0, 0.03], [-3, 0]) / 20)
    assert measures.attack_ms(slower, rate) > measures.attack_ms(kick, rate) + 9
    assert dynamics.attack_shift_ms(kick, slower, rate) < 0.5
    assert dynamics.attack_shift_ms(kick, 0.1 * kick, rate) == 0
    delayed = np.pad(kick, (round(0.002 * rate), 0))
    assert dynamics.attack_shift_ms(kick, delayed, rate) == pytest.approx(2, abs=0.05)
    noise = np.random.default_rng(0).standard_normal(len(t)) * np.exp(-t / 0.1)
    faded = noise * np.clip(t / 0.005, 0, 1)
    both = dynamics.attack_shift_ms(np.stack([kick, noise]), np.stack([kick, faded]), rate)
    assert both[0] == 0 and both[1] > 1
