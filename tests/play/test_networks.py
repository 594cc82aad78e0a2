"""The networks as they are played against the same networks as they are trained."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small

from drumjax.config import CLASSES
from drumjax.kernels import narrow
from drumjax.models import cwae
from drumjax.models.mcnn import MCNN
from drumjax.play import networks
from drumjax.presets import override, tiny
from drumjax.sound import dsp

ODD = small.config("paper")
SEVEN = override(
    tiny(),
    ["stages=cwae,mcnn", "vocoder.refine=0", "vocoder.end=mask", "mcnn.heads=4", "mcnn.channels=64,32,16,8,4,2,2"],
)
COMPONENTS = small.config("release", "cwae.components=13")


@pytest.mark.parametrize("config", [ODD, COMPONENTS], ids=["odd", "components"])
def test_decode_equals_the_network_as_trained(config):
    trained = small.bundle(config)
    if config.cwae.components:  # a basis that int8 represents, as in a bundle on disk
        whole, step = narrow.quantise(trained.cwae["batch_stats"]["basis"])
        trained.cwae["batch_stats"]["basis"] = whole * step[:, None]
    rng = np.random.default_rng(1)
    z = rng.standard_normal((5, config.cwae.latent)).astype(np.float32)
    classes = np.eye(len(CLASSES), dtype=np.float32)[[3, 0, 10, 6, 3]]
    x = jax.jit(functools.partial(cwae.build(config).apply, method="decode"))(trained.cwae, z, classes)
    expected = dsp.unstandardise(x, *trained.statistics.values(), config.cwae.log_offset)
    params = jax.tree.map(jnp.asarray, networks.lay_out(trained))
    mel = jax.jit(functools.partial(networks.decode, config))(params, z, classes)
    assert mel.any()
    expected = expected if config.vocoder.end == "mask" else dsp.gate(expected)
    np.testing.assert_allclose(mel, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("config", [ODD, SEVEN], ids=["odd", "seven layers"])
def test_wave_and_mask_equal_the_network_as_trained(config):
    trained = small.bundle(config)
    mel = np.abs(np.random.default_rng(2).standard_normal((3, config.audio.frames, config.audio.mels))) * 0.3
    expected = jax.jit(MCNN(config.mcnn, config.audio).apply)(trained.mcnn, mel)
    params = jax.tree.map(jnp.asarray, networks.lay_out(trained))
    play = jax.jit(functools.partial(networks.wave_and_mask, config.mcnn.width))
    made = play(params, jnp.asarray(mel, jnp.float32))
    for ours, theirs in zip(made, expected, strict=True):
        limit = 1e-5 * np.abs(theirs).max()
        np.testing.assert_allclose(ours[:, : config.audio.samples], theirs, atol=limit)
