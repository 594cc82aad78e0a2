"""Fits what `drumjax.play.layers` knows of soft strokes to the layered drums of a store.

    python -m drumjax.train.layers --store DIR

Writes drumjax/play/layers.json. A drum has layers where file names differ in the number of a layer only
(`Snare_vl2_rr1.flac`, `Tumba_v3.flac`), or where a name begins with the number of a stroke, as in DrumGizmo kits, which
number strokes by their power (`12-Snare.flac`). Higher numbers are louder. Renders of soundfonts (`sf-...`) are left
out: they play one sample at several levels.
"""

import argparse
import json
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from drumjax import files
from drumjax.config import CLASSES, Audio
from drumjax.data.store import Store
from drumjax.play import layers
from drumjax.sound import audio, dsp
from drumjax.train.loop import in_chunks

AUDIO = Audio()
"""Settings of the log-mels that the difference is fitted to: the paper's."""

_LAYER = re.compile(r"(?i)(?<![a-z])vl?_?(\d+)(?=[^0-9a-z]|$)")
_STROKE = re.compile(r"(?<![0-9A-Za-z])(\d+)(?=-[A-Za-z]+\d*$)")
_ROUND_ROBIN = re.compile(r"(?i)(?<![a-z])rr_?\d+")
_RENDERED = "sf-"

_FRAMES = (0, 2, 4, 8, 14, 24, 40, 86)
_MELS = (0, 16, 32, 64, 100, 150, 220, 320, 512)
"""Edges of the cells whose means are fitted."""
_SHARED, _OWN = 3e-5, 9e-3
"""Ridge penalties of the corners that all classes share and of each class's own."""
_SHRUNK = 0.7
"""Share of the fitted difference that is kept: kits differ more than classes do."""
_DULLER = 2.0 / (20 / np.log(10)) / _SHRUNK
"""Least fall of the highs against the lows, 2 dB: where kits disagree, a softer stroke is a little duller."""
_OFFSET, _STEPS, _LEAST = 1e-4, 4, 0.1
"""Offset of the log-mels; steps of the reweighting for absolute errors, and the smallest error that it tells apart."""


class Strokes(NamedTuple):
    """Pairs of a soft and a loud stroke of one drum; indices in the store."""

    soft: Int[np.ndarray, " pairs"]
    loud: Int[np.ndarray, " pairs"]
    drums: Int[np.ndarray, " pairs"]  # a number for each drum
    labels: Int[np.ndarray, " pairs"]
    kits: Int[np.ndarray, " pairs"]

    def where(self, chosen: Bool[np.ndarray, " pairs"]) -> "Strokes":
        """The chosen pairs."""
        return Strokes(*(column[chosen] for column in self))

    @property
    def weights(self) -> Float[np.ndarray, " pairs"]:
        """1 for each drum, over all of its pairs."""
        return 1 / np.bincount(self.drums)[self.drums]


def strokes_of(store: Store) -> Strokes:
    """The softest and the loudest stroke of each layered drum, up to two round robins of each."""
    drums: dict[tuple[int, int, str], dict[int, list[int]]] = {}
    for i, path in enumerate(store.paths):
        stem = Path(path).stem
        mark = _LAYER if _LAYER.search(stem) else _STROKE
        found = mark.search(stem)
        if found and not stem.startswith(_RENDERED):
            key = int(store.labels[i]), int(store.kits[i]), _ROUND_ROBIN.sub("rr", mark.sub("layer", stem))
            drums.setdefault(key, {}).setdefault(int(found[1]), []).append(i)
    layered = [numbers for numbers in drums.values() if len(numbers) > 1]
    rows = [
        (soft, loud, drum, store.labels[soft], store.kits[soft])
        for drum, numbers in enumerate(layered)
        for soft in numbers[min(numbers)][:2]
        for loud in numbers[max(numbers)][:2]
    ]
    return Strokes(*np.array(rows, int).reshape(-1, 5).T)


