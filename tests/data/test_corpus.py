"""From folders to a store: a messy folder, a real corpus, classes, kits and broken files."""

import csv
import json
import os
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drumjax.config import CLASSES, Config, Data
from drumjax.data import corpus
from drumjax.data.store import SPLITS, Store
from drumjax.sound import audio

RATE = 44100


def sound(seed: int, seconds: float = 0.2) -> np.ndarray:
    """Decaying noise with a colour of its own: no two seeds give similar sounds."""
    rng = np.random.default_rng(seed)
    noise = np.convolve(rng.normal(size=round(seconds * RATE)), rng.normal(size=1 + seed % 7), "same")
    wave = noise * np.exp(-np.arange(len(noise)) / (0.15 * len(noise)))
    return (0.8 * wave / np.abs(wave).max()).astype(np.float32)


def put(folder: Path, **files: int) -> None:
    """Writes one sound per `name=seed`; `__` in a name stands for a folder."""
    for name, seed in files.items():
        path = folder / (name.replace("__", "/") + ".wav")
        path.parent.mkdir(parents=True, exist_ok=True)
        audio.write(path, sound(seed), RATE)


def build(store: Path, *folders: Path, **data) -> tuple[Store, dict[str, dict]]:
    config = Config(data=Data(store=str(store), folders=tuple(map(str, folders)), min_seconds=0.01, **data))
    return corpus.build(config, progress=False), report(store)


def report(store: Path) -> dict[str, dict]:
    return {row["path"]: row for row in json.loads((store / "report.json").read_text())["files"]}


def outcomes(rows: dict[str, dict]) -> dict[str, str]:
    return {path: row["class"] if row["outcome"] == "kept" else row["reason"] for path, row in rows.items()}


def allowed(expected: str, labelled: bool) -> set[str]:
    """The outcomes that `expected.csv` allows: classes or reasons."""
    if expected == "either":
        return {*CLASSES, "no class"}
    if " (through labels.csv" in expected:
        return {expected.split(" ")[0] if labelled else "no class"}
    allowed = set()
    for part in expected.replace(", or rejected:", " or").replace("rejected:", "").split(" or "):
        allowed.add(part.strip())
    return allowed


@pytest.mark.parametrize("labelled", [True, False])
def test_a_messy_folder_gives_the_expected_outcomes(shared_data, tmp_path, labelled):
    folder = shared_data / "messy"
    if not labelled:
        folder = Path(shutil.copytree(folder, tmp_path / "messy", ignore=shutil.ignore_patterns("labels.csv")))
    store, rows = build(tmp_path / "store", folder)
    with open(shared_data / "messy" / "expected.csv", encoding="utf8") as file:
        expected = {row["path"]: row["expected"] for row in csv.DictReader(file)}
    assert rows.keys() == expected.keys()
    got = outcomes(rows)
    wrong = {path: (got[path], want) for path, want in expected.items() if got[path] not in allowed(want, labelled)}
    assert not wrong
    assert sorted(store.paths) == sorted(path for path, row in rows.items() if row["outcome"] == "kept")
    for n, path in enumerate(store.paths):
        assert CLASSES[store.labels[n]] == rows[path]["class"] and SPLITS[store.splits[n]] == rows[path]["split"]
        wave = store.wave(n)
        assert np.abs(wave).max() == 1 and not wave[store.lengths[n] :].any() and wave[: store.lengths[n]].any()


@pytest.mark.slow
def test_the_real_corpus_is_kept_and_split_by_kit(shared_data, tmp_path):
    shares = (0.7, 0.2, 0.1)
    store, rows = build(tmp_path / "store", shared_data / "drums", shares=shares)
    with open(shared_data / "drums" / "manifest.csv", encoding="utf8") as file:
        manifest = {row["path"]: row for row in csv.DictReader(file)}
    assert rows.keys() == manifest.keys() and len(store) >= 0.97 * len(manifest)
    assert all(CLASSES[label] == manifest[path]["class"] for path, label in zip(store.paths, store.labels, strict=True))
    sides: dict[str, set] = {}
    for path, split in zip(store.paths, store.splits, strict=True):
        sides.setdefault(manifest[path]["kit"], set()).add(int(split))
    assert all(len(on) == 1 for on in sides.values()) and sides["body_percussion"] == {0}
    for label, name in enumerate(CLASSES):
        counts = [len(store.indices(split, label)) for split in SPLITS]
        assert min(counts) > 0, name
        assert np.abs(np.array(counts) / sum(counts) - shares).max() < 0.1, (name, counts)
    assert sum(source["count"] for source in store.sources) == len(store)
    opened, _ = build(tmp_path / "store", shared_data / "drums", shares=shares)
    assert opened.waves.filename == store.waves.filename

    permissive, rows = build(tmp_path / "store", shared_data / "drums", terms="permissive")
    assert {manifest[path]["terms"] for path in permissive.paths} == {"permissive"}
    assert {row["reason"] for path, row in rows.items() if manifest[path]["terms"] != "permissive"} == {"terms"}


