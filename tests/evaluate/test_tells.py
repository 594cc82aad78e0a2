"""Descriptors of constructed sounds; who is told apart and who is not."""

import numpy as np
import pytest

from drumjax.evaluate import tells


def describe(wave, rate=44100):
    return dict(zip(tells.NAMES, tells.describe(np.asarray(wave, np.float32)[None], rate)[0], strict=True))


def decaying(wave, rate, t60):
    return wave * 10 ** (-3 * np.arange(len(wave)) / rate / t60)


def noise(rate=44100, t60=0.3, seed=0):
    return decaying(np.random.default_rng(seed).standard_normal(rate), rate, t60)


def test_times_and_levels_of_a_decaying_tone():
    """A tone of 1 kHz with T60 = 0.3 s: 20 dB in 100 ms; its energy is centred at T60 / 13.8."""
    rate = 44100
    found = describe(decaying(np.cos(2 * np.pi * 1000 * np.arange(rate) / rate), rate, 0.3))
    assert found["length_ms"] == pytest.approx(300, abs=2) and found["peak_ms"] == 0 and found["first_sample"] == 1
    assert [found[f"decay_{drop}_ms"] for drop in (10, 20, 40)] == pytest.approx([50, 100, 200], abs=1)
    assert found["centre_ms"] == pytest.approx(300 / 13.8, rel=0.02)
    assert found["centroid_hz"] == pytest.approx(1000, rel=0.01) and found["swell_db"] == pytest.approx(0, abs=0.3)
    power = 0.3 / 13.8 / 2  # of the tone over its length, at a peak of 1
    assert found["crest_db"] == pytest.approx(-10 * np.log10(power / 0.3), abs=0.2)
    assert found["loudness_db"] == pytest.approx(10 * np.log10(power / 0.4), abs=0.2)


def test_bands_are_shares_of_the_energy_below_10_khz():
    rate = 44100
    t = np.arange(rate) / rate
    wave = sum(a * np.sin(2 * np.pi * hz * t) for a, hz in ((1, 60), (1, 400), (1, 7000), (0.5, 15000)))
    found = describe(decaying(wave, rate, 0.8))
    for name in ("bass_db", "low_mid_db", "treble_db"):
        assert found[name] == pytest.approx(10 * np.log10(1 / 3), abs=0.1), name
    assert found["air_db"] == pytest.approx(10 * np.log10(0.25 / 3), abs=0.1)


def test_noise_is_rough_and_flat_and_a_smoothed_spectrum_is_not():
    rate = 44100
    rough = describe(noise())
    impulse = np.zeros(rate)
    impulse[0] = 1
    smooth = describe(impulse)
    tonal = describe(decaying(np.sin(2 * np.pi * 1000 * np.arange(rate) / rate), rate, 0.5))
    # The logarithm of the power of noise varies with std pi / sqrt(6); neighbouring bins of a Hann window overlap.
    assert 1.2 < rough["rough_frequency"] < np.sqrt(2) * np.pi / np.sqrt(6)
    assert rough["rough_time"] == pytest.approx(np.sqrt(2) * np.pi / np.sqrt(6), rel=0.15)
    assert smooth["rough_frequency"] < 0.1 and np.isnan(smooth["rough_time"])
    assert rough["flatness_db"] == pytest.approx(-2.5, abs=0.6) and tonal["flatness_db"] < -20


def test_descriptors_depend_neither_on_level_nor_on_the_rate_below_10_khz():
    wave = noise(22050)
    low, quiet = describe(wave, 22050), describe(0.01 * wave, 22050)
    from drumjax.sound import audio

    high = describe(audio.resample(wave.astype(np.float32), 22050, 44100), 44100)
    for name in tells.NAMES:
        assert quiet[name] == pytest.approx(low[name], rel=1e-3, abs=1e-3), name
        if name not in ("first_sample", "air_db", "attack_ms", "peak_ms"):
            assert high[name] == pytest.approx(low[name], rel=0.05, abs=0.5), name


def test_silence_has_no_descriptors():
    assert np.isnan(tells.describe(np.zeros((1, 2000), np.float32), 22050)).all()


def test_distances_are_those_of_two_uniform_laws():
    rng = np.random.default_rng(0)
    real, made = (rng.uniform(0, 1, (4000, len(tells.NAMES))) for _ in range(2))
    made[:, 3] += 0.3
    real[::2, 5] = np.nan
    found = tells.distances(real, made)
    assert found.pop(tells.NAMES[3]) == pytest.approx(0.3, abs=0.03)
    assert max(found.values()) < 0.06


def described(count, seed, shift=0.0):
    x = np.random.default_rng(seed).standard_normal((count, len(tells.NAMES)))
    x[:, 2] += shift
    return x


def test_the_area_is_a_half_for_equal_laws_and_nearly_one_for_disjoint_ones():
    kits = np.arange(60) % 12
    assert tells.told_apart(described(60, 1), described(80, 2), kits) == pytest.approx(0.5, abs=0.1)
    assert tells.told_apart(described(60, 1), described(80, 2, 8.0), kits) > 0.99
    only = (tells.NAMES[2],)
    assert tells.told_apart(described(60, 1), described(80, 2, 8.0), kits, without=only) < 0.65


def test_what_a_classifier_learns_of_a_kit_does_not_count_on_other_kits():
    """The sounds of a kit are all alike. With kits kept whole, neither side's kits give anything away."""
    rng = np.random.default_rng(3)
    centres = 4 * rng.standard_normal((24, len(tells.NAMES)))
    kits = np.arange(240) % 24
    x = centres[kits] + 0.1 * rng.standard_normal((240, len(tells.NAMES)))
    first = kits < 12
    whole = tells.told_apart(x[first], x[~first], kits[first], kits[~first])
    loose = tells.told_apart(x[first], x[~first], np.arange(120), np.arange(120, 240))
    assert whole < 0.75 and loose > 0.95


def test_reconstructions_of_the_same_kits_are_compared_in_the_same_fold():
    x, kits = described(60, 5), np.arange(60) % 10
    assert tells.told_apart(x, x + 1e-3, kits, kits) == pytest.approx(0.5, abs=0.05)


def test_too_few_sounds_or_kits_have_no_area():
    assert np.isnan(tells.told_apart(described(14, 1), described(60, 2), np.arange(14)))
    assert np.isnan(tells.told_apart(described(60, 1), described(60, 2), np.zeros(60, int)))
