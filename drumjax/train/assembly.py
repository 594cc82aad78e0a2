"""From the checkpoints of a run to a bundle that can be played."""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from drumjax import checkpoint
from drumjax.config import CLASSES, KNOB_RANGES, Config, Encoding, Run
from drumjax.data.batches import BUILT_IN, Balanced
from drumjax.data.store import Store
from drumjax.kernels.conv import jit
from drumjax.models import cwae, mcnn
from drumjax.play import controls, encoding, sampling, takes
from drumjax.progress import bar, phase
from drumjax.sound import dsp, texture
from drumjax.sound.seeds import DRAWS, Numbers
from drumjax.train import devices
from drumjax.train.loop import State, in_chunks, played_params, start

ENCODED_PER_CLASS, FEWEST_ENCODED = 800, 200
"""Training sounds of each class that controls, density and texture are fitted to, at most; variations fill up a class
of fewer sounds than the second number."""

KNOB_STARTS = 24
"""New sounds of each class around which the candidates for its knobs are turned, at most."""

Decode = Callable[[np.ndarray, int], Float[np.ndarray, "sounds frames mels"]]
"""(latents (sounds, latent), class index) -> linear mels."""


def best_state(config: Config, stage: str) -> State | None:
    """The best state of a stage in its run; None before it is trained."""
    folder = config.run_dir / stage / "checkpoints"
    if not checkpoint.exists(folder):
        return None
    with checkpoint.Checkpoints(folder) as checkpoints:
        return checkpoints.best(blank_state(config, stage))


def blank_state(config: Config, stage: str) -> State:
    """A state of zeros of the stage's shapes, to load a checkpoint into."""

    def shaped() -> State:
        key, settings = jax.random.key(0), getattr(config.train, stage)
        if stage != "cwae":
            return start(mcnn.draw(config, key)["params"], {}, settings)
        variables, mel = cwae.draw(config, key), jnp.zeros((config.audio.frames, config.audio.mels))
        return start(variables["params"], {"batch_stats": variables["batch_stats"], "mean": mel, "std": mel}, settings)

    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(shaped))


def frozen_cwae(state: State) -> dict[str, Any]:
    """{"cwae": variables, "mean", "std"} of a trained CWAE."""
    variables = {"params": played_params(state), "batch_stats": state.extra["batch_stats"]}
    return {"cwae": variables, "mean": state.extra["mean"], "std": state.extra["std"]}


def assemble(config: Config, store: Store, balanced: Balanced, record: dict[str, Any]) -> Path | None:
    """Writes the bundle of the run's best CWAE and MCNN, with controls, density and texture fitted to the codes.

    All processes take part in loading the checkpoints; the first one does the rest.

    Returns:
        The bundle's folder; None where a stage is not trained yet.
    """
    cwae_state, mcnn_state = best_state(config, "cwae"), None
    if config.plays_mcnn:
        mcnn_state = best_state(config, "joint") or best_state(config, "mcnn")
    if cwae_state is None or (config.plays_mcnn and mcnn_state is None):
        return None
    devices.alone(lambda: _write_bundle(config, store, balanced, record, cwae_state, mcnn_state))
    return config.run_dir / "bundle"


def _write_bundle(
    config: Config,
    store: Store,
    balanced: Balanced,
    record: dict[str, Any],
    cwae_state: State,
    mcnn_state: State | None,
) -> None:
    frozen = frozen_cwae(cwae_state)
    decode = decoder(config, frozen)
    encoded = _encode_training_set(config, frozen, decode, balanced)
    fitted, names = _fit_play(config, decode, encoded, balanced.per_class)
    to_numpy = functools.partial(jax.tree.map, np.asarray)
    # Paths of the machine that trained do not belong into a bundle.
    data = dataclasses.replace(config.data, folders=(), store="")
    bundle = checkpoint.Bundle(
        config=dataclasses.replace(config, data=data, run=Run(seed=config.run.seed)),
        cwae=to_numpy(frozen["cwae"]),
        mcnn={"params": to_numpy(played_params(mcnn_state))} if mcnn_state else {},
        statistics={"mean": np.asarray(frozen["mean"]), "std": np.asarray(frozen["std"])},
        metadata={
            "ranges": list(KNOB_RANGES),
            "knobs": names,
            "training": record,
            "sources": list(store.sources),
            "heard_kits": sorted({store.kit_names[kit] for kit in store.kits[store.indices("train")]}),
            "origins": origins(store, encoded["sounds"][_real(encoded)]),
        },
        **fitted,
    )
    with phase("writing the bundle"):
        checkpoint.save_bundle(bundle, config.run_dir / "bundle")


