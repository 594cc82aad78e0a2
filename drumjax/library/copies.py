"""Copies of one sound in a library: equal samples, and the same recording in another format, level or start.

Sounds with near embeddings are candidates; what decides is the coherence of their waves (`drumjax.data.duplicates`),
which tells a copy from another take of the same drum.
"""

import functools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from jaxtyping import Complex, Int

from drumjax.data import duplicates
from drumjax.data.store import to_int16
from drumjax.library import features
from drumjax.library.index import Sounds
from drumjax.progress import bar
from drumjax.sound import audio

RATE = 22_050  # Hz, of the waves that are compared: their coherence is taken up to 8 kHz
SAMPLES = RATE  # of the sound that are compared, from its start
CANDIDATE = 10.0  # distance of embeddings up to which two sounds may be copies
CANDIDATES = 12  # of a sound, at most
SAME_LENGTH = 1.25  # ratio of the lengths of two copies, at most: noise and codecs move the end
BLOCK = 512  # sounds whose distances are computed at once
CACHED = 256  # spectra kept in memory


def groups(sounds: Sounds, there: Int[np.ndarray, " there"], near: bool) -> list[list[int]]:
    """Groups of two and more sounds that are copies of each other, in the order of their first ones.

    Args:
        sounds: of the library.
        there: indices of those that are considered.
        near: also those that are not equal sample by sample.
    """
    parent = {int(i): int(i) for i in there}

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = i = parent[parent[i]]
        return i

    def join(i: int, j: int) -> None:
        low, high = sorted((root(i), root(j)))
        parent[high] = low

    first: dict[bytes, int] = {}
    for i in map(int, there):
        join(i, first.setdefault(sounds.digests[i], i))
    if near:
        distinct = np.array([i for i in map(int, there) if root(i) == i], int)
        for i, j in _coherent(sounds, list(_candidates(sounds, distinct))):
            join(i, j)
    members: dict[int, list[int]] = {}
    for i in map(int, there):
        members.setdefault(root(i), []).append(i)
    return [group for group in members.values() if len(group) > 1]


def _candidates(sounds: Sounds, chosen: Int[np.ndarray, " chosen"]) -> Iterator[tuple[int, int]]:
    """Pairs of sounds with near embeddings and similar lengths, each once."""
    seconds, rates = sounds.property("seconds")[chosen], np.minimum(sounds.property("rate")[chosen], features.RATE)
    pairs: set[tuple[int, int]] = set()
    for rate in np.unique(rates):
        vectors, own = sounds.embeddings[chosen], np.flatnonzero(rates == rate)
        if rate < features.RATE:  # a copy at a low rate has lost what lies above
            vectors = features.narrowed(vectors, 0.45 * float(rate))
        for start in range(0, len(own), BLOCK):
            block = own[start : start + BLOCK]
            distance = features.distances(vectors[block], vectors)
            ratios = seconds[block, None] / seconds[None]
            distance[(ratios > SAME_LENGTH) | (ratios < 1 / SAME_LENGTH)] = np.inf
            distance[np.arange(len(block)), block] = np.inf
            few = min(CANDIDATES, len(chosen) - 1)
            nearest = np.argpartition(distance, few, axis=1)[:, :few]
            near = np.take_along_axis(distance, nearest, axis=1) < CANDIDATE
            for one, other in zip(np.repeat(block, near.sum(axis=1)), nearest[near], strict=True):
                pairs.add((min(int(one), int(other)), max(int(one), int(other))))
    yield from ((int(chosen[i]), int(chosen[j])) for i, j in sorted(pairs))


def _coherent(sounds: Sounds, pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The pairs whose waves are those of one recording."""

    @functools.lru_cache(CACHED)
    def spectrum(i: int) -> Spectrum | None:
        return _spectrum(sounds.paths[i])

    def same(pair: tuple[int, int]) -> bool:
        return _same(spectrum(pair[0]), spectrum(pair[1]))

    with ThreadPoolExecutor() as pool:
        for pair, copy in zip(pairs, bar(pool.map(same, pairs), "comparing", len(pairs), "pair"), strict=True):
            if copy:
                yield pair


def is_copy(path: str, other: str) -> bool:
    """Whether two files hold one recording."""
    return _same(_spectrum(path), _spectrum(other))


Spectrum = tuple[Complex[np.ndarray, " bins"], int]
"""Of the start of a sound, and the rate of its file in Hz."""


def _same(one: Spectrum | None, other: Spectrum | None) -> bool:
    if one is None or other is None:
        return False
    top_hz = 0.45 * min(one[1], other[1], RATE)
    return duplicates.coherence(one[0], other[0], RATE, SAMPLES, top_hz) >= duplicates.MIN_COHERENCE


def _spectrum(path: str) -> Spectrum | None:
    """The spectrum of the start of a file's sound; None if it can no longer be read."""
    try:
        raw, rate = audio.read(path, 4.0)
    except ValueError:
        return None
    wave = audio.trim(audio.resample(audio.mono(raw), rate, RATE), RATE)[:SAMPLES]
    if not len(wave):
        return None
    return duplicates.spectrum(to_int16(np.pad(wave / np.abs(wave).max(), (0, SAMPLES - len(wave))))), rate