class Mels(NamedTuple):
    """Mels of sounds of a store, with peaks at 1, at `AUDIO`."""

    at: dict[int, int]  # the row of a sound
    mels: Float[np.ndarray, "sounds frames mels"]
    lengths: Int[np.ndarray, " sounds"]  # samples up to the end, -60 dB of the peak

    @classmethod
    def of(cls, store: Store, chosen: Int[np.ndarray, " chosen"]) -> "Mels":
        """The mels of these sounds of a store, each at a peak of 1."""
        sounds = np.unique(chosen)
        waves = np.zeros((len(sounds), AUDIO.samples), np.float32)
        for wave, i in zip(waves, sounds, strict=True):
            moved = audio.resample(store.wave(i), store.audio.rate, AUDIO.rate)[: AUDIO.samples]
            wave[: len(moved)] = moved / max(float(np.abs(moved).max()), 1e-9)
        lengths = waves.shape[1] - (np.abs(waves) > 1e-3)[:, ::-1].argmax(axis=1)
        mels = in_chunks(lambda x: dsp.mel_spectrogram(x, AUDIO), waves)
        return cls({int(i): row for row, i in enumerate(sounds)}, mels, lengths)

    def rows(self, sounds: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """The places of sounds in `mels`."""
        return np.array([self.at[int(i)] for i in sounds], int)


def fit(strokes: Strokes, mels: Mels) -> Float[np.ndarray, "classes corners"]:
    """Change in dB from the loudest to the softest stroke of each class at the corners of `layers.CORNERS`.

    Least absolute errors over cells of the log-mels. The corners of a class are those of all classes plus its own,
    which a ridge holds near zero. Highs always fall against lows.
    """
    soft, loud = (mels.rows(side) for side in strokes[:2])
    ends = np.maximum(mels.lengths[soft], mels.lengths[loud]) / AUDIO.hop
    heard = (np.arange(AUDIO.frames) < ends[:, None])[:, :, None]
    cells = [_cells(np.log(mels.mels[side] + _OFFSET)) for side in (soft, loud)]
    # A gain moves only what the loud stroke has.
    weights = _cells(np.broadcast_to(heard, mels.mels[soft].shape).astype(np.float32)) * _areas()
    weights = weights / weights.sum(axis=(1, 2), keepdims=True) / (1 + np.exp(-2 * (cells[1] + 8)))
    weights *= _balance(strokes)[:, None, None]
    corners = np.stack([_corner_weights(length) for length in mels.lengths[loud]])
    of_class = np.eye(len(CLASSES))[strokes.labels][:, None, None, :, None] * corners[:, :, :, None, :]
    x = np.concatenate([corners, of_class.reshape(*corners.shape[:3], -1)], axis=3).reshape(weights.size, -1)
    y, w = (cells[0] - cells[1]).ravel(), weights.ravel() / weights.sum()
    penalty = np.diag(np.repeat([_SHARED, _OWN], [4, 4 * len(CLASSES)]))
    error = np.ones(len(y))
    for _ in range(_STEPS):
        scaled = x * (w / error)[:, None]
        solution = np.linalg.solve(scaled.T @ x + penalty, scaled.T @ y)
        error = np.maximum(np.abs(y - x @ solution), _LEAST)
    table = (solution[:4] + solution[4:].reshape(-1, 4)).reshape(-1, 2, 2)  # (classes, early and late, low and high)
    excess = np.maximum(table[:, :, 1] - table[:, :, 0] + _DULLER, 0)[:, :, None]
    table = table + excess * np.array([0.5, -0.5])
    return _SHRUNK * 20 / np.log(10) * table.reshape(-1, 4)


def _cells(x: Float[np.ndarray, "pairs frames mels"]) -> Float[np.ndarray, "pairs times bands"]:
    for axis, edges in ((1, _FRAMES), (2, _MELS)):
        sums = np.add.reduceat(x, edges[:-1], axis=axis)
        x = sums / np.expand_dims(np.diff(edges), tuple(i for i in range(3) if i != axis))
    return x


def _areas() -> Float[np.ndarray, "times bands"]:
    return np.outer(np.diff(_FRAMES), np.diff(_MELS)).astype(float)


def _corner_weights(length: int | np.integer) -> Float[np.ndarray, "times bands corners"]:
    centre = [(np.array(edges[:-1]) + np.array(edges[1:]) - 1) / 2 for edges in (_FRAMES, _MELS)]
    hz = np.interp(centre[1], np.arange(AUDIO.mels), dsp.mel_edges_hz(AUDIO)[1:-1])
    return layers.corner_weights((centre[0] + 0.5) * AUDIO.hop / length, hz)


def _balance(strokes: Strokes) -> Float[np.ndarray, " pairs"]:
    """Weights by which a kit counts by the square root of its drums of a class."""
    weights = strokes.weights
    _, group = np.unique(np.stack([strokes.labels, strokes.kits]), axis=1, return_inverse=True)
    return weights / np.sqrt(np.bincount(group.ravel(), weights)[group.ravel()])


def main() -> None:
    """Fits the layers of a store and writes them into the package."""
    parser = argparse.ArgumentParser(prog="python -m drumjax.train.layers", description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, required=True, help="folder of the store (drumjax train --stage data)")
    store = Store.open(parser.parse_args().store)
    strokes = strokes_of(store)
    table = fit(strokes, Mels.of(store, np.concatenate(strokes[:2])))
    fields = {
        name: {corner: round(float(db), 2) for corner, db in zip(layers.CORNERS, row, strict=True)}
        for name, row in zip(CLASSES, table, strict=True)
    }
    files.write(layers.FILE, json.dumps(fields, indent=1).encode() + b"\n")
    print(f"wrote {layers.FILE.name} from {strokes.drums.max() + 1} drums of {len(np.unique(strokes.kits))} kits")


if __name__ == "__main__":
    main()
