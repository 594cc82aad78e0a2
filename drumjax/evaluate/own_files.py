"""Held-out sounds as a producer's files: at the rate they were recorded at, some in stereo, some with a long tail.

A corpus for training is mono, of one rate and cut after a second. Its manifest names the original rate of each file;
stereo is made of two hits of one kit, a long tail by a room.
"""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from drumjax.data.store import Store
from drumjax.sound import audio
from drumjax.sound.seeds import NOISE, Numbers

EVERY = 4
"""Of so many files one becomes stereo, and another one gets a tail."""
STEREO, TAIL = 1, 3
"""The remainders of these files' numbers."""

TAIL_SECONDS = 3.0
TAIL_DB = -18.0
"""Energy of the tail relative to the sound."""
SECOND_CHANNEL = 0.7

EXACT_RATES = (8_000, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000)
EXACT_SECONDS = (0.02, 0.5, 3.0)


class File(NamedTuple):
    """A sound file of a user's."""

    wave: Float[np.ndarray, "samples ..."]
    rate: int
    number: int  # of the sound in the store


def files_of(store: Store, folder: Path, chosen: Int[np.ndarray, " chosen"]) -> list[File]:
    """The files of sounds of a store, read anew from the folder that it was made from."""
    original = original_rates(folder)
    files = []
    for position, number in enumerate(chosen):
        wave, rate = _mono(folder / store.paths[number])
        partner = _partner(store, folder, int(number))
        if position % EVERY == STEREO and partner:
            wave = _stereo(wave, rate, *_mono(partner))
        if position % EVERY == TAIL:
            wave = with_tail(wave, rate, int(number))
        wanted = original.get(store.paths[number], rate)
        moved = audio.resample(wave, rate, wanted)
        files.append(File(moved / max(1.0, float(np.abs(moved).max())), wanted, int(number)))
    return files


def original_rates(folder: Path) -> dict[str, int]:
    """{path: Hz} by the column `original_rate_hz` of the folder's manifest.csv; empty without one."""
    try:
        with open(folder / "manifest.csv", encoding="utf-8-sig", newline="") as file:
            return {row["path"]: int(row["original_rate_hz"]) for row in csv.DictReader(file)}
    except (OSError, KeyError, ValueError):
        return {}


def _mono(path: Path) -> tuple[Float[np.ndarray, " samples"], int]:
    wave, rate = audio.read(path)
    return audio.mono(wave), rate


def _partner(store: Store, folder: Path, number: int) -> Path | None:
    """The next sound of the same kit and class, which most often is another hit of the same drum."""
    same = np.flatnonzero((store.labels == store.labels[number]) & (store.kits == store.kits[number]))
    path = folder / store.paths[same[(np.searchsorted(same, number) + 1) % len(same)]]
    return path if len(same) > 1 and path.is_file() else None


def _stereo(
    left: Float[np.ndarray, " samples"], rate: int, right: Float[np.ndarray, " other"], right_rate: int
) -> Float[np.ndarray, "longer 2"]:
    right = SECOND_CHANNEL * audio.resample(right, right_rate, rate)
    longer = max(len(left), len(right))
    return np.stack([np.pad(one, (0, longer - len(one))) for one in (left, right)], axis=1)


def with_tail(wave: Float[np.ndarray, " samples"], rate: int, seed: int) -> Float[np.ndarray, " longer"]:
    """The sound in a room of noise that decays by 60 dB within `TAIL_SECONDS`, as long as that."""
    count = int(TAIL_SECONDS * rate)
    room = Numbers(seed, NOISE).normal(count) * 10 ** (-3 * np.arange(count) / count)
    size = len(wave) + count
    wet = np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(room, size), size)[:count]
    wet *= np.sqrt(np.sum(wave.astype(np.float64) ** 2) * 10 ** (TAIL_DB / 10) / max(np.sum(wet**2), 1e-12))
    return (np.pad(wave[:count], (0, count - len(wave[:count]))) + wet).astype(np.float32)


def every_form(wave: Float[np.ndarray, " samples"], rate: int) -> list[tuple[np.ndarray, int]]:
    """(wave, rate) of one sound at each of `EXACT_RATES`, in one channel and in two, of 0.02 to 3 s."""
    forms = []
    for i, wanted in enumerate(EXACT_RATES):
        moved = audio.resample(wave, rate, wanted)
        count = int(EXACT_SECONDS[i % len(EXACT_SECONDS)] * wanted)
        cut = np.pad(moved[:count], (0, max(0, count - len(moved))))
        forms.append((np.stack([cut, -0.5 * cut[::-1]], axis=1) if i % 2 else cut, wanted))
    return forms
