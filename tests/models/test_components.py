"""The wider network of an adaptation: what it adds, and that nothing else changes."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small

from drumjax import presets
from drumjax.config import CLASSES
from drumjax.models import components, cwae

CONFIG = presets.override(presets.preset("release"), small.LEARNING)
OWN, OTHER = CLASSES.index("kick"), CLASSES.index("tom")


@pytest.fixture(scope="module")
def widened():
    """(old variables, new variables, new config, the log-mels that the new components are fitted to)."""
    rng, features = np.random.default_rng(0), CONFIG.audio.frames * CONFIG.audio.mels
    old = small.bundle(CONFIG).cwae
    basis = np.linalg.qr(rng.standard_normal((features, CONFIG.cwae.components)))[0].T.astype(np.float32)
    old = {**old, "batch_stats": {**old["batch_stats"], "basis": basis, "scale": np.ones(13, np.float32)}}
    missing = np.linalg.qr(rng.standard_normal((features, 3)))[0].T
    x = (rng.standard_normal((40, 3)) * [9, 5, 2] @ missing + rng.standard_normal((40, 13)) @ basis).astype(np.float32)
    new, settings = components.widen(old, CONFIG.cwae, x, np.full(40, OWN), x, 7)
    return old, new, settings, x


def run(variables, settings, method, array, label):
    made = dataclasses.replace(CONFIG, cwae=settings)
    classes = jax.nn.one_hot(np.full(len(array), label), len(CLASSES))
    return np.asarray(cwae.build(made).apply(variables, jnp.asarray(array), classes, method=method))


def test_components_are_the_directions_that_the_old_ones_lack(widened):
    old, new, settings, x = widened
    basis = new["batch_stats"]["basis"]
    assert (settings.components, settings.latent) == (13 + 3, 5 + 3)  # the sounds lack three directions, not seven
    np.testing.assert_allclose(basis @ basis.T, np.eye(16), atol=1e-4)
    np.testing.assert_allclose(np.delete(basis, [5, 6, 7], axis=0), old["batch_stats"]["basis"])
    np.testing.assert_allclose(x @ basis.T @ basis, x, atol=1e-3)


def test_codes_of_the_old_network_decode_to_the_same(widened):
    old, new, settings, _ = widened
    z = np.random.default_rng(1).standard_normal((4, 5)).astype(np.float32)
    for label in (OWN, OTHER):
        before = run(old, CONFIG.cwae, "decode", z, label)
        np.testing.assert_allclose(run(new, settings, "decode", np.pad(z, ((0, 0), (0, 3))), label), before, atol=1e-4)


def test_a_new_latent_moves_the_sounds_of_its_class_alone(widened):
    _, new, settings, _ = widened
    z = np.zeros((1, 8), np.float32)
    moved = z.copy()
    moved[:, 6] = 1
    for label, changes in ((OWN, True), (OTHER, False)):
        difference = run(new, settings, "decode", moved, label) - run(new, settings, "decode", z, label)
        assert (np.abs(difference).max() > 1e-2) == changes


def test_encoder_and_decoder_keep_the_new_components_of_a_sound(widened):
    old, new, settings, x = widened
    mels = x.reshape(len(x), CONFIG.audio.frames, -1)
    z = run(new, settings, "encode", mels, OWN)
    np.testing.assert_allclose(z[:, :5], run(old, CONFIG.cwae, "encode", mels, OWN), atol=1e-4)
    assert 0.5 < np.mean(z[:, 5:] ** 2) < 2  # about the variance of the prior
    directions = new["batch_stats"]["basis"][5:8]
    decoded = run(new, settings, "decode", z, OWN).reshape(len(x), -1)
    np.testing.assert_allclose(decoded @ directions.T, x @ directions.T, atol=1e-2)
    assert not run(new, settings, "encode", mels, OTHER)[:, 5:].any()
