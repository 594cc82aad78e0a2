"""The linear yardstick against an SVD in numpy; conversion of mels between rates."""

import numpy as np
import pytest

from drumjax.config import Audio
from drumjax.evaluate import measures, yardsticks
from drumjax.evaluate.measures import AUDIO
from drumjax.sound import dsp


def test_linear_yardstick_is_the_projection_on_principal_components():
    mels = np.abs(np.random.default_rng(0).standard_normal((40, 5, 7))).astype(np.float32)
    linear = yardsticks.LinearYardstick.fit(mels[:30], components=6)
    logs = np.log(mels + 1e-4).reshape(40, -1)
    mean, std = logs[:30].mean(axis=0), np.maximum(logs[:30].std(axis=0), 0.3)
    x = (logs - mean) / std
    _, _, directions = np.linalg.svd(x[:30], full_matrices=False)
    projected = np.minimum(x @ directions[:6].T @ directions[:6] * std + mean, logs[:30].max())
    expected = np.maximum(np.exp(projected) - 1e-4, 0).reshape(mels.shape)
    np.testing.assert_allclose(linear.reconstruct(mels), expected, rtol=1e-3, atol=1e-4)


def test_mels_of_another_rate_are_converted():
    settings = Audio(rate=11025, samples=11007, window=512, hop=128, fft=1024, mels=128)
    time = np.arange(AUDIO.samples) / AUDIO.rate
    wave = sum(np.sin(2 * np.pi * hz * time) for hz in (220, 900, 3100)) * np.exp(-time / 0.2) / 3
    low = yardsticks.resample(wave[None].astype(np.float32), AUDIO.rate, settings.rate, settings.samples)
    converted = yardsticks.to_measure_mels(np.asarray(dsp.mel_spectrogram(low, settings)), settings)
    true = yardsticks.mels_of(wave[None].astype(np.float32))
    # A quarter of the bands resolves less, but levels and frequencies agree.
    assert measures.spectral_convergence(true, converted)[0] < 0.5
    assert np.linalg.norm(converted) / np.linalg.norm(true) == pytest.approx(1, abs=0.2)
    assert yardsticks.to_measure_mels(converted, Audio(hop=128, window=1024)) is None


def test_resampling_keeps_a_tone_and_cuts_or_pads():
    time = np.arange(4000) / 8000
    wave = np.sin(2 * np.pi * 440 * time)[None].astype(np.float32)
    longer = yardsticks.resample(wave, 8000, 16000, 9000)
    assert longer.shape == (1, 9000) and not longer[0, 8000:].any()
    expected = np.sin(2 * np.pi * 440 * np.arange(8000) / 16000)
    np.testing.assert_allclose(longer[0, 500:7500], expected[500:7500], atol=1e-3)
    np.testing.assert_array_equal(yardsticks.resample(wave, 8000, 16000, 700), longer[:, :700])
