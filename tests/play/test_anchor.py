"""Edits in the STFT of a sound: the inverse is exact, nothing moves where nothing changes, levels and peaks hold."""

import numpy as np
import pytest

from drumjax import presets
from drumjax.play import anchor
from drumjax.play.anchor import Grid

AUDIO = presets.preset("release").audio
RATE = 44100


def decaying(seed=0, samples=20011, channels=2, rate=0.0004):
    rng = np.random.default_rng(seed)
    return (0.3 * rng.standard_normal((channels, samples)) * np.exp(-rate * np.arange(samples))).astype(np.float32)


@pytest.mark.parametrize("samples", [1, 441, 20011])
@pytest.mark.parametrize("rate", [8000, 44100, 96000])
def test_the_inverse_gives_the_samples_back(rate, samples):
    wave, grid = decaying(samples=samples), Grid.of(rate, AUDIO)
    np.testing.assert_allclose(anchor.istft(anchor.stft(wave, grid), grid, samples), wave, atol=1e-6)
    assert 0.8 * AUDIO.window / AUDIO.rate < grid.window / rate < 1.2 * AUDIO.window / AUDIO.rate


def test_gains_lie_where_the_mels_change():
    """A change of one mel bin and one frame reaches only the cells around that frequency and that time."""
    before = np.full((AUDIO.frames, AUDIO.mels), 0.1, np.float32)
    after = before.copy()
    after[40, 200] *= np.e
    grid = Grid.of(48000, AUDIO)
    changes = anchor.gains(before, after, AUDIO, 0.0, grid, 200)
    frame, bin_ = np.unravel_index(np.argmax(changes), changes.shape)
    from drumjax.sound.dsp import mel_edges_hz

    edges = mel_edges_hz(AUDIO)
    assert edges[199] < grid.hz[bin_] < edges[203]
    assert abs(grid.seconds(200)[frame] - 40 * AUDIO.hop / AUDIO.rate) < AUDIO.hop / AUDIO.rate
    assert 0.5 < changes.max() <= 1.001 and np.count_nonzero(np.abs(changes) > 1e-6) < 60


def test_gains_are_bounded_and_last_beyond_the_mels():
    before, after = np.zeros((AUDIO.frames, AUDIO.mels)), np.full((AUDIO.frames, AUDIO.mels), 1e9)
    changes = anchor.gains(before.astype(np.float32), after.astype(np.float32), AUDIO, 1e-4, Grid.of(RATE, AUDIO), 300)
    np.testing.assert_allclose(changes, anchor.LARGEST, rtol=1e-5)


def test_the_sound_fades_smoothly_to_the_model():
    shares = [anchor.kept_share(distance) for distance in np.linspace(0, 3, 301)]
    assert shares[0] == 1 and shares[-1] < 1e-9 and (np.diff(shares) <= 0).all() and max(-np.diff(shares)) < 0.03


def test_an_edit_of_nothing_is_nothing():
    wave, grid = decaying(), Grid.of(RATE, AUDIO)
    spectrum = anchor.stft(wave, grid)
    made = anchor.refined(np.abs(spectrum), spectrum, grid, wave.shape[1])
    np.testing.assert_allclose(anchor.changed(wave, made, grid), wave, atol=2e-6)


def test_a_change_begins_without_a_step():
    wave, grid = decaying(), Grid.of(RATE, AUDIO)
    changed = anchor.changed(wave, 0 * wave, grid)
    np.testing.assert_allclose(changed[:, 0], wave[:, 0], atol=1e-6)
    assert np.abs(changed[:, 100:]).max() < 1e-5


def test_magnitudes_are_met():
    wave, grid = decaying(), Grid.of(RATE, AUDIO)
    spectrum = anchor.stft(wave, grid)
    made = anchor.refined(0.5 * np.abs(spectrum), spectrum, grid, wave.shape[1])
    np.testing.assert_allclose(made, 0.5 * wave, atol=1e-5)


@pytest.mark.parametrize("peak", [0.7, 1.0, 1.01, 1.6, 5.0])
def test_peaks_stay_below_the_ceiling(peak):
    wave = np.linspace(-peak, peak, 1001, dtype=np.float32)[None]
    limited = anchor.limited(wave, 1.0)
    assert np.abs(limited).max() <= 1 + 1e-6 and (np.diff(limited) >= -1e-6).all()
    quiet = np.abs(wave) < 0.2
    if peak < 1.8:
        np.testing.assert_allclose(limited[quiet], wave[quiet], rtol=1e-6)
    if peak <= 1.01:
        np.testing.assert_allclose(limited, wave, atol=0.011)


def test_between_two_sounds_lie_levels_between_theirs():
    grid = Grid.of(RATE, AUDIO)
    first, second = anchor.stft(decaying(1), grid), anchor.stft(decaying(2), grid)
    for t, wanted in ((0.0, first), (1.0, second)):
        magnitude, start = anchor.between(first, second, t)
        # Cells below the floor of -140 dB are raised to it.
        np.testing.assert_allclose(magnitude, np.abs(wanted), atol=1e-6 * np.abs(wanted).max())
        np.testing.assert_allclose(start, wanted, atol=1e-6)
    middle, _ = anchor.between(first, second, 0.5)
    loud = (np.abs(first) > 1e-3) & (np.abs(second) > 1e-3)
    np.testing.assert_allclose(middle[loud] ** 2, np.abs(first[loud] * second[loud]), rtol=1e-3)
