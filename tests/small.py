"""Small configs and bundles with random weights, for fast tests of everything that plays or trains."""

import dataclasses

import jax
import ml_dtypes
import numpy as np

from drumjax import checkpoint, presets
from drumjax.config import CLASSES, Config
from drumjax.kernels import narrow
from drumjax.models import cwae, mcnn
from drumjax.play import takes
from drumjax.sound import texture

SIZES = [
    "audio.rate=2000", "audio.samples=207", "audio.window=64", "audio.hop=16", "audio.fft=128", "audio.mels=29",
    "cwae.channels=2,3,5", "cwae.kernel=7,3", "cwae.dense=17,11", "cwae.latent=7",
    "mcnn.heads=3", "mcnn.channels=37,7,5,2", "mcnn.width=11",
]  # fmt: skip
"""Prime and pairwise different sizes: a swapped axis cannot pass. The second layer of the MCNN is wide enough for
minimal filtering, the others are not."""

TRAINED = [
    "audio.rate=4000", "audio.samples=2047", "audio.window=128", "audio.hop=32", "audio.fft=256", "audio.mels=32",
    "data.builtin=20", "data.per_class=20", "cwae.channels=4,8", "cwae.dense=32,24", "cwae.latent=8",
    "mcnn.heads=2", "mcnn.channels=16,8,4,4,2", "train.cwae.batch=22", "train.mcnn.batch=8", "train.joint.batch=8",
]  # fmt: skip
"""For runs of `--preset tiny` that end after seconds; the steps are the test's own."""


def config(preset: str, *overrides: str) -> Config:
    """A preset with small sizes."""
    return presets.override(presets.preset(preset), [*SIZES, *overrides])


def bundle(config: Config, seed: int = 0) -> checkpoint.Bundle:
    """Random weights as a bundle keeps them; batch statistics, standardisation and controls, none of them trivial."""
    rng = np.random.default_rng(seed)
    shape, latent = (config.audio.frames, config.audio.mels), config.cwae.latent

    def perturb(tree):
        drawn = jax.tree.map(lambda x: np.asarray(x) + 0.05 * rng.standard_normal(x.shape), tree)
        return jax.tree.map(lambda x: x.astype(ml_dtypes.bfloat16).astype(np.float32), drawn)

    auto = cwae.init(config, jax.random.key(seed))
    vocoder = mcnn.init(config, jax.random.key(seed)) if config.plays_mcnn else {}
    kinds = 1 if config.controls == "global" else len(CLASSES) + 1
    controls = {name: rng.standard_normal((kinds, 3, latent)).astype(np.float32) for name in ("basis", "dual")}
    auto = perturb(auto)
    if config.cwae.components:
        whole, step = narrow.quantise(auto["batch_stats"]["basis"])
        auto["batch_stats"]["basis"] = whole * step[:, None]
    return checkpoint.Bundle(
        config=config,
        cwae=auto,
        mcnn=perturb(vocoder),
        statistics={
            "mean": rng.normal(-2, 0.3, shape).astype(np.float32),
            "std": rng.uniform(0.3, 0.5, shape).astype(np.float32),
        },
        controls={"centre": rng.standard_normal((kinds, latent)).astype(np.float32), **controls},
        metadata={},
        texture=fine_structure(config, rng),
    )


def fine_structure(config: Config, rng: np.random.Generator, per_class: int = 3) -> dict[str, np.ndarray]:
    """Random texture of the config's kind: classes of different noisiness, and hits at random codes."""
    if config.texture == "none":
        return {}
    latent, cells = config.cwae.latent, np.prod(texture.cell_counts(config.audio))
    of_latent, of_class = 0.1 * rng.standard_normal((latent, cells)), rng.uniform(0, 1, (len(CLASSES), cells))
    fitted = {"of_latent": of_latent.astype(np.float32), "of_class": of_class.astype(np.float32)}
    if config.texture == "hits":
        labels = np.repeat(np.arange(len(CLASSES)), per_class)
        levels = rng.integers(-7, 8, (len(labels), config.audio.frames, config.audio.mels)).astype(np.int8)
        ends = rng.integers(1, config.audio.frames + 1, len(labels))
        fitted |= takes.fit(levels, ends, rng.standard_normal((len(labels), latent)), labels)
    return fitted


def ending(bundle: checkpoint.Bundle, frame: int) -> checkpoint.Bundle:
    """The bundle with mels that are silent from a frame on."""
    mean = bundle.statistics["mean"].copy()
    mean[frame:] = -40.0
    return dataclasses.replace(bundle, statistics={**bundle.statistics, "mean": mean})
