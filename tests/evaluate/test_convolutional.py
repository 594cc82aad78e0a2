"""The network learns, repeats itself, and sees what its variations change."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drumjax.evaluate import convolutional
from drumjax.evaluate.convolutional import AUDIO


def sounds(label, count, seed):
    """Decaying band noise, lower and longer for smaller labels; peaks at 1."""
    rng = np.random.default_rng((label, seed))
    t = np.arange(AUDIO.samples) / AUDIO.rate
    hz = 300 * 2 ** (label / 2) * rng.uniform(0.9, 1.1, (count, 1))
    waves = np.sin(2 * np.pi * hz * t + rng.uniform(0, 6, (count, 1))) * np.exp(-t * (6 + 3 * label))
    waves += 0.1 * rng.standard_normal(waves.shape) * np.exp(-t * 40)
    return (waves / np.abs(waves).max(axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def training():
    labels = np.repeat([0, 3, 6], [30, 8, 20])
    return np.concatenate([sounds(c, np.sum(labels == c), 0) for c in (0, 3, 6)]), labels, np.arange(len(labels)) % 4


@pytest.fixture(scope="module")
def params(training):
    return train(training)


def train(training, seed=0):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolutional, "STEPS", 30)
        return convolutional.train(*training, seed)


def test_new_sounds_are_recognised_also_of_the_rare_class(params):
    for label in (0, 3, 6):
        probabilities, embedding = convolutional.outputs(params, sounds(label, 20, 1))
        assert np.mean(probabilities.argmax(axis=1) == label) > 0.9
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
        assert embedding.shape == (20, convolutional.EMBEDDING)


def test_equal_seeds_give_equal_parameters_and_others_differ(training, params):
    again, other = train(training), train(training, seed=1)
    assert all(np.array_equal(params[name], again[name]) for name in params)
    assert not any(np.array_equal(params[name], other[name]) for name in params if name.endswith("kernel"))


def test_initial_parameters_have_the_spread_of_flax_own(params):
    import jax

    own = convolutional.initial_params(np.random.default_rng(0))
    shapes = jax.tree.map(np.shape, own)
    flax_own = convolutional.Network().init(jax.random.key(0), jnp.zeros((1, AUDIO.frames, AUDIO.mels)))
    assert shapes == jax.tree.map(np.shape, flax_own)
    for first, second in zip(jax.tree.leaves(own), jax.tree.leaves(flax_own), strict=True):
        assert first.std() == pytest.approx(float(second.std()), rel=0.2, abs=1e-6)
        assert first.mean() == pytest.approx(float(second.mean()), abs=0.1)


def test_draws_are_even_over_classes_then_kits():
    labels, kits = np.repeat([0, 4], [99, 11]), np.r_[np.repeat([0, 1], [90, 9]), np.repeat([1, 2], [10, 1])]
    drawn = convolutional.balanced_draws(labels, kits, 400, 10, seed=0).ravel()
    shares = [np.mean((labels[drawn] == label) & (kits[drawn] == kit)) for label in (0, 4) for kit in (0, 1, 2)]
    assert shares == pytest.approx([0.25, 0.25, 0, 0, 0.25, 0.25], abs=0.03)


def variation(count=2, **changes):
    none = np.zeros((count, 1), np.float32)
    neutral = {
        "speed": none + 1, "shift": none, "gain": none + 1, "noise": np.zeros((count, AUDIO.samples), np.float32),
        "tilt": none, "frames": np.stack([none, none]), "bands": np.stack([none, none]),
    }  # fmt: skip
    return neutral | {name: np.broadcast_to(np.float32(value), neutral[name].shape) for name, value in changes.items()}


def test_each_variation_does_what_its_name_says():
    waves = jnp.asarray(sounds(4, 2, 2))
    plain = np.asarray(convolutional.log_mels(waves))

    def varied(**changes):
        return np.asarray(jax.jit(convolutional.varied_log_mels)(waves, **variation(**changes)))

    np.testing.assert_allclose(varied()[:, :-1], plain[:, :-1], atol=1e-3)
    np.testing.assert_allclose(varied(shift=2 * AUDIO.hop)[:, 3:40], plain[:, 1:38], atol=1e-2)
    higher, band = (x[:, :70].argmax(axis=2).mean() for x in (varied(speed=1.2), plain))  # it ends earlier, too
    assert higher > band + 1
    ratio = np.exp((varied(gain=0.5) - plain)[:, 0].min(axis=1) * convolutional.STD)  # in the loudest band
    np.testing.assert_allclose(ratio, 0.5, atol=0.02)
    tilted = (varied(tilt=6.0) - plain) * convolutional.STD * 20 / np.log(10)
    np.testing.assert_allclose(tilted[:, :-1], np.broadcast_to(np.linspace(-6, 6, AUDIO.mels), (2, 99, 64)), atol=1e-2)
    masked = varied(frames=np.array([5.0, 3.0])[:, None, None], bands=np.array([9.0, 2.0])[:, None, None])
    zero = masked == 0
    assert zero[:, 5:8].all() and zero[:, :, 9:11].all() and zero.sum() == 2 * (3 * 64 + 2 * 100 - 6)
    assert varied(noise=1e-2)[:, -2].mean() > plain[:, -2].mean()


def test_draws_of_variations_stay_within_their_limits():
    drawn = convolutional.draw_variation(np.random.default_rng(0), 400)
    assert np.abs(np.log(drawn["speed"])).max() <= convolutional.SPEED + 1e-6
    decibels = 20 * np.log10(drawn["gain"])
    assert -9 <= decibels.min() < -8 and 2 < decibels.max() <= 3
    assert drawn["noise"].shape == (400, AUDIO.samples) and drawn["noise"].std() < 10 ** (-40 / 20)
