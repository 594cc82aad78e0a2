"""Class-balanced batches. A batch depends only on the seed and its position, so resuming is exact.

The training split of every class becomes `per_class` items: its sounds, followed by seeded variations of them until
the class is full. The sounds to vary are drawn by kit first, so that a large kit does not dominate its class. A class
with more sounds than `per_class` gives a sample of them, drawn in the same way. For a class without sounds, the
built-in drums are used. Every pass over the items has a new order.
"""

import functools
import io
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float, Int

from drumjax import files
from drumjax.config import CLASSES
from drumjax.data import procedural
from drumjax.data.store import Store
from drumjax.data.variation import max_length, vary
from drumjax.progress import bar

GROUP = 16
"""Steps whose sounds are sorted by length together in `LengthBucketed`."""

BUILT_IN = -1
"""In place of the index of a sound, for a class of which the store has none."""

CHUNK = 32
"""Items per call of the function of `PrecomputedInputs`."""


@dataclass(frozen=True)
class Batch:
    """The sounds of one step, sorted by class."""

    waves: Float[ArrayLike, "batch samples"]  # peak 1, zeros after the sound's own end; or the precomputed inputs
    lengths: Int[ArrayLike, " batch"]  # samples up to the sound's own end
    labels: Int[ArrayLike, " batch"]  # index in CLASSES


class Balanced:
    """The balanced training set of a store.

    Args:
        store: the sounds.
        per_class: items of every class.
        seed: seed of the variations and orders.
    """

    def __init__(self, store: Store, per_class: int, seed: int):
        self.store, self.per_class, self.seed = store, per_class, seed
        self._order = functools.lru_cache(maxsize=2 * len(CLASSES))(self._order)
        self.sounds = np.empty((len(CLASSES), per_class), np.int64)  # index in the store, of every item
        self.varied = np.ones((len(CLASSES), per_class), bool)  # whether the item is a variation
        for label, name in enumerate(CLASSES):
            sounds = store.indices("train", label)
            rng = self._rng(0, label)
            if not len(sounds):
                print(f"no training sound of class {name}: built-in drums are used")
                self.sounds[label] = BUILT_IN
            elif len(sounds) <= per_class:
                drawn = self._draw_by_kit(sounds, per_class - len(sounds), rng)
                self.sounds[label] = np.concatenate([sounds, drawn])
                self.varied[label, : len(sounds)] = False
            else:
                self.sounds[label] = self._draw_by_kit(sounds, per_class, rng, replace=False)
                self.varied[label] = False

    def _rng(self, *key: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *key])

    def _draw_by_kit(
        self, sounds: Int[np.ndarray, " sounds"], count: int, rng: np.random.Generator, replace: bool = True
    ) -> Int[np.ndarray, " count"]:
        """Draws `count` of the sounds, every kit with the same total probability."""
        kits = self.store.kits[sounds]
        names, sizes = np.unique(kits, return_counts=True)
        probability = 1 / (len(names) * sizes[np.searchsorted(names, kits)])
        return rng.choice(sounds, count, replace=replace, p=probability / probability.sum())

    def item(self, label: int, index: int) -> tuple[Float[np.ndarray, " samples"], int]:
        """(wave, length) of one item, equal at every call."""
        sound = int(self.sounds[label, index])
        if sound == BUILT_IN:
            return procedural.sound(CLASSES[label], index, self.store.audio)
        wave, length = self.store.wave(sound), int(self.store.lengths[sound])
        if not self.varied[label, index]:
            return wave, length
        return vary(wave, length, self._rng(1, label, index), self.store.audio.rate)

    def max_length(self, label: int, index: int) -> int:
        """The largest possible length of an item in samples, without computing the item."""
        sound = int(self.sounds[label, index])
        if sound == BUILT_IN:
            return self.store.audio.samples
        length = int(self.store.lengths[sound])
        if not self.varied[label, index]:
            return length
        return min(max_length(length, self._rng(1, label, index), self.store.audio.rate), self.store.audio.samples)

    def step_items(self, step: int, size: int) -> tuple[Int[np.ndarray, " batch"], Int[np.ndarray, " batch"]]:
        """(label, index) of the items of a step's batch, sorted by class; classes alternate along all batches."""
        positions = step * size + np.arange(size)
        labels, turns = positions % len(CLASSES), positions // len(CLASSES)
        passes, offsets = turns // self.per_class, turns % self.per_class
        order = np.lexsort((turns, labels))
        drawn = zip(labels[order], passes[order], offsets[order], strict=True)
        indices = [self._order(int(label), int(round_))[offset] for label, round_, offset in drawn]
        return labels[order].astype(np.int32), np.array(indices)

    def _order(self, label: int, round_: int) -> Int[np.ndarray, " items"]:
        return self._rng(2, label, round_).permutation(self.per_class)

    def batch(self, step: int, size: int, part: slice = slice(None)) -> Batch:
        """The batch of a step, or this part of it."""
        labels, indices = self.step_items(step, size)
        return self.collate(labels[part], indices[part])

    def collate(self, labels: Int[np.ndarray, " batch"], indices: Int[np.ndarray, " batch"]) -> Batch:
        """The batch of the given items."""
        waves, lengths = zip(*(self.item(int(c), int(i)) for c, i in zip(labels, indices, strict=True)), strict=True)
        return Batch(np.stack(waves), np.array(lengths, np.int32), labels)