def kits(folder: Path, count: int = 6) -> Path:
    for kit in range(count):
        for i, name in enumerate(("kick_0", "kick_1", "snare_0", "snare_1")):
            put(folder, **{f"kit{kit}__{name}": 10 * kit + i})
    return folder


def test_the_split_is_independent_of_place_and_order(tmp_path, monkeypatch):
    _, first = build(tmp_path / "a", kits(tmp_path / "sounds"))
    moved = tmp_path / "elsewhere" / "library"
    shutil.copytree(tmp_path / "sounds", moved)
    scandir = os.scandir

    class Shuffled:
        def __init__(self, folder):
            with scandir(folder) as found:
                self.items = list(found)
            random.Random(len(str(folder))).shuffle(self.items)

        def __enter__(self):
            return iter(self.items)

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(os, "scandir", Shuffled)
    _, second = build(tmp_path / "b", moved)
    assert first == second
    both = [tmp_path / "sounds" / f"kit{n}" for n in range(6)]
    _, third = build(tmp_path / "c", *both)
    _, fourth = build(tmp_path / "d", *reversed(both), both[0])
    assert first == third == fourth


def test_snaps_lose_the_rumble_of_their_room(tmp_path):
    time = np.arange(len(sound(1))) / RATE
    for name in ("snap", "clap"):
        path = tmp_path / "in" / f"{name}.wav"
        path.parent.mkdir(exist_ok=True)
        audio.write(path, 0.5 * sound(1) + 0.3 * np.sin(2 * np.pi * 45 * time) * np.exp(-5 * time), RATE)
    store, _ = build(tmp_path / "store", tmp_path / "in")
    low = {}
    for n, path in enumerate(store.paths):
        wave, length = store.wave(n), store.lengths[n]
        assert np.abs(wave).max() == 1 and not wave[length:].any()
        power = np.abs(np.fft.rfft(wave)) ** 2
        low[path] = power[np.fft.rfftfreq(len(wave), 1 / store.audio.rate) < 70].sum() / power.sum()
    assert low["snap.wav"] < 0.2 < 0.8 < low["clap.wav"]

    # A store that grows, or in which a class changes, is the one that is built from nothing.
    put(tmp_path / "in", snap_2=3)
    (tmp_path / "in" / "labels.csv").write_text("path,class\nclap.wav,snap\n")
    grown, _ = build(tmp_path / "store", tmp_path / "in")
    fresh, _ = build(tmp_path / "fresh", tmp_path / "in")
    np.testing.assert_array_equal(grown.waves, fresh.waves)
    np.testing.assert_array_equal(grown.lengths, fresh.lengths)


def test_the_report_lists_every_file_with_its_outcome(tmp_path):
    folder = tmp_path / "in"
    put(folder, kick=1, Snares__cowbell=2, Snares__rough=3, thing=4, short_kick=5)
    audio.write(folder / "short_kick.wav", sound(5)[:200], RATE)
    audio.write(folder / "kick long.wav", np.tile(sound(6), 8), RATE)
    audio.write(folder / "kick silent.wav", np.zeros(5000, np.float32), RATE)
    audio.write(folder / "kick kick.wav", np.tile(sound(7), 2), RATE)
    (folder / "kick.flac").write_bytes(b"")
    whole = (folder / "kick.wav").read_bytes()
    (folder / "kick cut.wav").write_bytes(whole[:30])
    (folder / "readme.txt").write_text("text")
    (folder / "._kick.wav").write_text("text")
    (folder / "other.csv").write_text("a,b")
    (folder / "snare 9").write_bytes((folder / "Snares" / "rough.wav").read_bytes()[:-40])  # a sound without extension
    (folder / "really.wav").mkdir()
    audio.write(folder / "really.wav" / "snare.wav", sound(8), RATE)
    os.mkfifo(folder / "kick pipe.wav")
    os.symlink(folder / "gone.wav", folder / "kick gone.wav")
    os.symlink(folder, folder / "round")
    os.symlink("itself", folder / "itself")
    (folder / "kick b\udcff.wav").write_bytes(b"RIFF")
    _, rows = build(tmp_path / "store", folder)
    assert outcomes(rows) == {
        "kick.wav": "kick",
        "Snares/rough.wav": "snare",
        "really.wav/snare.wav": "snare",
        "Snares/cowbell.wav": "no class",
        "thing.wav": "no class",
        "short_kick.wav": "too short",
        "kick long.wav": "too long",
        "kick silent.wav": "silent",
        "kick kick.wav": "several hits",
        "kick.flac": "unreadable",
        "kick cut.wav": "unreadable",
        "kick pipe.wav": "unreadable",
        "kick gone.wav": "unreadable",
        "kick b\udcff.wav": "unreadable",
        "readme.txt": "not a sound",
        "itself": "not a sound",
        "._kick.wav": "hidden",
        "snare 9": "near duplicate",
    }


