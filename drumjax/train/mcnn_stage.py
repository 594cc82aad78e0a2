"""The stages that train the MCNN: on real mels, then half of the time on a CWAE's reconstructions."""

import functools
import math
from dataclasses import replace
from typing import Any

from jaxtyping import Array

from drumjax.config import Config
from drumjax.data.batches import Batch, LengthBucketed
from drumjax.kernels.conv import jit
from drumjax.models import mcnn
from drumjax.models.mcnn import MCNN
from drumjax.sound import dsp
from drumjax.train import objectives
from drumjax.train.examples import write_examples
from drumjax.train.loop import Task, in_chunks
from drumjax.train.statistics import macro

BUCKETS = (0.25, 0.375, 0.55, 0.75)
"""Shares of the full length that batches of short sounds are cut to; each is compiled once."""


def mcnn_task(config: Config, held: Batch, frozen: dict[str, Any] | None = None, params: Any = None) -> Task:
    """The MCNN's stage on real mels (equation 13, `objectives.mcnn_objective`), or the joint stage.

    Args:
        config: of the run.
        held: sounds to validate on.
        frozen: for the joint stage, what `assembly.frozen_cwae` gave.
        params: for the joint stage, parameters of the MCNN to start from.
    """

    def init(key: Array) -> tuple[Any, Any]:
        return params if frozen else mcnn.init(config, key)["params"], {}

    def objective(params, extra, frozen, batch, key):
        audio = replace(config.audio, samples=batch.waves.shape[1])
        mel = dsp.mel_spectrogram(batch.waves, audio)
        inputs = objectives.joint_inputs(config, frozen, mel, batch.labels, key) if frozen else mel
        loss, metrics = objectives.mcnn_objective(config, audio, params, inputs, mel, batch.lengths)
        return loss, (metrics, extra)

    held_losses = jit(functools.partial(_held_losses, config))

    def validate(params, extra):
        run = functools.partial(held_losses, params, frozen or {})
        values = in_chunks(run, held.waves, held.lengths, held.labels)
        means = {name: macro(value, held.labels) for name, value in values.items()}
        return {"loss": objectives.mcnn_loss(config, means), **means}

    resynthesise = jit(functools.partial(_resynthesise, config))

    def show(params, extra, folder, step):
        def outputs(batch):
            return resynthesise(params, frozen or {}, batch.waves, batch.labels)

        write_examples(config, held, outputs, folder, step)

    if frozen:
        # A reconstruction may last longer than its sound: these waves keep the full length.
        return Task("joint", config.train.joint, init, objective, frozen, validate, show)
    source = (
        (lambda balanced, extra, folder: LengthBucketed(balanced, length_buckets(config)))
        if config.mcnn.length_buckets
        else None
    )
    return Task("mcnn", config.train.mcnn, init, objective, {}, validate, show, source)


def length_buckets(config: Config) -> dict[int, int]:
    """{longest sound in samples: samples that its wave is cut to}, ascending, for batches of similar length.

    A cut leaves so many frames of silence behind the sound that no output of the MCNN is cut, nor a frame that
    overlaps one.
    """
    audio = config.audio
    silent = audio.window // audio.hop + config.mcnn.width // 2 - 1
    frames = [math.ceil(share * audio.frames) for share in BUCKETS]
    return {(n - silent) * audio.hop: n * audio.hop - 1 for n in frames} | {audio.samples: audio.samples}


def _held_losses(config, params, frozen, waves, lengths, labels):
    mel = dsp.mel_spectrogram(waves, config.audio)
    inputs = objectives.reconstruct(config, frozen, mel, labels) if frozen else mel
    return objectives.mcnn_losses(config, config.audio, params, inputs, mel, lengths)


def _resynthesise(config, params, frozen, waves, labels):
    """(input mels, output mels, output waves) of sounds, the mask binarised as in playing."""
    mel = dsp.mel_spectrogram(waves, config.audio)
    inputs = objectives.reconstruct(config, frozen, mel, labels) if frozen else mel
    wave, logits = MCNN(config.mcnn, config.audio).apply({"params": params}, inputs)
    wave = wave * (logits > 0)
    return mel, dsp.mel_spectrogram(wave, config.audio), wave
