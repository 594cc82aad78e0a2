from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drumjax.config import CLASSES, CWAE, Audio, Config, Encoding
from drumjax.data import procedural
from drumjax.models import losses
from drumjax.models.cwae import CWAE as Autoencoder
from drumjax.models.cwae import empty_inputs
from drumjax.play import encoding
from drumjax.sound import dsp

AUDIO = Audio(rate=11025, samples=5513, window=512, hop=256, fft=1024, mels=32)
SETTINGS = Config(audio=AUDIO, cwae=CWAE(channels=(8, 8), dense=(32,), latent=8), encoding=Encoding(refine=30))


@pytest.fixture(scope="module")
def known():
    """An untrained network of one output scale with the sounds, six of them, and their classes."""
    labels = np.arange(6) % 3
    waves = np.stack([procedural.sound(CLASSES[label], i, AUDIO)[0] for i, label in enumerate(labels)])
    log_mel = np.log(np.asarray(dsp.mel_spectrogram(waves, AUDIO)) + 1e-4)
    variables = Autoencoder(SETTINGS.cwae, AUDIO).init(jax.random.key(1), *empty_inputs(SETTINGS.cwae, AUDIO))
    weights = {"cwae": variables, "mean": log_mel.mean(axis=0), "std": np.maximum(log_mel.std(axis=0), 0.3)}
    return weights, waves, np.eye(len(CLASSES), dtype=np.float32)[labels]


def heard(weights, z, classes):
    """Standardised log-mels and linear mels of latents."""
    y = Autoencoder(SETTINGS.cwae, AUDIO).apply(weights["cwae"], z, classes, method=Autoencoder.decode)
    return y, dsp.unstandardised(y, weights["mean"], weights["std"], 1e-4)


def test_without_steps_it_is_the_encoder(known):
    weights, waves, classes = known
    x = dsp.standardised(dsp.mel_spectrogram(waves, AUDIO), weights["mean"], weights["std"], 1e-4)
    z = Autoencoder(SETTINGS.cwae, AUDIO).apply(weights["cwae"], x, classes, method=Autoencoder.encode)
    plain = replace(SETTINGS, encoding=Encoding())
    np.testing.assert_allclose(encoding.encode(plain, weights, waves, classes), z, rtol=1e-5, atol=1e-6)


def test_the_descent_brings_every_sound_nearer(known):
    weights, waves, classes = known
    mel = dsp.mel_spectrogram(waves, AUDIO)
    x = dsp.standardised(mel, weights["mean"], weights["std"], 1e-4)

    def errors(config):
        z = encoding.encode(config, weights, waves, classes)
        y, decoded = heard(weights, z, classes)
        return jnp.mean((x - y) ** 2, axis=(1, 2)) + 0.02 * losses.spectral_convergence(mel, decoded) ** 2, z

    (before, start), (after, z) = errors(replace(SETTINGS, encoding=Encoding())), errors(SETTINGS)
    assert (after < before).all() and float(jnp.mean(after)) < 0.98 * float(jnp.mean(before))
    assert jnp.isfinite(z).all() and not jnp.allclose(z, start, atol=0.1)


def test_a_sound_is_encoded_alike_alone_and_among_others(known):
    weights, waves, classes = known
    encode = jax.jit(lambda waves, classes: encoding.encode(SETTINGS, weights, waves, classes))
    together = encode(waves, classes)
    np.testing.assert_allclose(together[2:3], encode(waves[2:3], classes[2:3]), atol=1e-3)


def test_silence_has_latents_too(known):
    weights, waves, classes = known
    assert jnp.isfinite(encoding.encode(SETTINGS, weights, 0 * waves, classes)).all()
