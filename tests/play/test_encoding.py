"""Encoding: the encoder alone, and with refinement by gradient descent."""

import functools
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drumjax.config import CLASSES, CWAE, Audio, Config, Encoding
from drumjax.data import procedural
from drumjax.models import cwae, losses
from drumjax.play import encoding
from drumjax.sound import dsp

AUDIO = Audio(rate=11025, samples=5513, window=512, hop=256, fft=1024, mels=32)
SETTINGS = Config(audio=AUDIO, cwae=CWAE(channels=(8, 8), dense=(32,), latent=8), encoding=Encoding(refine=30))


mels_of = jax.jit(functools.partial(dsp.mel_spectrogram, audio=AUDIO))
encode = jax.jit(encoding.encode, static_argnums=0)


@pytest.fixture(scope="module")
def network():
    """(params of an untrained network, six sounds, their classes); outputs have the scale of the sounds."""
    labels = np.arange(6) % 3
    waves = np.stack([procedural.sound(CLASSES[label], i, AUDIO)[0] for i, label in enumerate(labels)])
    log_mel = np.log(np.asarray(mels_of(waves)) + 1e-4)
    variables = cwae.init(SETTINGS, jax.random.key(1))
    params = {"cwae": variables, "mean": log_mel.mean(axis=0), "std": np.maximum(log_mel.std(axis=0), 0.3)}
    return params, jnp.asarray(waves), jnp.asarray(np.eye(len(CLASSES), dtype=np.float32)[labels])


@jax.jit
def decoded(params, z, classes):
    """Standardised log-mels and linear mels of latents."""
    y = cwae.build(SETTINGS).apply(params["cwae"], z, classes, method="decode")
    return y, dsp.unstandardise(y, params["mean"], params["std"], 1e-4)


def test_without_refinement_codes_are_the_encoders(network):
    params, waves, classes = network
    x = dsp.standardise(mels_of(waves), params["mean"], params["std"], 1e-4)
    z = jax.jit(functools.partial(cwae.build(SETTINGS).apply, method="encode"))(params["cwae"], x, classes)
    plain = replace(SETTINGS, encoding=Encoding())
    np.testing.assert_allclose(encode(plain, params, waves, classes), z, rtol=1e-5, atol=1e-6)


def test_refinement_lowers_the_error_of_every_sound(network):
    params, waves, classes = network
    mel = mels_of(waves)
    x = dsp.standardise(mel, params["mean"], params["std"], 1e-4)

    def errors(config):
        z = encode(config, params, waves, classes)
        y, output = decoded(params, z, classes)
        return jnp.mean((x - y) ** 2, axis=(1, 2)) + 0.02 * losses.spectral_convergence(mel, output) ** 2, z

    (before, start), (after, z) = errors(replace(SETTINGS, encoding=Encoding())), errors(SETTINGS)
    assert (after < before).all() and float(jnp.mean(after)) < 0.98 * float(jnp.mean(before))
    assert jnp.isfinite(z).all() and not jnp.allclose(z, start, atol=0.1)


def test_a_sound_has_the_same_code_alone_and_in_a_batch(network):
    params, waves, classes = network
    together = encode(SETTINGS, params, waves, classes)
    np.testing.assert_allclose(together[2:3], encode(SETTINGS, params, waves[2:3], classes[2:3]), atol=1e-3)


def test_silence_has_finite_latents(network):
    params, waves, classes = network
    assert np.isfinite(encode(SETTINGS, params, 0 * waves, classes)).all()
