"""The pure `generate` under jit, vmap and grad, against the fast player."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small

from drumjax import functional
from drumjax.config import CLASSES
from drumjax.synth import Synth

MIX = np.array([0.7, 0, 0.3, *[0] * (len(CLASSES) - 3)], np.float32)
POINT = np.array([0.1, -0.3, 0.5], np.float32)


BUNDLES = {
    "mcnn": ["paper"],
    # One step of Griffin-Lim: more take longer to compile and no other way.
    "hits": ["release", "vocoder.refine=1", "cwae.components=13"],
    "noise": ["tiny", "vocoder.refine=1", "texture=noise"],
}


@pytest.fixture(scope="module", params=BUNDLES)
def bundle(request):
    return small.ending(small.bundle(small.config(*BUNDLES[request.param])), 9)


@pytest.fixture(scope="module")
def loaded(bundle):
    params = jax.tree.map(jnp.asarray, functional.from_bundle(bundle))
    return params, functools.partial(jax.jit(functional.generate, static_argnums=1), params, bundle.config)


def test_one_sound_equals_the_players(bundle, loaded):
    synth, (_, generate) = Synth(bundle), loaded
    for mix, drum_class in ((MIX, {"kick": 0.7, "snare": 0.3}), (np.eye(len(CLASSES), dtype=np.float32)[10], "tom")):
        expected = synth.generate(POINT, drum_class)
        assert np.abs(expected).max() > 1e-3
        np.testing.assert_allclose(generate(POINT, mix), expected, atol=1e-5)


def test_another_take_is_an_argument(bundle, loaded):
    synth, (params, generate) = Synth(bundle), loaded
    if not synth.has_texture:
        pytest.skip("the paper's bundles have no texture")
    taken = generate(POINT, MIX, functional.take(params, bundle.config, 5))
    np.testing.assert_allclose(taken, synth.generate(POINT, {"kick": 0.7, "snare": 0.3}, texture=5), atol=1e-5)
    assert np.abs(taken - generate(POINT, MIX)).max() > 1e-3
    smooth = synth.generate(POINT, {"kick": 0.7, "snare": 0.3}, texture=None)
    np.testing.assert_allclose(generate(POINT, MIX, {}), smooth, atol=1e-5)
    assert np.abs(taken - smooth).max() > 1e-3


def test_a_sound_that_ends_with_its_mel_has_a_peak_of_one(bundle, loaded):
    """However loud the mel is; with the paper's mask, only what would clip is turned down."""
    (params, _), config = loaded, bundle.config
    generate = jax.jit(functional.generate, static_argnums=1)
    for level in (-5.0, 5.0):
        louder = {**params, "mean": params["mean"] + level}
        peak = float(np.abs(generate(louder, config, POINT, MIX)).max())
        assert peak == pytest.approx(1.0, abs=1e-6) if config.vocoder.end == "mel" else 0 < peak <= 1, level
    silent = {**params, "mean": params["mean"] - 60}
    assert not np.any(generate(silent, config, POINT, MIX))


def test_vmap_equals_a_batch(bundle, loaded):
    points = np.random.default_rng(0).standard_normal((len(CLASSES), 3)).astype(np.float32)
    waves = jax.jit(jax.vmap(loaded[1]))(points, np.eye(len(CLASSES), dtype=np.float32))
    np.testing.assert_allclose(waves, Synth(bundle).generate(points, CLASSES), atol=1e-5)


def test_the_gradient_in_the_controls_and_in_the_mix_is_finite_and_not_zero(loaded):
    _, generate = loaded
    gradients = jax.jit(jax.grad(lambda point, mix: jnp.sum(generate(point, mix) ** 2), (0, 1)))(POINT, MIX)
    for gradient in gradients:
        assert np.isfinite(gradient).all() and np.abs(gradient).max() > 1e-6


def test_the_gradient_is_the_slope_where_the_chain_is_smooth(bundle, loaded):
    """Up to the mel, against a central difference. The vocoder jumps with the peaks of the mel and with the mask."""
    (params, _), config = loaded, bundle.config
    weight = np.random.default_rng(1).standard_normal((9, config.audio.mels))
    direction = np.array([0.6, -0.64, 0.48], np.float32)

    @jax.jit
    def value(step):
        mix = jnp.asarray(MIX)[None]
        z = functional.place(params, (POINT + step * direction)[None], mix)
        mel = functional.decode(config, params, params["take"], z, mix)[0]
        return jnp.sum(jnp.log(mel[:9] + 1e-2) * weight)

    # A longer step would pass the edge of a partial, where the slope changes (`drumjax.sound.partials`).
    difference = (value(2e-3) - value(-2e-3)) / 4e-3
    assert float(jax.jit(jax.grad(value))(0.0)) == pytest.approx(float(difference), rel=0.02, abs=1e-3)


def test_the_shipped_bundle_is_the_default():
    params, config = functional.load()
    expected = Synth.load().generate(POINT, "kick")
    kick = np.eye(len(CLASSES), dtype=np.float32)[0]
    wave = jax.jit(functional.generate, static_argnums=1)(params, config, POINT, kick)
    np.testing.assert_allclose(wave, expected, atol=2e-4)
