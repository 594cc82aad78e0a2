"""The stage that trains the CWAE on standardised log-mels."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from drumjax.config import CLASSES, Config
from drumjax.data.batches import Batch, PrecomputedInputs
from drumjax.kernels.conv import jit
from drumjax.models import cwae
from drumjax.sound import dsp, inversion
from drumjax.train import objectives
from drumjax.train.examples import write_examples
from drumjax.train.loop import Task, in_chunks
from drumjax.train.statistics import macro

_GRIFFIN_LIM = 4
"""Steps of Griffin-Lim for the sounds written during training."""


def cwae_task(config: Config, held: Batch, fit_statistics: Callable[[], dict[str, Any]]) -> Task:
    """The CWAE's stage: equation 5 (`objectives.cwae_objective`).

    Args:
        config: of the run.
        held: sounds to validate on.
        fit_statistics: gives what `statistics.fit_statistics` does, when training starts anew.
    """
    model = cwae.build(config)

    def init(key: Array) -> tuple[Any, Any]:
        variables, fitted = cwae.init(config, key), jax.tree.map(jnp.asarray, fit_statistics())
        batch_stats = fitted.pop("components", variables.get("batch_stats", {}))
        return variables["params"], {"batch_stats": batch_stats, **fitted}

    def objective(params, extra, frozen, batch, key):
        # Components are precomputed (`source`): they are the batch's inputs in place of waves.
        inputs = batch.waves if config.cwae.components else standardised_log_mels(config, extra, batch.waves)
        loss, (metrics, batch_stats) = objectives.cwae_objective(
            model, params, extra["batch_stats"], inputs, batch.labels, key
        )
        return loss, (metrics, {**extra, "batch_stats": batch_stats})

    outputs = jit(functools.partial(_outputs, config))

    def validate(params, extra):
        z, errors, baseline = in_chunks(functools.partial(outputs, params, extra), held.waves, held.labels)
        mse = macro(errors, held.labels)
        mmd = objectives.validation_mmd(config.cwae, z, held.labels)
        own_std = [z[held.labels == label].std(0).mean() for label in np.unique(held.labels)]
        loss = objectives.cwae_loss(config.cwae, mse, mmd, config.train.cwae.batch)
        return {
            "loss": loss if config.cwae.monitor == "loss" else mse,
            "mse": mse,
            "mean_mel_baseline": macro(baseline, held.labels),
            "mmd": mmd,
            "latent_std": float(np.mean(own_std)),
        }

    mels = jit(functools.partial(_example_outputs, config))

    def show(params, extra, folder, step):
        write_examples(config, held, lambda batch: mels(params, extra, batch.waves, batch.labels), folder, step)

    source = functools.partial(_precompute, config) if config.cwae.components else None
    return Task("cwae", config.train.cwae, init, objective, {}, validate, show, source)


def standardised_log_mels(config: Config, extra: dict[str, Any], waves: Array) -> Array:
    """The standardised log-mels (batch, frames, mels) of waves; `extra` holds "mean" and "std"."""
    mel = dsp.mel_spectrogram(waves, config.audio)
    return dsp.standardise(mel, extra["mean"], extra["std"], config.cwae.log_offset)


def _outputs(config, params, extra, waves, labels):
    """(codes, squared errors, squared errors of the mean log-mel) of sounds."""
    x = standardised_log_mels(config, extra, waves)
    variables = {"params": params, "batch_stats": extra["batch_stats"]}
    z, output = cwae.build(config).apply(variables, x, jax.nn.one_hot(labels, len(CLASSES)))
    return z, jnp.mean((x - output) ** 2, axis=(1, 2)), jnp.mean(x**2, axis=(1, 2))


def _example_outputs(config, params, extra, waves, labels):
    """(input mels, decoded mels, decoded mels as waves) of sounds."""
    mel = dsp.mel_spectrogram(waves, config.audio)
    frozen = {"cwae": {"params": params, "batch_stats": extra["batch_stats"]}, **extra}
    decoded = objectives.reconstruct(config, frozen, mel, labels)
    magnitude = inversion.nnls(decoded, config.audio, config.vocoder.nnls)
    return mel, decoded, inversion.invert(magnitude, config.audio, _GRIFFIN_LIM, config.vocoder.momentum)


def _precompute(config: Config, balanced: Any, extra: dict[str, Any], folder: Path) -> PrecomputedInputs:
    """The training set as principal components, computed once and kept in the stage's folder."""
    model = cwae.build(config)

    @jit
    def project(extra, waves):
        variables = {"params": {}, "batch_stats": extra["batch_stats"]}
        return model.apply(variables, standardised_log_mels(config, extra, waves), method="project")

    return PrecomputedInputs(balanced, functools.partial(project, extra), folder / "components.npy")
