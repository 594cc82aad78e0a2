"""What the stages train: the CWAE, the MCNN, and the MCNN on the CWAE's reconstructions."""

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from drumjax.config import CLASSES, Config
from drumjax.data.batches import Alike, Balanced, Batch, Features, held_out
from drumjax.data.store import Store
from drumjax.kernels.conv import jit
from drumjax.models.cwae import CWAE, empty_inputs, principal
from drumjax.models.mcnn import MCNN, empty_mel
from drumjax.sound import audio, dsp, inversion
from drumjax.train import objectives
from drumjax.train.assembly import best_state, frozen_cwae
from drumjax.train.loop import Task, in_chunks, weights

CUTS = (0.25, 0.375, 0.55, 0.75)
"""Shares of the full length that the MCNN trains at where sounds are short; each is compiled for."""

FITTED_PER_CLASS = 400
VALIDATION_PER_CLASS = 32


def validation_sounds(store: Store, balanced: Balanced) -> Batch:
    """The held-out sounds every stage validates on; without a validation split, some of the training sounds."""
    batch = held_out(store, "validation", VALIDATION_PER_CLASS)
    missing = [name for label, name in enumerate(CLASSES) if label not in batch.labels]
    if len(missing) == len(CLASSES):
        print("no sounds to validate on: validation takes training sounds (see --group-by and data.shares)")
        return balanced.batch(0, VALIDATION_PER_CLASS * len(CLASSES))
    if missing:
        print(f"validation has no sounds of {', '.join(missing)}: its figures are means over the other classes")
    return batch


def beginnings(config: Config, balanced: Balanced) -> dict[str, Any]:
    """What is fitted before a CWAE trains, from up to `FITTED_PER_CLASS` items a class.

    Half of the items are the sounds as they are, as far as there are any, half are spread over the variations.

    Returns:
        {"mean", "std"} of log-mels, (frames, mels), the deviation floored; with components {"components"} as well.
    """
    log_mel = jit(lambda waves: jnp.log(dsp.mel_spectrogram(waves, config.audio) + config.cwae.log_offset))
    half = min(FITTED_PER_CLASS, balanced.per_class) // 2
    chosen = np.concatenate([np.arange(half), np.linspace(half, balanced.per_class - 1, half).astype(int)])
    x = np.concatenate(
        [in_chunks(log_mel, np.stack([balanced.item(c, int(i))[0] for i in chosen])) for c in range(len(CLASSES))]
    )
    mean = x.mean(axis=0, dtype=np.float64).astype(np.float32)
    x -= mean
    std = np.sqrt(np.mean(x**2, axis=0, dtype=np.float64)).astype(np.float32)
    fitted = {"mean": mean, "std": np.maximum(std, np.float32(config.cwae.min_std))}
    if config.cwae.components:
        x /= fitted["std"]
        labels = np.repeat(np.arange(len(CLASSES)), len(chosen))
        fitted["components"] = principal(x.reshape(len(x), -1), labels, config.cwae)
    return fitted


def macro(values: np.ndarray, labels: np.ndarray) -> float:
    """The mean over classes of the mean over a class's sounds; classes without sounds do not count."""
    return float(np.mean([values[labels == label].mean() for label in np.unique(labels)]))


def task(name: str, config: Config, store: Store, balanced: Balanced) -> Task:
    """The stage of this name, on a store.

    Raises:
        ValueError: it goes on from a stage that the run has not trained.
    """
    held = validation_sounds(store, balanced)
    if name == "cwae":
        return cwae_task(config, held, functools.partial(beginnings, config, balanced))
    if name == "mcnn":
        return mcnn_task(config, held)
    states = {stage: best_state(config, stage) for stage in ("cwae", "mcnn")}
    for stage, state in states.items():
        if state is None:
            raise ValueError(f"{config.run_dir} holds no trained {stage}: run --stage {stage} before --stage {name}")
    return mcnn_task(config, held, frozen_cwae(states["cwae"]), weights(states["mcnn"]))