def origins(store: Store, sounds: Int[np.ndarray, " sounds"]) -> str:
    """Where the sounds of the codes are from, as runs: "source kit number, source kit number, ...".

    Source and kit are indices in the bundle's "sources" and "heard_kits"; -1 where nothing says the source, and for
    the kit of built-in drums. It is text because a list would take thousands of lines in bundle.json.

    Args:
        store: of the sounds.
        sounds: index in the store of the sound of each code; `BUILT_IN`: none.
    """
    kits = sorted({store.kit_names[kit] for kit in store.kits[store.indices("train")]})
    runs: list[list[int]] = []
    for sound in map(int, sounds):
        origin = [-1, -1]
        if sound != BUILT_IN:
            origin = [store.extras[sound].get("source", -1), kits.index(store.kit_names[store.kits[sound]])]
        if not runs or runs[-1][:2] != origin:
            runs.append([*origin, 0])
        runs[-1][2] += 1
    return ", ".join(" ".join(map(str, run)) for run in runs)


def _real(encoded: dict[str, np.ndarray]) -> Bool[np.ndarray, " sounds"]:
    """Which encoded sounds somebody made: not variations, except in a class of built-in drums, which has no others."""
    labels, kits = encoded["labels"], encoded["kits"]
    return np.isin(labels, np.unique(labels[kits >= 0]), invert=True) | (kits >= 0)


def decoder(config: Config, frozen: dict[str, Any]) -> Decode:
    """The smooth mels of codes, as they are played; arguments as for `encoding.encode`."""
    decode = functools.partial(_jitted_decode(config), jax.device_put(frozen))
    return lambda z, label: in_chunks(decode, np.asarray(z, np.float32), np.full(len(z), label, np.int32))


@functools.cache
def _jitted_decode(config: Config) -> Callable[..., jax.Array]:
    model = cwae.build(config)

    @jit
    def decode(frozen, z, labels):
        x = model.apply(frozen["cwae"], z, jax.nn.one_hot(labels, len(CLASSES)), method="decode")
        return dsp.gate(dsp.unstandardise(x, frozen["mean"], frozen["std"], config.cwae.log_offset))

    return decode


