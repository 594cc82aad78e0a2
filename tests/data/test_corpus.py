"""From folders to a store: a real mess, a real corpus, copies, kits, kills and broken files."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from drumjax.config import CLASSES, Config, Data
from drumjax.data import corpus
from drumjax.data.hits import several_hits
from drumjax.data.store import SPLITS, Store
from drumjax.sound import audio

RATE = 44100


def sound(seed: int, seconds: float = 0.2) -> np.ndarray:
    """Noise of its own colour that dies away: no two seeds are alike."""
    rng = np.random.default_rng(seed)
    noise = np.convolve(rng.normal(size=round(seconds * RATE)), rng.normal(size=1 + seed % 7), "same")
    wave = noise * np.exp(-np.arange(len(noise)) / (0.15 * len(noise)))
    return (0.8 * wave / np.abs(wave).max()).astype(np.float32)


def put(folder: Path, **files: int) -> None:
    """Writes a sound per `name=seed`; `__` in a name stands for a folder."""
    for name, seed in files.items():
        path = folder / (name.replace("__", "/") + ".wav")
        path.parent.mkdir(parents=True, exist_ok=True)
        audio.write(path, sound(seed), RATE)


def built(store: Path, *folders: Path, **data) -> tuple[Store, dict[str, dict]]:
    config = Config(data=Data(store=str(store), folders=tuple(map(str, folders)), **data))
    return corpus.build(config, progress=False), report(store)


def report(store: Path) -> dict[str, dict]:
    return {row["path"]: row for row in json.loads((store / "report.json").read_text())["files"]}


def outcomes(rows: dict[str, dict]) -> dict[str, str]:
    return {path: row["class"] if row["outcome"] == "kept" else row["reason"] for path, row in rows.items()}


def allowed(expected: str, labelled: bool) -> set[str]:
    """What `expected.csv` allows: classes, reasons, or anything."""
    if expected == "either":
        return {*CLASSES, "no class"}
    if " (through labels.csv" in expected:
        return {expected.split(" ")[0] if labelled else "no class"}
    allowed = set()
    for part in expected.replace(", or rejected:", " or").replace("rejected:", "").split(" or "):
        allowed.add(part.strip())
    return allowed


@pytest.mark.parametrize("labelled", [True, False])
def test_a_real_mess_comes_out_as_expected(shared_data, tmp_path, labelled):
    folder = shared_data / "messy"
    if not labelled:
        folder = Path(shutil.copytree(folder, tmp_path / "messy", ignore=shutil.ignore_patterns("labels.csv")))
    store, rows = built(tmp_path / "store", folder)
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
    store, rows = built(tmp_path / "store", shared_data / "drums", shares=shares)
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
    opened, _ = built(tmp_path / "store", shared_data / "drums", shares=shares)
    assert opened.waves.filename == store.waves.filename

    permissive, rows = built(tmp_path / "store", shared_data / "drums", terms="permissive")
    assert {manifest[path]["terms"] for path in permissive.paths} == {"permissive"}
    assert {row["reason"] for path, row in rows.items() if manifest[path]["terms"] != "permissive"} == {"terms"}


def kits(folder: Path, count: int = 6) -> Path:
    for kit in range(count):
        for i, name in enumerate(("kick_0", "kick_1", "snare_0", "snare_1")):
            put(folder, **{f"kit{kit}__{name}": 10 * kit + i})
    return folder


def test_the_same_files_anywhere_in_any_order_give_the_same_split(tmp_path, monkeypatch):
    _, first = built(tmp_path / "a", kits(tmp_path / "sounds"))
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
    _, second = built(tmp_path / "b", moved)
    assert first == second
    both = [tmp_path / "sounds" / f"kit{n}" for n in range(6)]
    _, third = built(tmp_path / "c", *both)
    _, fourth = built(tmp_path / "d", *reversed(both), both[0])
    assert first == third == fourth


def test_copies_go_and_takes_stay(tmp_path):
    put(tmp_path / "in", kick=1, kick_take_2=2, Snares__snare=3)
    wave = sound(1)
    audio.write(tmp_path / "in" / "kick_again.wav", wave, RATE)
    audio.write(tmp_path / "in" / "kick_quiet.wav", 0.3 * wave, RATE, 24)
    audio.write(tmp_path / "in" / "kick_late.wav", np.append(np.zeros(777, np.float32), wave), RATE)
    audio.write(tmp_path / "in" / "kick_22k.wav", audio.resample(wave, RATE, 22050), 22050)
    audio.write(tmp_path / "in" / "kick_11k.wav", audio.resample(wave, RATE, 11025), 11025)
    soundfile.write(tmp_path / "in" / "kick_a.mp3", wave, RATE, format="MP3")
    soundfile.write(tmp_path / "in" / "kick_b.ogg", wave, RATE, format="OGG", subtype="VORBIS")
    store, rows = built(tmp_path / "store", tmp_path / "in")
    kept = [path for path in store.paths if "Snares" not in path]
    assert len(store) == 3 and "kick_take_2.wav" in kept
    original = next(path for path in kept if path != "kick_take_2.wav")
    assert original not in ("kick_a.mp3", "kick_b.ogg", "kick_11k.wav")  # the best of them
    dropped = {path: row for path, row in rows.items() if row["outcome"] == "rejected"}
    assert len(dropped) == 7 and {row["reason"] for row in dropped.values()} == {"duplicate", "near duplicate"}
    assert all(original in row["detail"] for row in dropped.values())


def test_several_hits_are_told_from_one():
    burst = np.concatenate([sound(5, 0.03)[:500] * level for level in (0.5, 0.7, 0.9)] + [sound(6, 0.3)])
    assert not several_hits(burst, RATE)  # as an 808 clap
    for seed in range(10):
        one = np.append(sound(seed, 0.3), np.zeros(RATE // 2, np.float32))
        assert not several_hits(one, RATE)
        for seconds in (0.2, 0.35, 0.45):
            two = one + 0.7 * np.roll(one, round(seconds * RATE))
            assert several_hits(two, RATE)


def test_every_file_is_accounted_for_and_none_stops_the_build(tmp_path):
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
    (folder / "snare 9").write_bytes((folder / "Snares" / "rough.wav").read_bytes()[:-40])  # no extension, a sound
    (folder / "really.wav").mkdir()
    audio.write(folder / "really.wav" / "snare.wav", sound(8), RATE)
    os.mkfifo(folder / "kick pipe.wav")
    os.symlink(folder / "gone.wav", folder / "kick gone.wav")
    os.symlink(folder, folder / "round")
    os.symlink("itself", folder / "itself")
    (folder / "kick b\udcff.wav").write_bytes(b"RIFF")
    _, rows = built(tmp_path / "store", folder)
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
    store, rows = built(tmp_path / "store", folder)
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
        assert set(built(tmp_path / "store", folder, group_by=group_by)[0].kit_names) == names
    with pytest.raises(ValueError, match=r"data.group_by must be .*kit, licence, room, .*got 'rom'"):
        built(tmp_path / "store", folder, group_by="rom")
    store, rows = built(tmp_path / "store", folder, terms="permissive")
    assert store.paths == ["a/x.wav", "b/y.wav"] and rows["a/kick.wav"]["reason"] == "terms"
    (folder / "labels.csv").write_text("path,class\nb/y.wav,bonngo\n")
    with pytest.raises(ValueError, match=r"labels.csv, b/y.wav: drum class must be one of .*got 'bonngo'"):
        built(tmp_path / "store", folder)


def test_errors_are_one_line_and_leave_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    put(tmp_path / "nameless", x=1)
    said_of = {"gone": "does not exist", "empty": "holds no files", "nameless": r"no usable sound .*1 no class"}
    for folder, said in said_of.items():
        with pytest.raises(ValueError, match=said) as caught:
            built(tmp_path / "store", tmp_path / folder)
        assert "\n" not in str(caught.value) and not (tmp_path / "store").exists()


def test_a_full_disk_keeps_the_store_before(tmp_path):
    resource = pytest.importorskip("resource")
    put(tmp_path / "in", kick=1, snare=2)
    before, _ = built(tmp_path / "store", tmp_path / "in")
    put(tmp_path / "in", **{f"kick_{n}": 10 + n for n in range(9)})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    try:
        with pytest.raises(OSError, match="cannot write"):
            built(tmp_path / "store", tmp_path / "in")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert Store.open(tmp_path / "store").paths == before.paths
    assert len(built(tmp_path / "store", tmp_path / "in")[0]) == 11


def test_only_new_files_are_read_again(tmp_path, monkeypatch):
    folder = tmp_path / "in"
    put(folder, kick=1, snare=2, thing=3)
    shutil.copy2(folder / "kick.wav", folder / "kick copy.wav")
    built(tmp_path / "store", folder)
    read, seen = audio.read, []
    monkeypatch.setattr(audio, "read", lambda path, *rest: seen.append(path.name) or read(path, *rest))
    built(tmp_path / "store", folder)
    assert not seen
    put(folder, clap=4)
    (folder / "snare.wav").unlink()
    store, _ = built(tmp_path / "store", folder)
    assert seen == ["clap.wav"]
    fresh, _ = built(tmp_path / "fresh", folder)
    assert store.paths == fresh.paths and np.array_equal(store.waves, fresh.waves)
    seen.clear()
    built(tmp_path / "store", folder, shares=(0.5, 0.5, 0.0))
    (folder / "kick.wav").unlink()  # its copy takes its place, from the journal
    assert "kick copy.wav" in built(tmp_path / "store", folder)[0].paths and not seen


SLOWLY = """
import sys, time
from drumjax import audio
from drumjax.config import Config, Data
from drumjax.data import corpus
read = audio.read
def slow(path, *rest):
    print(path.name, flush=True)
    time.sleep(float(sys.argv[3]))
    return read(path, *rest)