def cwae_task(config: Config, held: Batch, begin: Callable[[], dict[str, Any]]) -> Task:
    """The CWAE on log-mels: mean squared error and per-class MMD (equation 5).

    Args:
        config: of the run.
        held: sounds to validate on.
        begin: gives what `beginnings` does when training starts anew.
    """
    settings, model = config.cwae, CWAE(config.cwae, config.audio)
    features = functools.partial(objectives.features, config)

    def init(key: Array) -> tuple[Any, Any]:
        variables, fitted = model.init(key, *empty_inputs(settings, config.audio)), jax.tree.map(jnp.asarray, begin())
        if "components" in fitted:
            return variables["params"], {"batch_stats": {"components": fitted.pop("components")}, **fitted}
        return variables["params"], {"batch_stats": variables["batch_stats"], **fitted}

    def objective(params, extra, frozen, waves, lengths, labels, key):
        x, classes = features(extra, waves), jax.nn.one_hot(labels, len(CLASSES))
        variables = {"params": params, "batch_stats": extra["batch_stats"]}
        (z, output), changed = model.apply(variables, x, classes, train=True, mutable=["batch_stats"])
        loss, metrics = objectives.balanced(settings, jnp.mean((x - output) ** 2, axis=(1, 2)), z, key)
        return loss, (metrics, {**extra, "batch_stats": changed["batch_stats"]})

    def objective_in_components(params, extra, frozen, u, lengths, labels, key):
        keys = jax.random.split(key, 4)
        u, classes = objectives.blended(settings, u, *keys[:2]), jax.nn.one_hot(labels, len(CLASSES))
        variables = {"params": params, "batch_stats": extra["batch_stats"]}
        rngs = {"dropout": keys[2]}
        z, output = model.apply(variables, u, classes, train=True, method=CWAE.in_components, rngs=rngs)
        loss, metrics = objectives.balanced(settings, jnp.sum((u - output) ** 2, axis=1), z, keys[3])
        return loss, (metrics, extra)

    @jit
    def outputs(params, extra, waves, labels):
        x, classes = features(extra, waves), jax.nn.one_hot(labels, len(CLASSES))
        z, output = model.apply({"params": params, "batch_stats": extra["batch_stats"]}, x, classes)
        return z, jnp.mean((x - output) ** 2, axis=(1, 2)), jnp.mean(x**2, axis=(1, 2))

    def validate(params, extra):
        run = functools.partial(outputs, params, extra)
        z, errors, baseline = in_chunks(run, held.waves, held.labels)
        return {
            "loss": macro(errors, held.labels),  # the MMD can be negative: annealing watches the reconstruction
            "mean_mel_baseline": macro(baseline, held.labels),
            "mmd": objectives.validation_mmd(config, z, held.labels),
            "latent_std": float(np.mean([z[held.labels == label].std(0).mean() for label in np.unique(held.labels)])),
        }

    @jit
    def mels(params, extra, waves, labels):
        x, classes = features(extra, waves), jax.nn.one_hot(labels, len(CLASSES))
        _, output = model.apply({"params": params, "batch_stats": extra["batch_stats"]}, x, classes)
        pair = [dsp.unstandardised(v, extra["mean"], extra["std"], settings.log_offset) for v in (x, output)]
        target = inversion.nnls(dsp.gate(pair[1]), config.audio, config.vocoder.nnls)
        return *pair, inversion.inverted(target, config.audio, 4, config.vocoder.momentum)

    def show(params, extra, folder, step):
        _show(config, held, lambda batch: mels(params, extra, batch.waves, batch.labels), folder, step)

    if not settings.components:
        return Task("cwae", config.train.cwae, init, objective, {}, validate, show)

    @jit
    def project(extra, waves):
        variables = {"params": {}, "batch_stats": extra["batch_stats"]}
        return model.apply(variables, features(extra, waves), method=CWAE.project)

    def source(balanced, extra, folder):
        return Features(balanced, functools.partial(project, extra), folder / "components.npy")

    return Task("cwae", config.train.cwae, init, objective_in_components, {}, validate, show, source)