def _encode_training_set(
    config: Config, frozen: dict[str, Any], decode: Decode, balanced: Balanced
) -> dict[str, np.ndarray]:
    """The training set in numbers: every sound, and variations in the small classes.

    Returns:
        `z` (sounds, latent); `labels`; `kits` and `sounds`, indices in the store, -1 for variations and built-in drums;
        `noisiness`, the part of `texture.noisiness` that
        decoded mels lack. And of the sounds whose fine structure the bundle holds: `hits`, their indices, `levels`
        (`takes.residues`) and `ends`.
    """
    offset = config.cwae.log_offset
    # Descent on the latents takes 50 ms a sound: for the sounds themselves, near whose codes new ones are drawn.
    alone = dataclasses.replace(config, encoding=Encoding(refine=0))

    def encode(settings, waves, labels):
        z = encoding.encode(settings, frozen, waves, jax.nn.one_hot(labels, len(CLASSES)))
        return z, dsp.mel_spectrogram(waves, config.audio)

    encoders = [jit(functools.partial(encode, settings)) for settings in (config, alone)]

    parts = []
    for label in bar(range(len(CLASSES)), "encoding the training set", unit="class"):
        unvaried = int(np.sum(~balanced.varied[label]))
        count = min(balanced.per_class, ENCODED_PER_CLASS, max(unvaried, FEWEST_ENCODED))
        waves = np.stack([balanced.item(label, index)[0] for index in range(count)])
        labels = np.full(count, label, np.int32)
        parts_of = [(slice(0, unvaried), encoders[0]), (slice(unvaried, count), encoders[1])]
        coded = [in_chunks(encoder, waves[part], labels[part]) for part, encoder in parts_of if len(waves[part])]
        z, mels = (np.concatenate(x) for x in zip(*coded, strict=True))
        sounds = balanced.sounds[label, :count]
        real_sounds = (sounds != BUILT_IN) & ~balanced.varied[label, :count]
        kits = np.where(real_sounds, balanced.store.kits[sounds], -1)
        real, made = (np.log(x + offset) for x in (mels, decode(z, label)))
        own = np.flatnonzero(real_sounds) if real_sounds.any() else np.arange(count)
        hits = own[takes.choose(kits[own])]
        parts.append(
            {
                "z": z,
                "labels": labels,
                "kits": kits,
                "sounds": np.where(real_sounds, sounds, BUILT_IN),
                "noisiness": np.maximum(
                    texture.noisiness(real, config.audio) - texture.noisiness(made, config.audio), 0.0
                ),
                "hits": sum(len(part["z"]) for part in parts) + hits,
                "levels": takes.residues(real[hits], made[hits]),
                "ends": np.sum(np.asarray(dsp.gate(mels[hits])).any(axis=2), axis=1),
            }
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _fit_play(
    config: Config, decode: Decode, encoded: dict[str, np.ndarray], per_class: int
) -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
    """The groups of a bundle that are fitted after training, as the config has them, and the names of the knobs."""
    z, labels, kits = encoded["z"], encoded["labels"], encoded["kits"]
    fitted: dict[str, dict[str, Any]] = {}
    if config.sampling == "density":
        real = _real(encoded)
        density = sampling.fit(z[real], labels[real], kits[real])
        partners = np.zeros((np.sum(real), sampling.PARTNERS), np.uint16)
        for label in bar(np.unique(labels).tolist(), "choosing partners of sounds", unit="class"):
            partners[density["labels"] == label] = sampling.partners(density, label, decode)
        fitted["density"] = density | {"partners": partners}
    if config.texture != "none":
        classes = np.eye(len(CLASSES), dtype=np.float32)[labels]
        fitted["texture"] = texture.fit(z, classes, encoded["noisiness"])
    if config.texture == "hits":
        hits = encoded["hits"]
        fitted["texture"] |= takes.fit(encoded["levels"], encoded["ends"], z[hits], labels[hits])
    names: dict[str, list[str]] = {}
    if config.controls == "global":
        fitted["controls"] = controls.fit_global(z, labels, decode, config.audio)
    else:
        centres = [
            sampling.medoid(fitted["density"], label) if fitted.get("density") else z[labels == label].mean(axis=0)
            for label in range(len(CLASSES))
        ]
        # In a small training set, many starts cost time and add little.
        count = min(KNOB_STARTS, max(2, per_class // 5))
        starts = _knob_starts(config, fitted, count)
        fitted["controls"], names = controls.fit(
            z, labels, decode, centres, starts, config.audio, config.cwae.log_offset
        )
    return fitted, names


def _knob_starts(
    config: Config, fitted: dict[str, dict[str, Any]], count: int
) -> list[Float[np.ndarray, "count latent"]]:
    """Latents of new sounds of each class, as `Synth.draw` gives them."""
    numbers, starts = Numbers(2, DRAWS), []
    for label in range(len(CLASSES)):
        if config.sampling == "prior":
            normal = numbers.normal(count * config.cwae.latent).reshape(count, -1)
            starts.append((np.sqrt(config.cwae.sigma2) * normal).astype(np.float32))
        else:
            starts.append(np.stack([sampling.draw(fitted["density"], label, numbers) for _ in range(count)]))
    return starts
