"""The networks as they are played against the same networks as they are trained."""

import dataclasses

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

from drumjax.checkpoint import Bundle
from drumjax.config import CLASSES, CWAE, MCNN, Audio
from drumjax.models import cwae
from drumjax.models.mcnn import MCNN as Vocoder
from drumjax.models.mcnn import empty_mel
from drumjax.play import networks
from drumjax.presets import paper, tiny
from drumjax.sound import dsp

# Prime, pairwise different sizes, so that a swapped axis cannot pass; padding 2 before and 3 behind a block. The MCNN's
# second layer is wide enough for minimal filtering, the others are not.
ODD = dataclasses.replace(
    paper(),
    audio=Audio(rate=2000, samples=13 * 16 - 1, window=64, hop=16, fft=128, mels=29),
    cwae=CWAE(channels=(2, 3, 5), kernel=(7, 3), dense=(17, 11), latent=7),
    mcnn=MCNN(heads=3, channels=(37, 7, 5, 2), width=11),
)
COMPONENTS = dataclasses.replace(ODD, cwae=dataclasses.replace(ODD.cwae, components=13))


def bundle(config, seed=0):
    """Random weights as a bundle keeps them, batch statistics and standardisation, none of them zero or one."""
    rng = np.random.default_rng(seed)
    frames, mels = config.audio.frames, config.audio.mels

    def noisy(tree):
        drawn = jax.tree.map(lambda x: np.asarray(x + 0.05 * rng.standard_normal(x.shape)), tree)
        return jax.tree.map(lambda x: x.astype(ml_dtypes.bfloat16).astype(np.float32), drawn)

    auto = cwae.build(config).init(jax.random.key(seed), *cwae.zero_inputs(config))
    mcnn = Vocoder(config.mcnn, config.audio).init(jax.random.key(seed), empty_mel(config.audio))
    mean = rng.normal(-2, 0.3, (frames, mels)).astype(np.float32)
    std = rng.uniform(0.3, 0.5, (frames, mels)).astype(np.float32)
    return Bundle(config, noisy(auto), noisy(mcnn), {"mean": mean, "std": std}, {}, {})


@pytest.mark.parametrize("config", [ODD, COMPONENTS, tiny()], ids=["odd", "components", "tiny"])
def test_decode_equals_the_network_as_trained(config):
    trained = bundle(config)
    rng = np.random.default_rng(1)
    z = rng.standard_normal((5, config.cwae.latent)).astype(np.float32)
    classes = np.eye(len(CLASSES), dtype=np.float32)[[3, 0, 10, 6, 3]]
    x = cwae.build(config).apply(trained.cwae, z, classes, method="decode")
    expected = dsp.unstandardise(x, *trained.statistics.values(), config.cwae.log_offset)
    weights = jax.tree.map(jnp.asarray, networks.lay_out(trained))
    mel = networks.decode(config, weights, z, classes)
    assert mel.any()
    expected = expected if config.vocoder.end == "mask" else dsp.gate(expected)
    np.testing.assert_allclose(mel, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("config", [ODD, tiny()], ids=["odd", "tiny"])
def test_wave_and_mask_equal_the_network_as_trained(config):
    trained = bundle(config)
    mel = np.abs(np.random.default_rng(2).standard_normal((3, config.audio.frames, config.audio.mels))) * 0.3
    expected = Vocoder(config.mcnn, config.audio).apply(trained.mcnn, mel)
    weights = jax.tree.map(jnp.asarray, networks.lay_out(trained))
    made = networks.wave_and_mask(config.mcnn.width, weights, jnp.asarray(mel, jnp.float32))
    for ours, theirs in zip(made, expected, strict=True):
        limit = 1e-5 * np.abs(theirs).max()
        np.testing.assert_allclose(ours[:, : config.audio.samples], theirs, atol=limit)
