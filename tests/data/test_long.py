"""Sounds with long tails and tape noise: what loses little is kept, what loses much is told with its cure."""

import json
from dataclasses import replace

import numpy as np
import pytest

from drumjax import presets
from drumjax.config import CLASSES
from drumjax.data import corpus, procedural
from drumjax.sound import audio

FILES = 300


def long_pack(folder, rate: int) -> None:
    """Built-in drums with a faint, long tail, and tape noise 55 dB below their peak up to 4 s."""
    rng = np.random.default_rng(0)
    shape = presets.tiny().audio
    time = np.arange(4 * rate) / rate
    for n in range(FILES):
        name = CLASSES[n % len(CLASSES)]
        drum, _ = procedural.sound(name, 10 * n, shape)
        wave = 10 ** (-55 / 20) * rng.standard_normal(len(time))
        wave += 10 ** (-35 / 20) * rng.standard_normal(len(time)) * np.exp(-6.9 * time / rng.uniform(1.0, 3.0))
        wave[: len(drum)] += drum
        path = folder / f"kit {n // 22}" / f"{name} {n}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        audio.write(path, 0.8 * wave / np.abs(wave).max(), rate)


def build(folder, store, **data):
    tiny = presets.tiny()
    config = replace(tiny, data=replace(tiny.data, folders=(str(folder),), store=str(store), **data))
    corpus.build(config, progress=False)
    return {row["path"]: row for row in json.loads((store / "report.json").read_text())["files"]}


@pytest.mark.slow
def test_a_pack_of_long_sounds_keeps_its_drums(tmp_path):
    long_pack(tmp_path / "in", presets.tiny().audio.rate)
    rows = build(tmp_path / "in", tmp_path / "store")
    kept = [row for row in rows.values() if row["outcome"] == "kept"]
    assert len(rows) == FILES and len(kept) >= 0.9 * FILES
    assert any("s of sound, cut to 1 s with a fade: 0." in row.get("detail", "") for row in kept)


def test_what_loses_much_is_told_with_the_setting_that_keeps_it(tmp_path):
    rate = presets.tiny().audio.rate
    time = np.arange(2 * rate) / rate
    (tmp_path / "in").mkdir()
    audio.write(tmp_path / "in" / "kick.wav", np.sin(2 * np.pi * 55 * time) * np.exp(-2 * time), rate)
    audio.write(tmp_path / "in" / "snare.wav", np.sin(2 * np.pi * 200 * time) * np.exp(-20 * time), rate)
    row = build(tmp_path / "in", tmp_path / "store")["kick.wav"]
    assert row["reason"] == "too long" and row["detail"].endswith("--set data.most_lost=0.03 keeps it, cut with a fade")
    row = build(tmp_path / "in", tmp_path / "store", most_lost=0.03)["kick.wav"]
    assert row["outcome"] == "kept" and "of its energy lost, at most 3.00%" in row["detail"]
    row = build(tmp_path / "in", tmp_path / "store", max_seconds=1.0)["kick.wav"]
    assert "--set data.max_seconds=2 data.most_lost=0.03 keeps it" in row["detail"]
