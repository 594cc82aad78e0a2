"""From what the stages have left in a run to a bundle that can be played."""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from drumjax import checkpoint
from drumjax.config import CLASSES, Config, Run
from drumjax.data.batches import BUILT_IN, Balanced
from drumjax.data.store import Store
from drumjax.kernels.conv import jit
from drumjax.models.cwae import CWAE, empty_inputs
from drumjax.models.mcnn import MCNN, empty_mel
from drumjax.play import controls, encoding, judge, novelty, sampling
from drumjax.sound import dsp, texture
from drumjax.train import devices
from drumjax.train.loop import State, in_chunks, start, weights

ENCODED_PER_CLASS = 800
"""Training sounds of each class that the controls are fitted to."""

KNOB_STARTS = 48
"""New sounds of each class around which the candidates for its knobs are turned, at most."""


def best_state(config: Config, stage: str) -> State | None:
    """The best state that a stage has left in its run; None where it has not been trained."""
    folder = config.run_dir / stage / "checkpoints"
    if not checkpoint.exists(folder):
        return None
    with checkpoint.Checkpoints(folder) as checkpoints:
        return checkpoints.best(blank_state(config, stage))


def blank_state(config: Config, stage: str) -> State:
    """A state of the stage's shape, to load a checkpoint into."""
    key = jax.random.key(0)
    if stage == "cwae":
        variables = CWAE(config.cwae, config.audio).init(key, *empty_inputs(config.cwae, config.audio))
        blank = jnp.zeros((config.audio.frames, config.audio.mels))
        params, extra = variables["params"], {"batch_stats": variables["batch_stats"], "mean": blank, "std": blank}
    else:
        params, extra = MCNN(config.mcnn, config.audio).init(key, empty_mel(config.audio))["params"], {}
    return start(params, extra, getattr(config.train, stage))


def frozen_cwae(state: State) -> dict[str, Any]:
    """{"cwae": variables, "mean", "std"} of a trained CWAE."""
    variables = {"params": weights(state), "batch_stats": state.extra["batch_stats"]}
    return {"cwae": variables, "mean": state.extra["mean"], "std": state.extra["std"]}


def encoded(config: Config, cwae: dict[str, Any], balanced: Balanced) -> dict[str, np.ndarray]:
    """The training set as the trained CWAE sees it: every sound as it is, and variations in the small classes.

    Returns:
        `z` (sounds, latent), `labels` (sounds,); of the sounds themselves `energies` (`judge.cell_energies`),
        `outlines` (`novelty.outlines`), `kits`, -1 for variations and built-in drums; and `noisiness`, as much of
        `texture.measured` as what they are decoded to lacks.
    """
    count = min(balanced.per_class, ENCODED_PER_CLASS)

    @jit
    def encode(waves, labels):
        z = encoding.encode(config, cwae, waves, jax.nn.one_hot(labels, len(CLASSES)))
        return z, dsp.mel_spectrogram(waves, config.audio)

    parts, decode = [], decoder(config, cwae)
    for label in range(len(CLASSES)):
        waves = np.stack([balanced.item(label, index)[0] for index in range(count)])
        labels = np.full(count, label, np.int32)
        z, mel = in_chunks(encode, waves, labels)
        of_sounds, of_decoded = (
            texture.measured(np.log(m + config.cwae.log_offset), config.audio) for m in (mel, decode(z, label))
        )
        sounds = balanced.sounds[label, :count]
        own = (sounds != BUILT_IN) & ~balanced.varied[label, :count]
        parts.append(
            {
                "z": z,
                "labels": labels,
                "noisiness": np.maximum(of_sounds - of_decoded, 0.0),
                "energies": judge.cell_energies(mel),
                "outlines": novelty.outlines(mel),
                "kits": np.where(own, balanced.store.kits[sounds], -1),
            }
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def decoder(config: Config, cwae: dict[str, Any]) -> Callable[[np.ndarray, int], np.ndarray]:
    """(latents, label of their class) -> the linear mels they decode to."""

    @jit
    def decode(z, labels):
        classes = jax.nn.one_hot(labels, len(CLASSES))
        x = CWAE(config.cwae, config.audio).apply(cwae["cwae"], z, classes, method=CWAE.decode)
        return dsp.gate(dsp.unstandardised(x, cwae["mean"], cwae["std"], config.cwae.log_offset))

    return lambda z, label: in_chunks(decode, np.asarray(z, np.float32), np.full(len(z), label, np.int32))


def assemble(config: Config, store: Store, balanced: Balanced, record: dict[str, Any]) -> Path | None:
    """Writes the bundle of the run's best CWAE and MCNN, with knobs, density and texture fitted to the codes.

    Of several processes, which all take part in loading the checkpoints, the first one does it.

    Returns:
        The bundle's folder; None where a stage is still missing.
    """
    cwae_state, mcnn_state = best_state(config, "cwae"), best_state(config, "joint") or best_state(config, "mcnn")
    if cwae_state is None or mcnn_state is None:
        return None
    devices.alone(lambda: _bundle(config, store, balanced, record, cwae_state, mcnn_state))
    return config.run_dir / "bundle"


def _played(
    density: dict[str, np.ndarray],
    known: dict[str, np.ndarray],
    label: int,
    count: int,
    decode: Callable[..., np.ndarray],
    rng: np.random.Generator,
) -> np.ndarray:
    """Latents of new sounds much as `Synth.draw` gives them: those that would be copies come last."""
    drawn = sampling.draw(density, label, 8 * count, rng)
    apart = np.minimum(novelty.distances(known, label, decode(drawn, label)), 1)
    return drawn[np.argsort(-apart, kind="stable")[:count]]


def _bundle(
    config: Config, store: Store, balanced: Balanced, record: dict[str, Any], cwae_state: State, mcnn_state: State
) -> None:
    cwae = frozen_cwae(cwae_state)
    seen = encoded(config, cwae, balanced)
    z, labels = seen["z"], seen["labels"]
    real = seen["kits"] >= 0
    density = sampling.fit(z, labels, config.cwae.sigma2)
    known = novelty.fit(seen["outlines"][real], labels[real], seen["kits"][real])
    rng = np.random.default_rng(2)
    # A few sounds do not say more for being asked longer.
    tried = min(KNOB_STARTS, max(2, balanced.per_class // 5))
    decode = decoder(config, cwae)
    starts = [_played(density, known, label, tried, decode, rng) for label in range(len(CLASSES))]
    knobs, names = controls.fit(z, labels, decode, starts, config.audio, config.cwae.log_offset)
    to_numpy = functools.partial(jax.tree.map, np.asarray)
    # Where the sounds lay on the machine that trained is nobody's business later.
    shown = dataclasses.replace(
        config, data=dataclasses.replace(config.data, folders=(), store=""), run=Run(seed=config.run.seed)
    )
    made = checkpoint.Bundle(
        config=shown,
        cwae=to_numpy(cwae["cwae"]),
        mcnn={"params": to_numpy(weights(mcnn_state))},
        statistics={"mean": np.asarray(cwae["mean"]), "std": np.asarray(cwae["std"])},
        controls=knobs,
        density=density,
        novelty=known,
        judge=judge.fit(seen["energies"], labels),
        texture=texture.fit(z, np.eye(len(CLASSES), dtype=np.float32)[labels], seen["noisiness"]),
        metadata={
            "ranges": list(controls.RANGES),
            "knobs": names,
            "training": record,
            "sources": list(store.sources),
        },
    )
    checkpoint.save_bundle(made, config.run_dir / "bundle")
