"""Small WAVs of drum-like strokes, seeded; and damaged ones."""

import random
import struct
from pathlib import Path

import numpy as np

from drumjax.config import CLASSES
from drumjax.sound import audio

RATES = (22_050, 44_100, 48_000)
_HEAD = 60
"""Bytes of a WAV in which a change damages more than a sample."""


def stroke(seed: int) -> bytes:
    """A WAV of 16 or 24 bits, mono or stereo, 0.05 to 0.25 s long."""
    rng = np.random.default_rng(seed)
    rate, channels = RATES[seed % len(RATES)], 1 + seed % 2
    at = np.arange(int(rate * rng.uniform(0.05, 0.25))) / rate
    tone = np.sin(2 * np.pi * rng.uniform(50, 4000) * at)[:, None] + rng.normal(0, 0.3, (len(at), channels))
    wave = 0.5 * tone * np.exp(-30 * at)[:, None]
    return audio.wav_bytes(np.clip(wave, -1, 1).astype(np.float32), rate, 16 + 8 * (seed % 4 // 2))


def write(folder: Path, count: int) -> list[str]:
    """Writes strokes of all classes in turn; returns the names of the files."""
    names = [f"{CLASSES[seed % len(CLASSES)]} {seed}.wav" for seed in range(count)]
    for seed, name in enumerate(names):
        (folder / name).write_bytes(stroke(seed))
    return names


def damaged(rng: random.Random, wav: bytes) -> bytes:
    """The WAV cut short or with a changed header, floats that are none, or the bytes of something else."""
    match rng.randrange(6):
        case 0:
            return wav[: rng.randrange(len(wav))]
        case 1:
            changed = bytearray(wav)
            for _ in range(rng.randrange(1, 5)):
                changed[rng.randrange(_HEAD)] = rng.choice((0, 1, 3, 127, 128, 255, rng.randrange(256)))
            return bytes(changed)
        case 2:
            at = rng.randrange(_HEAD)
            return wav[:at] + rng.randbytes(rng.randrange(1, 20)) + wav[at + rng.randrange(8) :]
        case 3:
            return _floats(rng)
        case 4:
            heads = b"fLaC", b"OggS\0\2", b"ID3\4", b"FORM\0\0\1\0AIFF", b"RIFF\0\0\0\0WAVE", b"\0\0\0\x20ftypM4A "
            return rng.choice(heads) + rng.randbytes(rng.randrange(300))
        case _:
            return rng.choice((b"", b"\0" * 1000, b"a snare", wav * 2, wav[_HEAD:], rng.randbytes(2000)))


def _floats(rng: random.Random) -> bytes:
    """A WAV of floats among which are silence, infinities, NaN, numbers far above full scale, or nothing."""
    wave = np.zeros(rng.choice((0, 1, 100, 5000)), np.float32)
    if len(wave):
        wave[rng.randrange(len(wave)) :: 7] = rng.choice((0.0, 1e-30, 1e30, float("inf"), float("nan")))
    rate, samples = rng.choice((1, 999, 44_100, 700_000)), wave.astype("<f4").tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16, 3, 1, rate, 4 * rate, 4, 32)
    return head + struct.pack("<4sI", b"data", len(samples)) + samples