def cuts(config: Config) -> dict[int, int]:
    """{samples that a sound lasts at most: samples that are enough to train the MCNN on it}, for `Alike`.

    They end in so many frames of silence that nothing the MCNN makes of the sound is cut, nor a frame that sees it.
    """
    audio = config.audio
    silent = audio.window // audio.hop + config.mcnn.width // 2 - 1
    frames = [math.ceil(share * audio.frames) for share in CUTS]
    return {(n - silent) * audio.hop: n * audio.hop - 1 for n in frames} | {audio.samples: audio.samples}


def mcnn_task(config: Config, held: Batch, frozen: dict[str, Any] | None = None, params: Any = None) -> Task:
    """The MCNN on real mels (equation 13), or half of the time on reconstructions of a CWAE.

    Args:
        config: of the run.
        held: sounds to validate on.
        frozen: for the joint stage, what `frozen_cwae` gave.
        params: for the joint stage, parameters of the MCNN to go on from.
    """
    settings, model = config.mcnn, MCNN(config.mcnn, config.audio)

    def init(key: Array) -> tuple[Any, Any]:
        return params if frozen else model.init(key, empty_mel(config.audio))["params"], {}

    reconstructed = functools.partial(objectives.reconstructed, config)
    parts = functools.partial(objectives.vocoder_losses, config)
    weight_of = dict(zip(("convergence", "log_mel", "mask"), settings.weights, strict=True))

    def total(means):
        return sum(weight * means[name] for name, weight in weight_of.items())

    def objective(params, extra, frozen, waves, lengths, labels, key):
        cut = replace(config.audio, samples=waves.shape[1])
        mel = given = dsp.mel_spectrogram(waves, cut)
        if frozen:
            half = jax.random.bernoulli(key, 0.5, (mel.shape[0], 1, 1))
            given = jnp.where(half, jax.lax.stop_gradient(reconstructed(frozen, mel, labels)), mel)
        metrics = {name: jnp.mean(value) for name, value in parts(cut, params, given, mel, lengths).items()}
        loss = total(metrics)
        return loss, ({"loss": loss, **metrics}, extra)

    @jit
    def held_parts(params, frozen, waves, lengths, labels):
        mel = dsp.mel_spectrogram(waves, config.audio)
        return parts(config.audio, params, reconstructed(frozen, mel, labels) if frozen else mel, mel, lengths)

    def validate(params, extra):
        values = in_chunks(functools.partial(held_parts, params, frozen), held.waves, held.lengths, held.labels)
        means = {name: macro(value, held.labels) for name, value in values.items()}
        return {"loss": total(means), **means}

    @jit
    def resynthesis(params, frozen, waves, labels):
        mel = dsp.mel_spectrogram(waves, config.audio)
        wave, logits = model.apply({"params": params}, reconstructed(frozen, mel, labels) if frozen else mel)
        wave = wave * (logits > 0)
        return mel, dsp.mel_spectrogram(wave, config.audio), wave

    def show(params, extra, folder, step):
        _show(config, held, lambda batch: resynthesis(params, frozen, batch.waves, batch.labels), folder, step)

    if frozen:
        # What the CWAE makes of a sound may last longer than the sound: these waves keep their length.
        return Task("joint", config.train.joint, init, objective, frozen, validate, show)

    def source(balanced, extra, folder):
        return Alike(balanced, cuts(config))

    return Task("mcnn", config.train.mcnn, init, objective, {}, validate, show, source)


def _show(config: Config, held: Batch, outputs, folder: Path, step: int) -> None:
    """One held-out sound a class: input and output mel side by side in a PNG, the output as WAV."""
    from drumjax.sound import pictures

    first = np.array([np.flatnonzero(held.labels == label)[0] for label in np.unique(held.labels)])
    batch = Batch(held.waves[first], held.lengths[first], held.labels[first])
    inputs, reconstructions, waves = (np.asarray(value) for value in outputs(batch))
    names = [CLASSES[label] for label in batch.labels]
    pictures.save(pictures.mel_pairs(inputs, reconstructions, names, config.audio), folder / f"mel_{step:06d}.png")
    (folder / "sounds").mkdir(exist_ok=True)
    for name, wave in zip(names[:4], waves[:4], strict=True):
        audio.write(
            folder / "sounds" / f"{step:06d}_{name}.wav", wave / max(1.0, np.abs(wave).max()), config.audio.rate
        )
