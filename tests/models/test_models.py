"""CWAE and MCNN against the paper's sheet: sizes, counts, alignment; the class matters, gradients reach everything."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drumjax import presets
from drumjax.config import CLASSES
from drumjax.models import convolutional, cwae, mcnn
from drumjax.sound import dsp

PAPER = presets.preset("paper")
SMALL = presets.override(
    presets.preset("tiny"), ["cwae.channels=3,5", "cwae.dense=17,13", "cwae.latent=7", "mcnn.heads=3", "audio.mels=37"]
)


def count(tree):
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


def shapes(settings):
    def init():
        key = jax.random.key(0)
        auto = cwae.draw(settings, key)
        return auto, mcnn.draw(settings, key)

    return jax.eval_shape(init)


def test_paper_sizes():
    assert PAPER.cwae.grid(PAPER.audio) == [(86, 512), (43, 171), (22, 57), (11, 19)]
    auto, vocoder = shapes(PAPER)
    assert count(vocoder["params"]["heads"]) == 8 * 13 * sum(
        a * b for a, b in zip((512, 128, 64, 32, 16, 8, 4, 2), (128, 64, 32, 16, 8, 4, 2, 2), strict=True)
    )
    assert round(count(vocoder["params"]["heads"]) / 1e6, 2) == 7.95
    assert count(vocoder["params"]) - count(vocoder["params"]["heads"]) == 8 + 2  # head weights, softsign a and b
    flat, kernels = 64 * 11 * 19, 11 * 5 * (1 * 16 + 16 * 32 + 32 * 64)
    norms = 2 * 11 * (16 + 32 + 64)
    encoder = kernels + norms + (flat + 1) * 1024 + 1025 * 512 + 513 * 64
    assert count(auto["params"]["encoder"]) == encoder
    decoder = kernels + 2 * 11 * (32 + 16) + (64 + 11 + 1) * 512 + 513 * 1024 + 1025 * flat + 1
    assert count(auto["params"]["decoder"]) == decoder


@pytest.mark.parametrize("name", presets.PRESETS)
def test_every_preset_builds_and_fits_its_audio(name):
    made = presets.preset(name)
    auto, vocoder = shapes(made)
    x = np.zeros((2, made.audio.frames, made.audio.mels), np.float32)
    classes = np.zeros((2, len(CLASSES)), np.float32)
    z, output = jax.eval_shape(cwae.build(made).apply, auto, x, classes)
    assert z.shape == (2, made.cwae.latent) and output.shape == x.shape
    wave, mask = jax.eval_shape(mcnn.MCNN(made.mcnn, made.audio).apply, vocoder, x)
    assert wave.shape == mask.shape == (2, made.audio.samples)


@pytest.fixture(scope="module")
def small():
    key = jax.random.key(1)
    auto = cwae.build(SMALL)
    variables = cwae.init(SMALL, key)
    x = np.random.default_rng(1).standard_normal((22, SMALL.audio.frames, SMALL.audio.mels), np.float32)
    return auto, variables, jnp.asarray(x)


def test_mcnn_is_aligned_and_silent_for_silence():
    """A lone frame f speaks around sample hop * f only, and zero frames give exact zeros in wave and mask."""
    model = mcnn.MCNN(SMALL.mcnn, SMALL.audio)
    mel = np.zeros((2, SMALL.audio.frames, SMALL.audio.mels), np.float32)
    mel[1, 40] = 1.0
    wave, mask = jax.jit(model.apply)(mcnn.init(SMALL, jax.random.key(0)), mel)
    assert not np.any(wave[0]) and not np.any(mask[0])
    heard = np.flatnonzero(np.asarray(mask[1]))
    centre, hop = 40 * SMALL.audio.hop, SMALL.audio.hop
    # Each layer widens by 6 of its own samples on a side: 6 * (1/2 + 1/4 + ...) < 6 frames.
    assert heard.min() > centre - 6 * hop and heard.max() < centre + 7 * hop
    assert heard.min() <= centre <= heard.max()


def test_the_class_matters_in_encoder_and_decoder(small):
    auto, variables, x = small
    # Scales and shifts start equal for all classes; a step of training separates them.
    rng = np.random.default_rng(0)
    variables = jax.tree.map(lambda v: v + 0.1 * rng.standard_normal(v.shape, np.float32), variables)
    one, other = (np.tile(np.eye(11, dtype=np.float32)[label], (22, 1)) for label in (0, 1))
    run = jax.jit(auto.apply, static_argnames="method")
    z = run(variables, x, one, method="encode")
    assert np.abs(z - run(variables, x, other, method="encode")).max() > 1e-3
    decoded = [run(variables, z, c, method="decode") for c in (one, other)]
    assert np.abs(decoded[0] - decoded[1]).max() > 1e-3


def test_conditional_batch_norm_is_numpy_s_over_the_whole_batch():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((6, 5, 7, 3)).astype(np.float32) * 2 + 1
    labels = np.array([0, 1, 2, 0, 1, 2])
    scale, shift = rng.standard_normal((2, 11, 3)).astype(np.float32)
    layer, x = convolutional.ConditionalBatchNorm(), jnp.asarray(x)
    variables = jax.jit(layer.init, static_argnums=3)(jax.random.key(0), x, np.eye(11, dtype=np.float32)[labels], True)
    variables = {**variables, "params": {"scale": scale, "shift": shift}}
    apply = jax.jit(layer.apply, static_argnums=3, static_argnames="mutable")
    output, _ = apply(variables, x, np.eye(11, dtype=np.float32)[labels], True, mutable=("batch_stats",))
    normal = (x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2)) + 1e-5)
    expected = normal * scale[labels][:, None, None] + shift[labels][:, None, None]
    np.testing.assert_allclose(output, expected, rtol=1e-4, atol=1e-4)


def test_gradients_reach_every_parameter(small):
    auto, variables, x = small
    classes = jnp.asarray(np.eye(len(CLASSES), dtype=np.float32)[np.arange(22) % len(CLASSES)])

    def loss(params):
        (z, output), _ = auto.apply({**variables, "params": params}, x, classes, train=True, mutable=["batch_stats"])
        return jnp.mean((x - output) ** 2) + 0.1 * jnp.mean(z**2)

    model = mcnn.MCNN(SMALL.mcnn, SMALL.audio)
    mel = jnp.asarray(np.abs(x)[:2])
    params = mcnn.init(SMALL, jax.random.key(2))["params"]

    def vocoder_loss(params):
        wave, mask = model.apply({"params": params}, mel)
        return jnp.mean((wave * jax.nn.sigmoid(mask) - 0.3) ** 2)

    for function, at in ((loss, variables["params"]), (vocoder_loss, params)):
        for path, gradient in jax.tree_util.tree_leaves_with_path(jax.jit(jax.grad(function))(at)):
            assert np.abs(gradient).max() > 0, jax.tree_util.keystr(path)


def test_standardisation_round_trip():
    mel = np.random.default_rng(0).random((2, 5, 7), np.float32)
    mean, std = np.full((5, 7), -3.0, np.float32), np.full((5, 7), 0.4, np.float32)
    back = dsp.unstandardise(dsp.standardise(mel, mean, std, 1e-4), mean, std, 1e-4)
    np.testing.assert_allclose(back, mel, rtol=1e-4, atol=1e-6)