class LengthBucketed:
    """The items of a balanced set in batches of similar length, with waves cropped to the longest.

    The sounds of each `GROUP` batches are sorted by length and redistributed, so these batches are balanced together,
    not singly. Batches of short and long sounds come in random order.

    Args:
        balanced: the set.
        cuts: {longest sound in a batch: samples of its waves}, ascending.
    """

    def __init__(self, balanced: Balanced, cuts: Mapping[int, int]):
        self.balanced, self.seed, self.cuts = balanced, balanced.seed, cuts
        self._buckets = functools.lru_cache(maxsize=1)(self._buckets)

    def _buckets(
        self, group: int, size: int
    ) -> list[tuple[Int[np.ndarray, " batch"], Int[np.ndarray, " batch"], np.integer]]:
        """(labels, indices, largest possible length) of each of the `GROUP` batches."""
        labels, indices = self.balanced.step_items(group, GROUP * size)
        ends = np.array([self.balanced.max_length(int(c), int(i)) for c, i in zip(labels, indices, strict=True)])
        turns = np.random.default_rng([self.seed, 3, group]).permutation(GROUP)
        chosen = np.sort(np.argsort(ends, kind="stable").reshape(GROUP, size)[turns])
        return list(zip(labels[chosen], indices[chosen], ends[chosen].max(axis=1), strict=True))

    def batch(self, step: int, size: int, part: slice = slice(None)) -> Batch:
        """The batch of a step, or this part of it, cropped to the length of the whole batch."""
        labels, indices, end = self._buckets(step // GROUP, size)[step % GROUP]
        batch = self.balanced.collate(labels[part], indices[part])
        samples = next(samples for most, samples in self.cuts.items() if end <= most)
        return replace(batch, waves=batch.waves[:, :samples])


class PrecomputedInputs:
    """A balanced set with network inputs computed once in place of waves.

    Args:
        balanced: the set.
        function: waves (batch, samples) -> inputs (batch, width); deterministic.
        path: the file of the inputs; if it exists, it is loaded.
    """

    def __init__(self, balanced: Balanced, function: Callable[[np.ndarray], np.ndarray], path: Path):
        self.balanced, self.seed = balanced, balanced.seed
        if not path.exists():
            count = len(CLASSES) * balanced.per_class
            parts = []
            for at in bar(range(0, count, CHUNK), f"precomputing inputs, {CHUNK} sounds each"):
                items = [divmod(i, balanced.per_class) for i in range(at, min(at + CHUNK, count))]
                items += items[-1:] * (CHUNK - len(items))  # padded to one size, so that the function compiles once
                parts.append(np.asarray(function(np.stack([balanced.item(*item)[0] for item in items]))))
            content = io.BytesIO()
            np.save(content, np.concatenate(parts)[:count])
            files.write(path, content.getvalue())
        self.table = np.load(path)

    def batch(self, step: int, size: int, part: slice = slice(None)) -> Batch:
        """The batch of a step, or this part of it."""
        labels, indices = (items[part] for items in self.balanced.step_items(step, size))
        return Batch(self.table[labels * self.balanced.per_class + indices], np.zeros(len(labels), np.int32), labels)


Batches = Balanced | LengthBucketed | PrecomputedInputs


def stream(batches: Batches, step: int, size: int, part: slice = slice(None)) -> Iterator[Batch]:
    """Batches from `step` on, or this part of each; a thread computes the next one while the last is used."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(batches.batch, step, size, part)
        while True:
            batch = coming.result()
            step += 1
            coming = pool.submit(batches.batch, step, size, part)
            yield batch


def held_out(store: Store, split: str, per_class: int) -> Batch:
    """Up to `per_class` sounds of every class of a split, spread over its kits; the same at every call."""
    chosen = []
    for label in range(len(CLASSES)):
        sounds = store.indices(split, label)
        # Round robin over the kits: the first sound of each, then the second of each, and so on.
        _, kits = np.unique(store.kits[sounds], return_inverse=True)
        turn = np.array([np.sum(kits[:i] == kit) for i, kit in enumerate(kits)], int)
        chosen.extend(sounds[np.lexsort((kits, turn))][:per_class])
    chosen = np.array(chosen, int)
    waves = (
        np.stack([store.wave(int(i)) for i in chosen])
        if len(chosen)
        else np.zeros((0, store.audio.samples), np.float32)
    )
    return Batch(waves, np.asarray(store.lengths[chosen], np.int32), np.asarray(store.labels[chosen], np.int32))
