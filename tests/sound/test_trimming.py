"""The end of a sound above the noise of its recording."""

import numpy as np
import pytest

from drumjax.config import Audio
from drumjax.sound import audio, trimming

RATE = 22050
SHAPE = Audio(rate=RATE, samples=22015)


def kick(seconds: float, decay: float) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.8 * np.sin(2 * np.pi * 60 * time) * np.exp(-decay * time)).astype(np.float32)


def tape(seconds: float, db: float) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(round(seconds * RATE))
    return (0.8 * 10 ** (db / 20) * noise).astype(np.float32)


@pytest.mark.parametrize("db", [-65.0, -55.0, -45.0])
def test_tape_noise_is_no_part_of_a_sound(db):
    noisy = tape(4.0, db)
    noisy[: round(0.6 * RATE)] += kick(0.6, 14.0)
    seconds = len(audio.trim(noisy, RATE)) / RATE
    reached = -db * np.log(10) / 20 / 14.0  # when the kick's envelope has sunk to the noise
    assert abs(seconds - reached) < 0.1
    wave, length = audio.fit(noisy, SHAPE)
    assert length < 0.7 * RATE and not wave[length:].any() and np.abs(wave[length - 20 : length]).max() < 1e-2


@pytest.mark.parametrize(
    "wave",
    [
        kick(4.0, 1.7),  # rings on
        kick(1.5, 5.0) + 0.3 * kick(1.5, 5.0) * np.sin(2 * np.pi * 2 * np.arange(round(1.5 * RATE)) / RATE),  # beats
        kick(3.0, 0.0),  # a tone
        np.append(kick(0.5, 4.0), tape(2.0, -20.0)).astype(np.float32),  # noise too loud to be a recording's
        tape(2.0, 0.0),
        kick(0.3, 14.0),
        np.zeros(0, np.float32),
    ],
)
def test_what_falls_or_is_loud_is_kept(wave):
    np.testing.assert_array_equal(trimming.cut_noise(wave, RATE), wave)
