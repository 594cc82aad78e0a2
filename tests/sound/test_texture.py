"""Texture: separation of noise from partials, and the fluctuation added back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drumjax.config import CLASSES, Audio
from drumjax.sound import dsp, texture

AUDIO = Audio(rate=11025, samples=9000, window=512, hop=128, fft=1024, mels=96)

mel_spectrogram = jax.jit(dsp.mel_spectrogram, static_argnums=1)


def log_mel(wave):
    return np.log(np.asarray(mel_spectrogram(jnp.asarray(wave), AUDIO)) + 1e-6)


@pytest.fixture(scope="module")
def sounds():
    time = np.arange(AUDIO.samples) / AUDIO.rate
    rng = np.random.default_rng(5)
    decay = np.exp(-time / 0.3)
    tone = np.stack([decay * np.sin(2 * np.pi * hz * time) for hz in (150, 310, 720, 1900)])
    noise = decay * rng.standard_normal((4, AUDIO.samples))
    return tone.astype(np.float32), noise.astype(np.float32)


def test_noisiness_is_one_for_noise_and_zero_for_partials(sounds):
    tone, noise = sounds
    cells = texture.noisiness(log_mel(noise), AUDIO)
    assert cells.shape[1:] == texture.cell_counts(AUDIO)
    assert 0.85 < cells[:, 1:-2].mean() < 1.15
    # Only the cells at the partial's own bins are tested.
    partials = texture.noisiness(log_mel(tone), AUDIO)
    for cell_values, sound in zip(partials, log_mel(tone), strict=True):
        loudest = sound.mean(axis=0).argmax() // texture.CELL[1]
        assert cell_values[1:-4, loudest].mean() < 0.1


def test_fluctuation_has_zero_mean_and_the_spread_of_noise(sounds):
    noise = texture.fluctuation(3, AUDIO)
    assert noise.shape == (AUDIO.frames, AUDIO.mels)
    assert abs(noise.mean()) < 0.05
    flat = log_mel(np.random.default_rng(9).standard_normal((8, AUDIO.samples)).astype(np.float32))[:, 4:-4]
    np.testing.assert_allclose(noise.std(), (flat - flat.mean(axis=(0, 1))).std(), rtol=0.1)
    np.testing.assert_array_equal(noise, texture.fluctuation(3, AUDIO))
    assert np.abs(noise - texture.fluctuation(4, AUDIO)).mean() > 0.3


def test_texture_is_added_where_the_class_is_noisy():
    cells = int(np.prod(texture.cell_counts(AUDIO)))
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(CLASSES)), 60)
    classes = np.eye(len(CLASSES), dtype=np.float32)[labels]
    z = rng.standard_normal((len(labels), 6)).astype(np.float32)
    noisiness = np.where((labels == 3)[:, None], 1.0, 0.0) * np.ones((1, cells))
    fitted = texture.fit(z, classes, noisiness.reshape(len(z), *texture.cell_counts(AUDIO)))
    mel = np.ones((2, AUDIO.frames, AUDIO.mels), np.float32)
    noise = texture.fluctuation(0, AUDIO)
    still, noisy = np.asarray(texture.add_texture(mel, z[:2], classes[[0, 200]], fitted, noise))
    assert np.abs(np.log(still)).mean() < 0.1 * np.abs(noise).mean()
    np.testing.assert_allclose(np.log(noisy), noise, atol=0.15 * np.abs(noise).max())
    off = texture.add_texture(mel, z[:2], classes[[0, 200]], fitted, np.zeros_like(noise))
    np.testing.assert_array_equal(np.asarray(off), mel)
    # Silence stays silent.
    assert not np.asarray(texture.add_texture(np.zeros_like(mel), z[:2], classes[:2], fitted, noise)).any()
