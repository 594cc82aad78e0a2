"""Copies of a sound are dropped, takes are kept."""

import shutil

import numpy as np
import soundfile
from test_corpus import RATE, build, put, sound

from drumjax.sound import audio


def test_copies_are_dropped_and_takes_kept(tmp_path):
    put(tmp_path / "in", A__kick=1, A__kick_take_2=2, B__snare=3)
    wave = sound(1)
    audio.write(tmp_path / "in" / "B" / "kick_again.wav", wave, RATE)
    audio.write(tmp_path / "in" / "B" / "kick_quiet.wav", 0.3 * wave, RATE, 24)
    audio.write(tmp_path / "in" / "B" / "kick_late.wav", np.append(np.zeros(777, np.float32), wave), RATE)
    audio.write(tmp_path / "in" / "B" / "kick_22k.wav", audio.resample(wave, RATE, 22050), 22050)
    audio.write(tmp_path / "in" / "B" / "kick_11k.wav", audio.resample(wave, RATE, 11025), 11025)
    soundfile.write(tmp_path / "in" / "B" / "kick_a.mp3", wave, RATE, format="MP3")
    soundfile.write(tmp_path / "in" / "B" / "kick_b.ogg", wave, RATE, format="OGG", subtype="VORBIS")
    store, rows = build(tmp_path / "store", tmp_path / "in")
    assert len(store) == 3 and "A/kick_take_2.wav" in store.paths and "B/snare.wav" in store.paths
    original = next(path for path in store.paths if path not in ("A/kick_take_2.wav", "B/snare.wav"))
    assert original not in ("B/kick_a.mp3", "B/kick_b.ogg", "B/kick_11k.wav")  # the best of them
    dropped = {path: row for path, row in rows.items() if row["outcome"] == "rejected"}
    assert len(dropped) == 7 and {row["reason"] for row in dropped.values()} == {"duplicate", "near duplicate"}
    assert all(original in row["detail"] for row in dropped.values())


def nearly_alike(folder, count, seed=1):
    """Takes of one stroke: the same sound, each with a little noise of its own."""
    for take in range(count):
        wave = sound(seed) + 0.01 * sound(100 * seed + take)
        audio.write(folder / f"kick {seed} {take}.wav", 0.8 * wave / np.abs(wave).max(), RATE)


def test_nearly_alike_sounds_of_one_kit_are_takes(tmp_path):
    for kit, seed in (("A", 1), ("B", 1), ("C", 2)):
        (tmp_path / "in" / kit).mkdir(parents=True)
        nearly_alike(tmp_path / "in" / kit, 3, seed)
        put(tmp_path / "in", **{f"{kit}__snare": 50 + ord(kit), f"{kit}__snare 2": 60 + ord(kit)})
    shutil.copy(tmp_path / "in" / "C" / "kick 2 0.wav", tmp_path / "in" / "C" / "kick again.wav")
    store, rows = build(tmp_path / "store", tmp_path / "in")
    assert sum(path.startswith("C/kick") for path in store.paths) == 3  # three takes, without the exact copy
    dropped = {path: row["reason"] for path, row in rows.items() if row["reason"]}
    assert sorted(dropped.values()) == ["duplicate"] * 4  # B's kicks are A's, to the sample
    assert sum(path.startswith("A/kick") or path.startswith("B/kick") for path in store.paths) == 3


def test_takes_stay_on_one_side_where_every_file_is_a_kit(tmp_path):
    (tmp_path / "in").mkdir()
    for seed in range(1, 9):
        nearly_alike(tmp_path / "in", 3, seed)
    store, rows = build(tmp_path / "store", tmp_path / "in")
    assert len(store) == 24 and set(store.splits) == {0, 1}
    sides = {path: int(side) for path, side in zip(store.paths, store.splits, strict=True)}
    for seed in range(1, 9):
        assert len({sides[f"kick {seed} {take}.wav"] for take in range(3)}) == 1
