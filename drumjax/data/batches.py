"""Class-balanced batches, each a function of the seed and its position alone, so that resuming is exact.

The training split of every class becomes `per_class` items: its sounds as they are, then seeded variations
of them until the class is full, kits drawn first so that a large kit does not own its class (a class with
more sounds than that gives a sample of them, drawn the same way). A class the store has no sounds of is played
by the built-in drums. Items are met in a new order every pass.
"""

import functools
import io
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from tqdm import tqdm

from drumjax import files
from drumjax.config import CLASSES
from drumjax.data import procedural
from drumjax.data.store import Store
from drumjax.data.variation import longest, vary

ALIKE = 16
"""Steps whose sounds are dealt out by length where batches hold sounds of like length."""

BUILT_IN = -1
"""Stands for the index of a sound where the store has none of a class."""


CHUNK = 32
"""Items turned into features at once."""


@dataclass(frozen=True)
class Batch:
    """Sounds for one step, sorted by class."""

    waves: Float[np.ndarray, "batch samples"]  # peak 1, zeros after the sound's end
    lengths: Int[np.ndarray, " batch"]  # samples up to the sound's own end
    labels: Int[np.ndarray, " batch"]  # index in CLASSES


class Balanced:
    """The balanced training set of a store.

    Args:
        store: where the sounds lie.
        per_class: items of every class.
        seed: of variations and orders.
    """

    def __init__(self, store: Store, per_class: int, seed: int):
        self.store, self.per_class, self.seed = store, per_class, seed
        self._order = functools.lru_cache(maxsize=2 * len(CLASSES))(self._order)
        self.sounds = np.empty((len(CLASSES), per_class), np.int64)
        self.varied = np.ones((len(CLASSES), per_class), bool)
        for label, name in enumerate(CLASSES):
            own = store.indices("train", label)
            rng = self._rng(0, label)
            if not len(own):
                print(f"no training sound of class {name}: built-in ones stand in")
                self.sounds[label] = BUILT_IN
            elif len(own) <= per_class:
                drawn = self._by_kit(own, per_class - len(own), rng)
                self.sounds[label] = np.concatenate([own, drawn])
                self.varied[label, : len(own)] = False
            else:
                self.sounds[label] = self._by_kit(own, per_class, rng, replace=False)
                self.varied[label] = False

    def _rng(self, *key: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *key])

    def _by_kit(self, own: np.ndarray, count: int, rng: np.random.Generator, replace: bool = True) -> np.ndarray:
        kits = self.store.kits[own]
        names, sizes = np.unique(kits, return_counts=True)
        chance = 1 / (len(names) * sizes[np.searchsorted(names, kits)])
        return rng.choice(own, count, replace=replace, p=chance / chance.sum())

    def item(self, label: int, index: int) -> tuple[np.ndarray, int]:
        """(wave, length) of one item, the same at every call."""
        sound = int(self.sounds[label, index])
        if sound == BUILT_IN:
            return procedural.sound(CLASSES[label], index, self.store.audio)
        wave, length = self.store.wave(sound), int(self.store.lengths[sound])
        if not self.varied[label, index]:
            return wave, length
        return vary(wave, length, self._rng(1, label, index), self.store.audio.rate)

    def longest(self, label: int, index: int) -> int:
        """The samples that an item lasts at most, without making it."""
        sound = int(self.sounds[label, index])
        if sound == BUILT_IN:
            return self.store.audio.samples
        length = int(self.store.lengths[sound])
        if not self.varied[label, index]:
            return length
        return min(longest(length, self._rng(1, label, index), self.store.audio.rate), self.store.audio.samples)

    def places(self, step: int, size: int) -> tuple[Int[np.ndarray, " batch"], Int[np.ndarray, " batch"]]:
        """(label, index) of the items of a step's batch: classes take turns along all batches, then are sorted."""
        places = step * size + np.arange(size)
        labels, turns = places % len(CLASSES), places // len(CLASSES)
        passes, offsets = turns // self.per_class, turns % self.per_class
        order = np.lexsort((turns, labels))
        rows = zip(labels[order], passes[order], offsets[order], strict=True)
        indices = [self._order(int(label), int(round_))[offset] for label, round_, offset in rows]
        return labels[order].astype(np.int32), np.array(indices)

    def _order(self, label: int, round_: int) -> np.ndarray:
        return self._rng(2, label, round_).permutation(self.per_class)

    def batch(self, step: int, size: int, rows: slice = slice(None)) -> Batch:
        """The batch of a step, or these rows of it."""
        labels, indices = self.places(step, size)
        return self.batch_of(labels[rows], indices[rows])

    def batch_of(self, labels: Int[np.ndarray, " batch"], indices: Int[np.ndarray, " batch"]) -> Batch:
        """The batch of these items."""
        waves, lengths = zip(*(self.item(int(c), int(i)) for c, i in zip(labels, indices, strict=True)), strict=True)
        return Batch(np.stack(waves), np.array(lengths, np.int32), labels)


