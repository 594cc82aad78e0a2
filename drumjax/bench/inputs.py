"""Random bundles and batches for the benchmark: the time of the arithmetic does not depend on the values."""

from dataclasses import replace
from typing import Any

import jax
import ml_dtypes
import numpy as np

from drumjax.checkpoint import Bundle
from drumjax.config import CLASSES, Config
from drumjax.data.batches import Batch
from drumjax.models import cwae, mcnn
from drumjax.play import takes
from drumjax.sound import texture
from drumjax.synth import Synth


def random_bundle(config: Config) -> Bundle:
    """A bundle of random parameters of a config without density, whose sounds last a second."""
    rng, latent = np.random.default_rng(0), config.cwae.latent
    std = np.ones((config.audio.frames, config.audio.mels), np.float32)
    auto, vocoder = jax.eval_shape(lambda key: (cwae.draw(config, key), mcnn.draw(config, key)), jax.random.key(0))

    def random_leaf(leaf):
        # Scaled by the number of inputs of an output, so that activations keep their level.
        normal = rng.standard_normal(leaf.shape, np.float32) / np.sqrt(np.prod(leaf.shape[-3:-1]))
        return normal.astype(ml_dtypes.bfloat16).astype(np.float32)  # bundles store bfloat16

    if config.cwae.components:
        auto = jax.tree.map(random_leaf, auto)
        auto["batch_stats"]["basis"] /= np.sqrt(std.size)  # its rows have length 1
    else:
        auto = {group: {"decoder": jax.tree.map(random_leaf, parts["decoder"])} for group, parts in auto.items()}
        auto["batch_stats"] = jax.tree.map(np.abs, auto["batch_stats"])  # variances must be positive
    vocoder = jax.tree.map(random_leaf, vocoder) if config.plays_mcnn else {}
    if vocoder:
        # The mean output of an ELU is positive, so positive kernels keep the mask above 0.5.
        last = vocoder["params"]["heads"][f"kernel_{len(config.mcnn.channels) - 1}"]
        last[..., 1] = np.abs(last[..., 1])
    kinds = len(CLASSES) + 1
    knobs = {name: rng.standard_normal((kinds, 3, latent), np.float32) for name in ("basis", "dual")}
    centres = rng.standard_normal((kinds, latent), np.float32)
    controls = {"centre": centres, "explained": np.ones((kinds, 3), np.float32), **knobs}
    bundle = Bundle(config, auto, vocoder, {"std": std}, controls, {}, texture=_random_texture(config, rng))
    return with_length(bundle, 1.0)


def _random_texture(config: Config, rng: np.random.Generator) -> dict[str, Any]:
    """Texture of the config's kind, with as many hits as a bundle holds, all a second long."""
    if config.texture == "none":
        return {}
    latent, cells, count = config.cwae.latent, np.prod(texture.cell_counts(config.audio)), len(CLASSES)
    sizes = {"of_latent": (latent, cells), "of_class": (count, cells)}
    fitted = {name: rng.standard_normal(size, np.float32) for name, size in sizes.items()}
    if config.texture == "hits":
        labels = np.repeat(np.arange(count), takes.PER_CLASS)
        shape = len(labels), config.audio.frames, config.audio.mels
        levels = rng.integers(-7, 8, shape, np.int8)
        codes = rng.standard_normal((len(labels), latent), np.float32)
        fitted |= takes.fit(levels, np.full(len(labels), config.audio.frames), codes, labels)
    return fitted


def with_length(bundle: Bundle, seconds: float) -> Bundle:
    """The bundle with mels of this length: the mean log-mel is loud before the end and silent after it."""
    audio, std = bundle.config.audio, bundle.statistics["std"]
    mean = np.full_like(std, 2.0)
    mean[round(seconds * audio.rate / audio.hop) :] = -40.0
    return replace(bundle, statistics={"mean": mean, "std": std})


def with_shared_params(synth: Synth, bundle: Bundle) -> Synth:
    """A Synth of a bundle with the parameters of `synth`, which both share.

    Two copies would evict each other from the processor's caches.
    """
    other = Synth(bundle)
    other._params = synth._params | jax.device_put(dict(bundle.statistics))
    return other


def random_batch(config: Config, count: int) -> Batch:
    """`count` sounds of decaying noise, sorted by class, each of which ends at half of the config's samples."""
    t = np.arange(config.audio.samples) / config.audio.samples
    waves = np.random.default_rng(0).standard_normal((count, t.size)) * np.exp(-9 * t) * (t < 0.5)
    waves /= np.abs(waves).max(axis=1, keepdims=True)
    labels = np.sort(np.arange(count) % len(CLASSES)).astype(np.int32)
    return Batch(waves.astype(np.float32), np.full(count, t.size // 2, np.int32), labels)
