"""Small configs and bundles with random weights, for fast tests of everything that plays or trains."""

import dataclasses
from pathlib import Path

import jax
import ml_dtypes
import numpy as np
from jaxtyping import Float

from drumjax import checkpoint, presets
from drumjax.config import CLASSES, Config
from drumjax.data import procedural
from drumjax.data.batches import Balanced
from drumjax.kernels import narrow
from drumjax.models import cwae, mcnn
from drumjax.play import sampling, takes
from drumjax.sound import dsp, texture
from drumjax.train.statistics import fit_statistics

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


PLAYED = config("release", "cwae.components=13")
"""Settings that the engine plays."""


def instrument(config: Config = PLAYED) -> checkpoint.Bundle:
    """A bundle with everything that an instrument file holds."""
    rng, latent = np.random.default_rng(5), config.cwae.latent
    labels = np.repeat(np.arange(len(CLASSES)), 7)
    density = sampling.fit(rng.standard_normal((len(labels), latent)), labels, rng.integers(-1, 3, len(labels)))
    density["partners"] = (7 * labels[:, None] + rng.integers(0, 7, (len(labels), sampling.PARTNERS))).astype(np.uint16)
    made, points = bundle(config), rng.standard_normal((len(CLASSES), 5, 3)).astype(np.float32)
    knobs = {name: [f"{name}-{i}" for i in range(3)] for name in CLASSES}
    return dataclasses.replace(
        made,
        density=density if config.sampling == "density" else {},
        controls={**made.controls, "points": points},
        metadata={"knobs": knobs, "sources": [{"source": 'a "name", näher', "count": 3}]},
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


LEARNING = [
    "audio.rate=4000", "audio.samples=2047", "audio.window=128", "audio.hop=32", "audio.fft=256", "audio.mels=32",
    "data.builtin=16", "data.per_class=16", "cwae.fit_per_class=16", "cwae.dense=97,83", "cwae.latent=5",
    "cwae.components=13", "encoding.refine=3", "vocoder.refine=1",
]  # fmt: skip
"""Of `learner`: pairwise different sizes."""


def learner(folder: Path) -> checkpoint.Bundle:
    """A bundle of preset release whose components are fitted to built-in drums; dense layers and knobs are random."""
    made = presets.override(presets.preset("release"), [*LEARNING, f"data.store={folder}"])
    balanced = Balanced(procedural.build(made, progress=False), made.data.per_class, 0)
    fitted = fit_statistics(made, balanced)
    drawn = bundle(made)
    variables = {"params": drawn.cwae["params"], "batch_stats": fitted.pop("components")}
    whole, step = narrow.quantise(variables["batch_stats"]["basis"])
    variables["batch_stats"]["basis"] = np.asarray(whole * step[:, None])
    store = balanced.store
    mels = dsp.mel_spectrogram(store.wave(np.arange(len(store))), made.audio)
    x = dsp.standardise(mels, fitted["mean"], fitted["std"], made.cwae.log_offset)
    z = cwae.build(made).apply(variables, x, jax.nn.one_hot(store.labels, len(CLASSES)), method="encode")
    controls = {
        **drawn.controls,
        "explained": np.ones((len(CLASSES) + 1, 3), np.float32),
        "points": np.ones((len(CLASSES), 200, 3), np.float32),
    }
    density = sampling.fit(np.asarray(z), store.labels, store.kits)
    firsts = [np.flatnonzero(store.labels == label)[0] for label in store.labels]
    density["partners"] = np.tile(np.array(firsts, np.uint16)[:, None], sampling.PARTNERS)
    return dataclasses.replace(
        drawn,
        cwae=variables,
        statistics=fitted,
        controls=controls,
        density=density,
        metadata={
            "heard_kits": sorted(store.kit_names),
            "sources": [],
            "knobs": {name: ["a", "b", "c"] for name in CLASSES},
        },
    )


def strokes(count: int, hz: float, seed: int = 0) -> Float[np.ndarray, "count samples"]:
    """Strokes of one drum that built-in drums lack: two beating partials, at varied pitch and decay, at 4,000 Hz."""
    rng, time = np.random.default_rng(seed), np.arange(1800) / 4000
    pitch, decay = rng.uniform(0.97, 1.03, (count, 1)), rng.uniform(0.06, 0.12, (count, 1))
    waves = np.sin(2 * np.pi * hz * pitch * time) * (1.2 + np.sin(2 * np.pi * 31 * time)) * np.exp(-time / decay)
    return (waves / np.abs(waves).max(axis=1, keepdims=True)).astype(np.float32)
