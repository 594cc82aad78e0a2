"""Every measure against a signal with a known result, or against its formula in plain numpy."""

import numpy as np
import pytest
import soundfile
import soxr

from drumjax.evaluate import measures, yardsticks

RATE = measures.AUDIO.rate


def noise(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def mels(*shape, seed=0):
    return np.abs(noise(*shape, seed=seed)) + np.float32(0.01)


def test_a_sound_ends_60_db_below_its_peak():
    wave = np.zeros((3, 500), np.float32)
    wave[0, :100], wave[0, 100:120], wave[0, 120:140] = 0.5, 0.00051, 0.00049
    wave[1, 7] = -1e-3
    assert measures.sound_length(wave).tolist() == [120, 8, 0]
    assert measures.sound_length(wave[0]) == 120


def test_active_frames_are_centred_before_the_end():
    active = measures.active_frames(np.array([0, 1, 256, 257, 22015]))
    assert active.sum(axis=1).tolist() == [1, 1, 1, 2, 86]


def test_spectral_errors_equal_the_formulas_sound_by_sound():
    reference, output = mels(3, 11, 37), mels(3, 11, 37, seed=1)
    active = np.arange(11) < np.array([4, 11, 1])[:, None]
    std = mels(11, 37, seed=2)
    for i in range(3):
        x, y = reference[i].astype(float), output[i].astype(float)
        sc = np.sqrt(((x - y) ** 2).sum()) / np.sqrt((x**2).sum())
        decibels = np.abs(20 * np.log10((x + 1e-4) / (y + 1e-4)))[active[i]].mean()
        mse = (((np.log(x + 1e-4) - np.log(y + 1e-4)) / std) ** 2).mean()
        np.testing.assert_allclose(measures.spectral_convergence(reference, output)[i], sc, rtol=1e-5)
        np.testing.assert_allclose(measures.log_mel_error_db(reference, output, active)[i], decibels, rtol=1e-5)
        np.testing.assert_allclose(measures.standardised_mse(reference, output, std)[i], mse, rtol=1e-5)


def test_log_spectral_distance_equals_its_formula_and_has_a_floor():
    reference, output = mels(3, 11, 37), 1e-7 * mels(3, 11, 37, seed=1)
    output[:, ::2] = mels(3, 6, 37, seed=2)
    active = np.arange(11) < np.array([4, 11, 1])[:, None]
    found = measures.log_spectral_distance_db(reference, output, active)
    for i in range(3):
        floor = reference[i].max() * 1e-4
        levels = [20 * np.log10(np.maximum(x[i].astype(float), floor)) for x in (reference, output)]
        of_frames = np.sqrt(((levels[0] - levels[1]) ** 2).mean(axis=1))
        assert found[i] == pytest.approx(of_frames[active[i]].mean(), rel=1e-5)
    np.testing.assert_allclose(measures.log_spectral_distance_db(reference, 2 * reference, active), 6.0206, rtol=1e-4)


def test_best_gain_is_the_best_of_all_gains():
    reference, output = mels(11, 37), mels(11, 37, seed=1)
    tried = min(float(measures.spectral_convergence(reference, gain * output)) for gain in np.linspace(0, 2, 2001))
    best = measures.best_gain_spectral_convergence(reference, output)
    np.testing.assert_allclose(best, tried, atol=1e-5)
    np.testing.assert_allclose(measures.best_gain_spectral_convergence(reference, 7 * output), best, rtol=1e-4)
    assert measures.best_gain_spectral_convergence(reference, 0 * output) == pytest.approx(1)


def test_envelope_error_averages_the_power_of_cells():
    reference, output = mels(10, 37), mels(10, 37, seed=1)
    active = np.arange(10) < 5
    cells = []
    for frame in (0, 4):  # the cell from frame 8 begins after the end
        for band in (0, 16, 32):
            cell = np.s_[frame : frame + 4, band : band + 16]
            x, y = (np.sqrt((mel[cell].astype(float) ** 2).mean()) for mel in (reference, output))
            cells.append(abs(20 * np.log10((x + 1e-4) / (y + 1e-4))))
    np.testing.assert_allclose(measures.envelope_error_db(reference, output, active), np.mean(cells), rtol=1e-5)


def test_texture_affects_the_log_mel_error_and_not_the_envelope_error():
    smooth, rough = np.ones((86, 512), np.float32), mels(86, 512)
    rough /= np.sqrt(np.mean(rough**2))
    active = np.ones(86, bool)
    assert measures.envelope_error_db(smooth, rough, active) < 1 < 5 < measures.log_mel_error_db(smooth, rough, active)


def comb(level_db, samples=RATE, seed=0):
    """White noise in which the energy within 3 Hz of every multiple of the frame rate is raised by `level_db`."""
    spectrum = np.fft.rfft(noise(samples, seed=seed))
    hz = np.fft.rfftfreq(samples, 1 / RATE)
    spacing = RATE / measures.AUDIO.hop
    near = np.abs(hz - spacing * np.round(hz / spacing)) <= 3
    return np.fft.irfft(spectrum * np.where(near, 10 ** (level_db / 20), 1), samples)


@pytest.mark.parametrize("level_db", [0, 6, 12])
def test_comb_is_the_level_of_a_known_comb(level_db):
    waves = np.stack([comb(level_db, seed=seed) for seed in range(8)])
    # The median of teeth of six bins is a little below their mean, at every level.
    assert measures.comb_db(waves).mean() == pytest.approx(level_db - 0.3, abs=0.4)


def test_comb_is_independent_of_a_loud_low_tone_in_float32():
    body = 300 * np.sin(2 * np.pi * 60 * np.arange(RATE) / RATE)  # whole periods: no leakage
    quiet = comb(6)
    assert measures.comb_db((body + quiet).astype(np.float32)) == pytest.approx(measures.comb_db(quiet), abs=0.1)


def test_attack_of_a_linear_ramp_and_its_onset():
    wave = np.zeros(RATE, np.float32)
    silence, ramp = 1000, 2205
    tone = np.where(np.arange(RATE) % 2, 1.0, -1.0)
    wave[silence : silence + ramp] = np.linspace(0, 1, ramp)
    wave[silence + ramp : 8000] = 1
    wave *= tone
    assert measures.attack_ms(wave) == pytest.approx(80, abs=1)  # 10 to 90 % of 100 ms
    assert abs(measures.onset(wave) - (silence + 0.1 * ramp)) <= 22


def test_pre_echo_is_the_share_of_energy_before_the_onset():
    wave = np.zeros((2, 1000), np.float32)
    wave[:, 500:600] = 1
    wave[1, 400:500] = 0.1
    assert measures.pre_echo_db(wave, np.array([500, 500]))[1] == pytest.approx(10 * np.log10(0.01 / 1.01), abs=1e-3)
    assert measures.pre_echo_db(wave, np.array([500, 500]))[0] == measures.PRE_ECHO_FLOOR_DB


@pytest.mark.parametrize("ratio_db", [10, 0, -6])
def test_harmonic_share_of_a_sine_in_noise(ratio_db):
    samples = measures.AUDIO.samples
    sine = np.sin(2 * np.pi * 1234.5 * np.arange(samples) / RATE) * np.sqrt(2) * 10 ** (ratio_db / 20)
    magnitude = yardsticks.magnitudes_of((sine + noise(samples)).astype(np.float32)[None])
    expected = 10 * np.log10(1 / (1 + 10 ** (-ratio_db / 10)))
    assert measures.harmonic_to_noise_db(magnitude)[0] == pytest.approx(expected, abs=0.7)


def test_noise_and_short_peaks_are_not_harmonic():
    magnitude = yardsticks.magnitudes_of(noise(2, measures.AUDIO.samples))
    assert measures.harmonic_share(magnitude).max() < 0.02
    spot = np.full((9, 200), 1e-3)
    spot[2:4, 100] = 1
    assert measures.harmonic_share(spot) == 0  # two frames do not persist
    spot[4, 101] = 1
    assert measures.harmonic_share(spot) > 0.99  # three do, one bin apart


def test_mask_error_is_a_share_of_samples_and_a_probability_of_one_half_is_outside():
    probability = np.array([[0.9, 0.9, 0.5, 0.1], [0.2, 0.2, 0.2, 0.2]])
    assert measures.mask_error(probability, np.array([2, 3])).tolist() == [0, 0.75]


def test_real_drums_have_no_comb_and_classical_inversion_is_close(shared_data):
    """The values in the documentation: a comb near -1 dB, and SC near 0.06 with 16 + 32 steps."""
    waves = []
    for path in sorted((shared_data / "drums").glob("*/*.flac"))[::150]:
        wave, rate = soundfile.read(path, dtype="float32")
        wave = soxr.resample(wave, rate, RATE)[: measures.AUDIO.samples]
        waves.append(np.pad(wave / np.abs(wave).max(), (0, measures.AUDIO.samples - len(wave))))
    waves = np.stack(waves)
    long = measures.sound_length(waves) >= 0.4 * RATE
    assert -2 < measures.comb_db(waves[long]).mean() < 0.5
    true = yardsticks.mels_of(waves)
    output = yardsticks.mels_of(yardsticks.invert(true))
    assert 0.03 < measures.spectral_convergence(true, output).mean() < 0.09