def test_overrides_manifest_and_grouping(tmp_path):
    folder = tmp_path / "in"
    put(folder, a__kick=1, a__x=2, b__snare=3, b__y=4, c__tom=5, top_clap=6)
    rows = "a/x.wav,closed hat,K,1,S,CC0,permissive\nb/y.wav,conga,K,2,S,CC0,permissive\n"
    (folder / "manifest.csv").write_text("path,class,kit,room,source,licence,terms\n" + rows)
    (folder / "labels.csv").write_text("\ufeffpath,class\nb/y.wav,Bongo\nc\\tom.wav,none\n", encoding="utf8")
    store, rows = build(tmp_path / "store", folder)
    assert outcomes(rows) == {
        "a/kick.wav": "kick", "a/x.wav": "closed_hat", "b/snare.wav": "snare", "b/y.wav": "bongo",
        "c/tom.wav": "no class", "top_clap.wav": "clap",
    }  # fmt: skip
    kit = {path: store.kit_names[n] for path, n in zip(store.paths, store.kits, strict=True)}
    assert kit == {"a/kick.wav": "a", "a/x.wav": "K", "b/snare.wav": "b", "b/y.wav": "K", "top_clap.wav": "."}
    assert store.sources == [{"source": "S", "licence": "CC0", "terms": "permissive", "count": 2}]
    for group_by, names in {
        "folder": {".", "a", "b"}, "top": {".", "a", "b"}, "room": {".", "1", "2", "a", "b"},
        "file": set(store.paths),
    }.items():  # fmt: skip
        assert set(build(tmp_path / "store", folder, group_by=group_by)[0].kit_names) == names
    with pytest.raises(ValueError, match=r"data.group_by must be .*kit, licence, room, .*got 'rom'"):
        build(tmp_path / "store", folder, group_by="rom")
    store, rows = build(tmp_path / "store", folder, terms="permissive")
    assert store.paths == ["a/x.wav", "b/y.wav"] and rows["a/kick.wav"]["reason"] == "terms"
    (folder / "labels.csv").write_text("path,class\nb/y.wav,bonngo\n")
    with pytest.raises(ValueError, match=r"labels.csv, b/y.wav: drum class must be one of .*got 'bonngo'"):
        build(tmp_path / "store", folder)


def test_errors_are_one_line_and_leave_no_files(tmp_path):
    (tmp_path / "empty").mkdir()
    put(tmp_path / "nameless", x=1)
    messages = {"gone": "does not exist", "empty": "holds no files", "nameless": r"no usable sound .*1 no class"}
    for folder, message in messages.items():
        with pytest.raises(ValueError, match=message) as caught:
            build(tmp_path / "store", tmp_path / folder)
        assert "\n" not in str(caught.value) and not (tmp_path / "store").exists()


def test_another_audio_config_builds_another_store(tmp_path):
    put(tmp_path / "in", kick=1)
    config = Config(data=Data(store=str(tmp_path / "store"), folders=(str(tmp_path / "in"),)))
    corpus.build(config, progress=False)
    other = replace(config, audio=replace(config.audio, samples=11000))
    assert corpus.build(other, progress=False).waves.shape == (1, 11000)


def test_the_table_lists_classes_and_missing_ones(tmp_path, capsys):
    put(tmp_path / "in", a__kick=1, a__snare=2, b__kick=3, b__thing=4)
    corpus.build(Config(data=Data(store=str(tmp_path / "store"), folders=(str(tmp_path / "in"),))))
    printed = capsys.readouterr().out
    assert "kick            2     1  50.0%     1  50.0%     0   0.0%   0" in printed
    assert "1: 1 no class" in printed and "none on the validation side of: snare" in printed
