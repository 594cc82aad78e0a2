"""What is measured with: random weights and sounds, since the arithmetic does not depend on what sounds."""

from dataclasses import replace

import jax
import ml_dtypes
import numpy as np

from drumjax.checkpoint import Bundle
from drumjax.config import CLASSES, Config
from drumjax.data.batches import Batch
from drumjax.models.cwae import CWAE, empty_inputs
from drumjax.models.mcnn import MCNN, empty_mel
from drumjax.synth import Synth


def bundle(config: Config) -> Bundle:
    """Random weights of these networks, as the paper plays them, without refinement; its sounds last to the end."""
    rng, latent = np.random.default_rng(0), config.cwae.latent
    key, cwae, mcnn = jax.random.key(0), CWAE(config.cwae, config.audio), MCNN(config.mcnn, config.audio)
    cwae = jax.eval_shape(cwae.init, key, *empty_inputs(config.cwae, config.audio))
    mcnn = jax.eval_shape(mcnn.init, key, empty_mel(config.audio))

    def drawn(leaf):
        # Positive too are the variances among them; divided by the numbers that meet in one output.
        normal = rng.standard_normal(leaf.shape) / np.sqrt(np.prod(leaf.shape[-3:-1]))
        return normal.astype(ml_dtypes.bfloat16).astype(np.float32)  # as a bundle keeps them

    cwae = {group: {"decoder": jax.tree.map(drawn, parts["decoder"])} for group, parts in cwae.items()}
    cwae["batch_stats"] = jax.tree.map(np.abs, cwae["batch_stats"])
    mcnn = jax.tree.map(drawn, mcnn)
    # An ELU's outputs are positive on average: with positive weights the mask stays open.
    last = mcnn["params"]["heads"][f"kernel_{len(config.mcnn.channels) - 1}"]
    last[..., 1] = np.abs(last[..., 1])
    knobs = {name: rng.standard_normal((len(CLASSES) + 1, 3, latent), np.float32) for name in ("basis", "dual")}
    centres = rng.standard_normal((len(CLASSES) + 1, latent), np.float32)
    controls = {"centre": centres, "explained": np.ones((len(CLASSES) + 1, 3), np.float32), **knobs}
    std = np.ones((config.audio.frames, config.audio.mels), np.float32)
    return refined(lasting(Bundle(config, cwae, mcnn, {"std": std}, controls, {}), 1.0), 0)


def lasting(bundle: Bundle, seconds: float) -> Bundle:
    """The bundle with sounds of this length: log-mels are loud up to there, and silent after."""
    audio, std = bundle.config.audio, bundle.statistics["std"]
    mean = np.full_like(std, 2.0)
    mean[round(seconds * audio.rate / audio.hop) :] = -40.0
    return replace(bundle, statistics={"mean": mean, "std": std})


def refined(bundle: Bundle, steps: int) -> Bundle:
    """The bundle with so many refinement steps after the MCNN."""
    vocoder = replace(bundle.config.vocoder, refine=steps)
    return replace(bundle, config=replace(bundle.config, vocoder=vocoder))


def beside(synth: Synth, bundle: Bundle) -> Synth:
    """The Synth of a bundle that has the weights of `synth`, and shares them: two copies would drive each other out
    of the processor's caches."""
    other = Synth(bundle)
    other._weights = synth._weights | jax.device_put(dict(bundle.statistics))
    return other


def batch(config: Config, count: int) -> Batch:
    """Decaying noise of every class, half a second long."""
    t = np.arange(config.audio.samples) / config.audio.samples
    waves = np.random.default_rng(0).standard_normal((count, t.size)) * np.exp(-9 * t) * (t < 0.5)
    waves /= np.abs(waves).max(axis=1, keepdims=True)
    labels = np.sort(np.arange(count) % len(CLASSES)).astype(np.int32)
    return Batch(waves.astype(np.float32), np.full(count, t.size // 2, np.int32), labels)
