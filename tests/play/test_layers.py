"""Velocity layers: softer strokes are quieter and duller, the loudest is the sound itself."""

import numpy as np
import pytest

from drumjax.config import CLASSES
from drumjax.data import procedural
from drumjax.play import layers

RATE = 44100


def level_db(wave, low, high):
    """Level of a band, by an FFT over the whole wave."""
    power = np.abs(np.fft.rfft(wave, axis=-1)) ** 2
    hz = np.fft.rfftfreq(wave.shape[-1], 1 / RATE)
    return 10 * np.log10(power[..., (hz >= low) & (hz < high)].sum())


def centroid(wave):
    power = np.abs(np.fft.rfft(wave, axis=0)) ** 2
    return (power.sum(axis=1) * np.arange(len(power))).sum() / power.sum()


@pytest.mark.parametrize("drum_class", ["snare", "kick"])
def test_layers_rise_in_level_and_brightness_to_the_sound_itself(synth, drum_class):
    mono = 0.5 * procedural.sound(drum_class, 1, synth.config.audio)[0]
    wave = np.concatenate([np.zeros((300, 2)), np.stack([mono, 0.3 * mono], axis=1)]).astype(np.float32) + 0.01
    sound = synth.listen(wave, synth.rate, drum_class)
    made = synth.layers(sound, 4)
    np.testing.assert_array_equal(made[-1], wave)
    heard = [one - 0.01 for one in made]
    peaks = [20 * np.log10(np.abs(one[sound.start :]).max()) for one in heard]
    np.testing.assert_allclose(np.diff(peaks), -layers.SOFTEST_DB / 3, atol=0.1)
    assert np.all(np.diff([centroid(one[sound.start :]) for one in heard]) > 0)
    for one in made:
        assert one.shape == wave.shape and one.dtype == np.float32
        np.testing.assert_array_equal(one[: sound.start], wave[: sound.start])
        right, left = ((one - 0.01)[sound.start :, i] for i in (1, 0))
        np.testing.assert_allclose(right, 0.3 * left, atol=2e-4)


def test_noise_loses_what_the_corners_say():
    """White noise through constant corners: the bands fall by them, whatever the peak does."""
    noise = 0.1 * np.random.default_rng(0).standard_normal((1, RATE)).astype(np.float32)
    made = layers.softened(noise, RATE, np.array([0, -20, 0, -20], np.float32), 1.0)
    lows, highs = (level_db(made, *band) - level_db(noise, *band) for band in ((20, 100), (10_000, 20_000)))
    assert highs - lows == pytest.approx(-20, abs=0.5)
    half = layers.softened(noise, RATE, np.array([0, -20, 0, -20], np.float32), 0.5)
    lows, highs = (level_db(half, *band) - level_db(noise, *band) for band in ((20, 100), (10_000, 20_000)))
    assert highs - lows == pytest.approx(-10, abs=0.5)
    late = layers.softened(noise, RATE, np.array([0, 0, -20, -20], np.float32), 1.0)
    ends = [level_db(late[:, part], 20, 20_000) - level_db(noise[:, part], 20, 20_000)
            for part in (slice(0, RATE // 60), slice(-RATE // 60, None))]  # fmt: skip
    assert ends[1] - ends[0] == pytest.approx(-20, abs=1.0)


def test_every_class_has_corners_that_make_it_duller():
    table = layers.fitted()
    assert table.shape == (len(CLASSES), 4) and np.all(np.abs(table) < 30)
    assert np.all(table[:, 1] <= table[:, 0] - 1.9) and np.all(table[:, 3] <= table[:, 2] - 1.9)


def test_silence_stays_and_too_many_layers_are_refused(synth):
    silent = np.zeros((1, 500), np.float32)
    np.testing.assert_array_equal(layers.softened(silent, RATE, np.zeros(4, np.float32), 1.0), silent)
    sound = synth.listen(procedural.sound("tom", 1, synth.config.audio)[0], synth.rate, "tom")
    assert len(synth.layers(sound, 1)) == 1
    with pytest.raises(ValueError, match="at most 127 layers; got 128"):
        synth.layers(sound, 128)
