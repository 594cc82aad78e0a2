"""Loudness against ITU-R BS.1770, and the levels of a kit against real drums."""

import csv

import numpy as np
import pytest
import soundfile
from scipy.signal import freqz

from drumjax.config import CLASSES
from drumjax.kits import levels

# The filters of BS.1770 at 48 kHz, as in its tables 1 and 2.
SHELF = (1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)
HIGH_PASS = (1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)


def test_loudness_is_k_weighted():
    hz = np.linspace(10, 23_900, 500)
    responses = [np.abs(freqz(b, a, hz, fs=48_000)[1]) ** 2 for b, a in (SHELF, HIGH_PASS)]
    np.testing.assert_allclose(levels.k_weights(hz, 48_000), responses[0] * responses[1], rtol=1e-4)
    # The recommendation's own example: a sine of full scale at 997 Hz has -3.01 LKFS, at any rate.
    for rate in (44_100, 48_000):
        sine = np.sin(2 * np.pi * 997 * np.arange(rate) / rate)
        assert levels.loudness_db(sine, rate) == pytest.approx(-3.01, abs=0.03)
    assert levels.loudness_db(np.zeros(100), 44_100) == -100


def test_dense_sounds_are_turned_down_and_nothing_is_turned_up():
    noise = np.random.default_rng(0).uniform(-1, 1, 22_050) * np.exp(-np.arange(22_050) / 4000)
    dense, usual, quiet = np.tanh(4 * noise), noise, 0.25 * noise
    found = levels.balanced(["open_hat", "open_hat", "open_hat"], [dense, usual, quiet], 44_100)
    assert found[0] < found[1] == pytest.approx(found[2])  # what counts is a sound's loudness at its own peak
    assert max(found) == 1 and min(found) >= 10 ** (-2 * levels.MOST_DB / 20)
    assert set(levels.USUAL_DB) == set(CLASSES)


@pytest.mark.parametrize("drum_class", ["kick", "open_hat"])
def test_the_usual_loudness_is_that_of_real_drums(shared_data, drum_class):
    kits = {}
    with open(shared_data / "drums" / "manifest.csv", encoding="utf8") as file:
        rows = [row for row in csv.DictReader(file) if row["class"] == drum_class]
    for row in rows[::5]:
        wave, rate = soundfile.read(shared_data / "drums" / row["path"], always_2d=True)
        wave = wave.mean(axis=1)
        kits.setdefault(row["kit"], []).append(levels.loudness_db(wave / np.abs(wave).max(), rate))
    assert np.median([np.median(found) for found in kits.values()]) == pytest.approx(
        levels.USUAL_DB[drum_class], abs=1.5
    )