audio.read = slow
corpus.build(Config(data=Data(store=sys.argv[1], folders=(sys.argv[2],))), progress=False)
"""


def test_a_killed_build_goes_on_where_it_was(tmp_path):
    folder = tmp_path / "in"
    put(folder, **{f"kit{n % 9}__kick_{n:03}": n for n in range(120)})
    command = [sys.executable, "-c", SLOWLY, str(tmp_path / "store"), str(folder)]
    root = Path(__file__).resolve().parents[2]
    first = subprocess.Popen([*command, "0.02"], stdout=subprocess.PIPE, cwd=root, text=True)
    done = [first.stdout.readline() for _ in range(70)]
    time.sleep(0.1)
    first.send_signal(signal.SIGKILL)
    done += first.communicate()[0].splitlines()
    assert len(done) < 120 and not (tmp_path / "store" / "store.json").exists()
    second = subprocess.run([*command, "0"], stdout=subprocess.PIPE, cwd=root, text=True, check=True)
    assert len(second.stdout.split()) <= 120 - 32  # whole batches are not read again
    whole, rows = built(tmp_path / "store", folder)
    fresh, fresh_rows = built(tmp_path / "fresh", folder)
    assert rows == fresh_rows and np.array_equal(whole.waves, fresh.waves) and whole.paths == fresh.paths


def test_another_audio_config_makes_another_store(tmp_path):
    put(tmp_path / "in", kick=1)
    config = Config(data=Data(store=str(tmp_path / "store"), folders=(str(tmp_path / "in"),)))
    corpus.build(config, progress=False)
    other = replace(config, audio=replace(config.audio, samples=11000))
    assert corpus.build(other, progress=False).waves.shape == (1, 11000)


def test_the_table_names_every_class_and_what_is_missing(tmp_path, capsys):
    put(tmp_path / "in", a__kick=1, a__snare=2, b__kick=3, b__thing=4)
    corpus.build(Config(data=Data(store=str(tmp_path / "store"), folders=(str(tmp_path / "in"),))))
    said = capsys.readouterr().out
    assert "kick            2     1  50.0%     1  50.0%     0   0.0%   0" in said
    assert "1: 1 no class" in said and "none on the validation side of: snare" in said