class Alike:
    """A balanced set in batches of sounds of like length, their waves cut after the longest.

    The sounds of `ALIKE` batches are dealt out by length, so that they are balanced together; long and short
    batches come in random order.

    Args:
        balanced: the set.
        cuts: {samples that a sound lasts at most: samples of the waves of a batch of such}, ascending.
    """

    def __init__(self, balanced: Balanced, cuts: Mapping[int, int]):
        self.balanced, self.seed, self.cuts = balanced, balanced.seed, cuts
        self._dealt = functools.lru_cache(maxsize=1)(self._dealt)

    def _dealt(self, window: int, size: int) -> list[tuple[np.ndarray, np.ndarray, int]]:
        """(labels, indices, samples that the longest lasts at most) of `ALIKE` batches."""
        labels, indices = self.balanced.places(window, ALIKE * size)
        ends = np.array([self.balanced.longest(int(c), int(i)) for c, i in zip(labels, indices, strict=True)])
        turns = np.random.default_rng([self.seed, 3, window]).permutation(ALIKE)
        rows = np.sort(np.argsort(ends, kind="stable").reshape(ALIKE, size)[turns])
        return list(zip(labels[rows], indices[rows], ends[rows].max(axis=1), strict=True))

    def batch(self, step: int, size: int, rows: slice = slice(None)) -> Batch:
        """The batch of a step, or these rows of it, cut where the whole batch is."""
        labels, indices, end = self._dealt(step // ALIKE, size)[step % ALIKE]
        batch = self.balanced.batch_of(labels[rows], indices[rows])
        samples = next(samples for most, samples in self.cuts.items() if end <= most)
        return replace(batch, waves=batch.waves[:, :samples])


class Features:
    """A balanced set whose items were turned into features once: its batches, with features in place of waves.

    Args:
        balanced: the set.
        function: waves (batch, samples) -> features (batch, width), the same at every call.
        path: the file that keeps them; where it is there already, it is read.
    """

    def __init__(self, balanced: Balanced, function: Callable[[np.ndarray], np.ndarray], path: Path):
        self.balanced, self.seed = balanced, balanced.seed
        if not path.exists():
            count = len(CLASSES) * balanced.per_class
            parts = []
            for at in tqdm(range(0, count, CHUNK), desc="features", unit_scale=CHUNK, unit="sound", dynamic_ncols=True):
                items = [divmod(i, balanced.per_class) for i in range(at, min(at + CHUNK, count))]
                items += items[-1:] * (CHUNK - len(items))  # one compiled size
                parts.append(np.asarray(function(np.stack([balanced.item(*item)[0] for item in items]))))
            content = io.BytesIO()
            np.save(content, np.concatenate(parts)[:count])
            files.write(path, content.getvalue())
        self.table = np.load(path)

    def batch(self, step: int, size: int, rows: slice = slice(None)) -> Batch:
        """The batch of a step, or these rows of it."""
        labels, indices = (items[rows] for items in self.balanced.places(step, size))
        return Batch(self.table[labels * self.balanced.per_class + indices], np.zeros(len(labels), np.int32), labels)


Batches = Balanced | Alike | Features


def stream(batches: Batches, step: int, size: int, rows: slice = slice(None)) -> Iterator[Batch]:
    """Batches from `step` on, or these rows of each; the next one is made on a thread while the last is used."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(batches.batch, step, size, rows)
        while True:
            batch = coming.result()
            step += 1
            coming = pool.submit(batches.batch, step, size, rows)
            yield batch


def held_out(store: Store, split: str, per_class: int) -> Batch:
    """Up to `per_class` sounds of every class of a split, spread over its kits, always the same ones."""
    chosen = []
    for label in range(len(CLASSES)):
        own = store.indices(split, label)
        # Round robin over the kits: the first sound of each, then the second of each, and so on.
        _, kits = np.unique(store.kits[own], return_inverse=True)
        turn = np.array([np.sum(kits[:i] == kit) for i, kit in enumerate(kits)], int)
        chosen.extend(own[np.lexsort((kits, turn))][:per_class])
    chosen = np.array(chosen, int)
    waves = (
        np.stack([store.wave(int(i)) for i in chosen])
        if len(chosen)
        else np.zeros((0, store.audio.samples), np.float32)
    )
    return Batch(waves, np.asarray(store.lengths[chosen], np.int32), np.asarray(store.labels[chosen], np.int32))
