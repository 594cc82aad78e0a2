"""How near a gain can bring a loud stroke to a soft one: the least errors of any constant filter, beside the goal.

    python -m drumjax.evaluate.layer_bounds --store DIR

The loudest and the softest stroke of every layered drum of a store are compared at equal peaks, as
`drumjax.evaluate.layers` compares its layers. The loud one is filtered by a gain for each cell of time and frequency.
Gains are chosen on the very strokes that are measured, so that no filter of that form has a smaller error.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from drumjax.config import CLASSES
from drumjax.data.store import Store
from drumjax.evaluate import layers, measures, yardsticks
from drumjax.evaluate.measures import AUDIO, DB
from drumjax.train.layers import _FRAMES, _MELS, strokes_of

GAINS_DB = np.arange(-60.0, 61.0)


class Drums(NamedTuple):
    """A soft and a loud stroke of each drum, and what they are."""

    soft: Float[np.ndarray, "drums frames mels"]  # mels, at peaks of 1
    loud: Float[np.ndarray, "drums frames mels"]
    active: Float[np.ndarray, "drums frames"]  # 1 up to the end of the longer stroke, over the number of such frames
    labels: Int[np.ndarray, " drums"]
    kits: Int[np.ndarray, " drums"]
    numbers: Int[np.ndarray, " drums"]  # of the drum among `strokes_of`


def drums_of(store: Store, second: bool = False) -> Drums:
    """The strokes of a store; with `second`, another soft stroke of the same level in place of the loud one."""
    strokes = strokes_of(store)
    numbers, first = np.unique(strokes.drums, return_index=True)
    others = strokes.loud[first]
    if second:
        twins = [
            np.setdiff1d(strokes.soft[strokes.drums == number], strokes.soft[i])
            for number, i in zip(numbers, first, strict=True)
        ]
        several = np.array([len(twin) > 0 for twin in twins], bool)
        numbers, first = numbers[several], first[several]
        others = np.array([twin[0] for twin in twins if len(twin)], int)
    sides = (
        yardsticks.resample(store.wave(chosen), store.audio.rate, AUDIO.rate, AUDIO.samples)
        for chosen in (strokes.soft[first], others)
    )
    *mels, active = yardsticks.mels_of_pairs(*sides)
    weights = active / active.sum(axis=1, keepdims=True, dtype=np.float32)
    return Drums(*mels, weights, strokes.labels[first], strokes.kits[first], numbers)


def errors(drums: Drums) -> Float[np.ndarray, " drums"]:
    """Log-mel errors in dB of the loud strokes as they are."""
    return _costs(drums, (0,), (0,), np.zeros(1))[:, 0, 0, 0]


def _costs(
    drums: Drums, frames: Sequence[int], mels: Sequence[int], gains_db: Float[np.ndarray, " gains"]
) -> Float[np.ndarray, "drums times bands gains"]:
    """What each cell, from `frames` and `mels` on, adds to the error in dB at each gain."""
    target = measures.log_mel(drums.soft)
    weight = drums.active[:, :, None] * np.float32(DB / AUDIO.mels)
    costs = []
    for gain in np.exp(gains_db / DB).astype(np.float32):
        error = weight * np.abs(measures.log_mel(gain * drums.loud) - target)
        costs.append(np.add.reduceat(np.add.reduceat(error, frames, axis=1), mels, axis=2))
    return np.stack(costs, axis=-1)


def least_errors(
    costs: Float[np.ndarray, "drums times bands gains"], groups: Int[np.ndarray, " drums"]
) -> Float[np.ndarray, " drums"]:
    """The errors at the gains that are best for each group of drums as a whole."""
    found = np.zeros(len(costs))
    for group in np.unique(groups):
        own = costs[groups == group]
        best = own.sum(axis=0).argmin(axis=-1)
        found[groups == group] = np.take_along_axis(own, best[None, ..., None], axis=-1).sum(axis=(1, 2, 3))
    return found


def _of_other_kits(costs: Float[np.ndarray, "drums times bands gains"], drums: Drums) -> Float[np.ndarray, " drums"]:
    """The errors at the gains that are best for the drums of the same class of all other kits; 0 dB without any."""
    found, nothing = np.zeros(len(costs)), int(np.argmin(np.abs(GAINS_DB)))
    for i, (label, kit) in enumerate(zip(drums.labels, drums.kits, strict=True)):
        others = (drums.labels == label) & (drums.kits != kit)
        best = costs[others].sum(axis=0).argmin(axis=-1) if others.any() else np.full(costs.shape[1:3], nothing)
        found[i] = np.take_along_axis(costs[i], best[..., None], axis=-1).sum()
    return found


def bounds(store: Store) -> dict[str, dict[str, float]]:
    """Ratios to the error of the loud stroke itself: {row: {class: ratio}}, each with their mean as "mean"."""
    drums = drums_of(store)
    volume = errors(drums)
    groups = {
        "a class": drums.labels,
        "a class of a kit": drums.labels * (drums.kits.max() + 1) + drums.kits,
        "a drum": drums.numbers,
    }
    kits = [drums.kits[drums.labels == label] for label in drums.labels]
    table = {
        "kits": _by_class(np.array([len(np.unique(of)) for of in kits], float), drums.labels),
        "drums": _by_class(np.array([len(of) for of in kits], float), drums.labels),
        "loud stroke, dB": _by_class(volume, drums.labels),
    }
    cells = {"56 cells": (_FRAMES[:-1], _MELS[:-1]), "512 mels": (_FRAMES[:-1], range(AUDIO.mels))}
    for name, (frames, mels) in cells.items():
        costs = _costs(drums, frames, mels, GAINS_DB)
        if name == "56 cells":
            other = _of_other_kits(costs, drums)
            table[f"{name}, of the class in other kits"] = _by_class(other, drums.labels, volume)
        for of, numbers in groups.items():
            table[f"{name}, best for {of}"] = _by_class(least_errors(costs, numbers), drums.labels, volume)
    twins = drums_of(store, second=True)
    if len(twins.labels):
        same = volume[np.isin(drums.numbers, twins.numbers)]
        table["another soft stroke"] = _by_class(errors(twins), twins.labels, same)
    return table


def _by_class(
    values: Float[np.ndarray, " drums"],
    labels: Int[np.ndarray, " drums"],
    of: Float[np.ndarray, " drums"] | None = None,
) -> dict[str, float]:
    """Means of each class, as ratios to those of `of` if it is given, and their mean."""
    means = {
        CLASSES[i]: float(values[labels == i].mean() / (1 if of is None else of[labels == i].mean()))
        for i in np.unique(labels)
    }
    return means | {"mean": float(np.mean(list(means.values())))}


def markdown(table: dict[str, dict[str, float]]) -> str:
    """The table of `bounds`, with a column for each class."""
    names = list(next(iter(table.values())))
    lines = [f"| | {' | '.join(names)} |", "|---|" + "---:|" * len(names)]
    lines += [
        f"| {row} | {' | '.join(f'{cells[n]:.3g}' if n in cells else '' for n in names)} |"
        for row, cells in table.items()
    ]
    return "\n".join(lines)


def main() -> None:
    """Prints the bounds of a store beside the goal."""
    parser = argparse.ArgumentParser(
        prog="python -m drumjax.evaluate.layer_bounds", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--store", type=Path, required=True, help="folder of the store (drumjax train --stage data)")
    print(markdown(bounds(Store.open(parser.parse_args().store))))
    print(f"goal: {layers.GOAL} x the error of the loud stroke in the mean of the classes")


if __name__ == "__main__":
    main()
