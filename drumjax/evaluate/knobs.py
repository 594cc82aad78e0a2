"""Measures of the three knobs: explained variance, size and direction of their effect; mels for their figures."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import Float

from drumjax.config import CLASSES
from drumjax.evaluate import populations, yardsticks
from drumjax.evaluate.measures import log_mel
from drumjax.evaluate.model import Model
from drumjax.evaluate.sounds import Sounds
from drumjax.play import controls

SOUNDS = 100  # training sounds of a class whose decoded latents measure the explained variance
STARTS = 50  # draws of a class that every knob is turned around
STEPS = 5  # positions of a knob, from -2 to 2
PICTURED = (-2.0, 0.0, 2.0)  # positions of a knob in the figure
MIXES = (("kick", "snare"), ("snare", "clap"), ("closed_hat", "shaker"), ("conga", "tom"))  # in the figure
MIX_STEPS = 5


def explained_variance(
    synth: Model, training: Sounds, z: Float[np.ndarray, "sounds latent"]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Share of the variance of decoded log-mels that three coordinates explain.

    The coordinates are the knobs, the first three principal components of the latents, and three random directions.

    Args:
        synth: the model.
        training: training sounds.
        z: their latents.

    Returns:
        {"knobs" | "plain_pca" | "random": class means}, and the arguments of `figures.latent_map`.
    """
    centre = z.mean(axis=0)
    _, size, directions = np.linalg.svd(z - centre, full_matrices=False)
    plain = (z - centre) @ directions[:3].T
    random = z @ np.random.default_rng(0).standard_normal((z.shape[1], 3)).astype(np.float32)
    shares = {"knobs": {}, "plain_pca": {}, "random": {}}
    for label in np.unique(training.labels):
        own = populations.equal_numbers(training.labels, {int(label): SOUNDS})
        name, names = CLASSES[label], [CLASSES[label]] * len(own)
        decoded = synth.decode(z[own], names)
        mels = yardsticks.to_measure_mels(decoded, synth.config.audio)
        flat = log_mel(decoded if mels is None else mels).reshape(len(own), -1)
        positions = synth.controls(z[own], names)
        for kind, coordinates in (("knobs", positions), ("plain_pca", plain[own]), ("random", random[own])):
            shares[kind][name] = populations.explained_variance(coordinates, flat)
    variance = size[:2] ** 2 / np.sum(size**2)
    latent_map = {"points": plain[:, :2], "labels": training.labels, "shares": variance.tolist()}
    return {kind: populations.ClassMeans.of(values).to_dict() for kind, values in shares.items()}, latent_map


def knob_effects(synth: Model, classes: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Effect of every knob of these classes, turned from -2 to 2 around draws of the class.

    Returns:
        {class: [{"db", "knob", "monotonic"} for each knob]}: change of the log-mel over active frames; the knob's
        name; share of the draws from which the property with that name grows at every step. The last two are left out
        for classes whose knobs have no names.
    """
    table = {}
    for name in classes:
        starts = synth.draw(name, STARTS, seed=1)
        table[name] = [_knob_effect(synth, name, knob, starts) for knob in range(controls.COUNT)]
    return table


def _knob_effect(synth: Model, name: str, knob: int, starts: Float[np.ndarray, "starts latent"]) -> dict[str, Any]:
    points = np.zeros((STEPS, STARTS, controls.COUNT), np.float32)
    points[:, :, knob] = np.linspace(-2, 2, STEPS)[:, None]
    names = [name] * (STEPS * STARTS)
    z = synth.place(points.reshape(-1, controls.COUNT), names, np.tile(starts, (STEPS, 1)))
    mels = synth.decode(z, names)
    ends = mels.reshape(STEPS, STARTS, *mels.shape[1:])[[0, -1]]
    active = ends.any(axis=(0, 3))
    low, high = log_mel(ends)
    change = 20 / np.log(10) * np.abs(high - low).mean(axis=2)
    effect = {"db": float(np.mean(np.sum(change * active, axis=1) / active.sum(axis=1)))}
    if name in synth.knob_names:
        effect["knob"] = synth.knob_names[name][knob]
        values = controls.properties(mels, synth.config.audio)[effect["knob"]].reshape(STEPS, STARTS)
        effect["monotonic"] = float(np.mean((np.diff(values, axis=0) > 0).all(axis=0)))
    return effect


def knob_mels(synth: Model) -> dict[str, Any]:
    """The arguments of `figures.knobs`: mels of every knob's positions, around the centre of every class."""
    points = np.zeros((controls.COUNT, len(PICTURED), controls.COUNT), np.float32)
    for knob in range(controls.COUNT):
        points[knob, :, knob] = PICTURED
    points = points.reshape(-1, controls.COUNT)
    classes = [[name] * len(points) for name in CLASSES]
    unnamed = [f"knob {i + 1}" for i in range(controls.COUNT)]
    return {
        "mels": np.stack([synth.decode(synth.place(points, names), names) for names in classes]),
        "titles": CLASSES,
        "names": [synth.knob_names.get(name, unnamed) for name in CLASSES],
        "positions": PICTURED,
        "audio": synth.config.audio,
    }


def mix_mels(synth: Model) -> dict[str, Any]:
    """The arguments of `figures.mixes`: mels of the centres of mixes of two classes."""
    shares = np.linspace(0, 1, MIX_STEPS)
    mixes = [[{a: 1 - share, b: share} for share in shares] for a, b in MIXES]
    centre = np.zeros((MIX_STEPS, controls.COUNT), np.float32)
    captions = [
        [f"{1 - share:.0%} {a.replace('_', ' ')}, {share:.0%} {b.replace('_', ' ')}" for share in shares]
        for a, b in MIXES
    ]
    mels = [synth.decode(synth.place(centre, steps), steps) for steps in mixes]
    return {"mels": np.stack(mels), "captions": captions, "audio": synth.config.audio}
