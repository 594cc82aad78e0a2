"""A small library: scanned, changed, interrupted, searched, mapped."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

import drumjax
from drumjax.data import procedural
from drumjax.library import layout
from drumjax.library.library import Library
from drumjax.sound import audio

RATE = 44_100
AUDIO = procedural.Audio(rate=RATE, samples=RATE)
NAMES = ("kick", "snare", "closed_hat")


def put(path, name, seed, gain=0.9):
    wave, length = procedural.sound(name, seed, AUDIO)
    path.parent.mkdir(parents=True, exist_ok=True)
    audio.write(path, gain * wave[:length], RATE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    top = tmp_path_factory.mktemp("samples")
    for name in NAMES:
        for seed in range(8):
            put(top / ("even", "odd")[seed % 2] / f"{name} {seed}.wav", name, seed)
    put(top / "a thing.wav", "snare", 99)  # no class
    (top / "broken.wav").write_bytes(b"RIFF nothing")
    (top / "cover.jpg").write_bytes(b"\xff\xd8 no sound")
    (top / ".hidden.wav").write_bytes(b"")
    os.mkfifo(top / "pipe.wav")
    return top


@pytest.fixture(scope="module")
def library(folder, tmp_path_factory):
    opened = Library.open(tmp_path_factory.mktemp("index") / "library.sqlite")
    opened.first = opened.scan([folder], workers=2)
    return opened


@pytest.fixture
def copy(folder, library, tmp_path):
    """A folder and its scanned library, to change."""
    top = tmp_path / "samples"
    shutil.copytree(folder, top, ignore=shutil.ignore_patterns("pipe*"))
    opened = Library.open(tmp_path / "library.sqlite")
    opened.scan([top], workers=1)
    return top, opened


def test_a_scan_reads_what_sounds_and_lists_what_does_not(folder, library):
    scan = library.first
    assert (scan.read, scan.broken, scan.no_sounds, scan.unchanged) == (25, 2, 1, 0)
    assert {Path(path).name for path, _ in library.index.problems()} == {"broken.wav", "pipe.wav"}
    labels = {Path(path).name: label for path, label in zip(library.sounds.paths, library.sounds.labels, strict=True)}
    assert labels["kick 3.wav"] == 0 and labels["a thing.wav"] == -1
    again = library.scan([folder], workers=2)
    assert (again.read, again.unchanged) == (0, 26)
    names = [".hidden.wav", "a thing.wav", "broken.wav", "cover.jpg", "even", "odd", "pipe.wav"]
    assert sorted(os.listdir(folder)) == names  # nothing was written there


def test_only_what_changed_is_read(copy):
    top, library = copy
    before = {path: row for path, row in zip(library.sounds.paths, library.sounds.ids, strict=True)}
    (top / "even").rename(top / "moved")
    (top / "odd" / "snare 1.wav").unlink()
    put(top / "odd" / "kick 1.wav", "closed_hat", 50)
    put(top / "new kick.wav", "kick", 60)
    library.map()
    scan = library.scan([top], workers=1)
    assert (scan.read, scan.moved, scan.gone) == (2, 12, 1)
    after = {path: row for path, row in zip(library.sounds.paths, library.sounds.ids, strict=True)}
    assert len(after) == 25 and after[str(top / "moved" / "kick 2.wav")] == before[str(top / "even" / "kick 2.wav")]
    (top / "away").mkdir()
    (top / "moved").rename(top.parent / "elsewhere")  # a disk that comes back
    assert library.scan([top], workers=1).gone == 12 and len(library.sounds) == 13
    (top.parent / "elsewhere").rename(top / "moved")
    assert library.scan([top], workers=1).read == 0 and len(library.sounds) == 25


def test_missing_files_are_not_found(copy):
    top, library = copy
    query = top / "even" / "kick 0.wav"
    first = library.like(query, 1)[0].path
    os.unlink(first)
    assert first not in {hit.path for hit in library.like(query, 5)}
    with pytest.raises(ValueError, match="cannot search"):
        library.like(first)
    assert first not in {hit.path for hit in library.find()} and len(library.find()) == 24
    assert library.forget(top / "odd") == 12 and not library.find(name="odd")


def test_like_finds_the_same_drum_and_steps_along_an_axis(folder, library, tmp_path):
    query = folder / "even" / "snare 2.wav"
    wave, rate = audio.read(query)
    audio.write(tmp_path / "q.wav", np.pad(0.2 * wave[:, 0], (500, 0)), rate, 24)
    hits = library.like(tmp_path / "q.wav", 3)
    assert hits[0].path == str(query) and hits[0].distance < 1 < hits[1].distance <= hits[2].distance
    assert str(query) not in {hit.path for hit in library.like(query, 100)}
    own = {hit.path: hit for hit in library.find()}[str(query)].properties
    numbers = []
    for direction, name, step in (("brighter", "brightness", 3), ("punchier", "punch", 3), ("shorter", "decay", -0.5)):
        for count in (1, 2):
            found = library.like(query, 100, {direction: count})
            wanted = {h.path for h in library.find() if (h.properties[name] - own[name]) / step >= count}
            assert {hit.path for hit in found} == wanted and len(found) < 24
            numbers.append(len(found))
    assert sum(numbers[1::2]) < sum(numbers[::2])
    assert {hit.drum_class for hit in library.like(query, 8, drum_class="kick")} == {"kick"}


def test_find(library):
    assert len(library.find("snare")) == 8 and len(library.find(name="ODD kick")) == 4
    short = library.find(ranges={"seconds": (0.0, 0.3)}, sort="brightness")
    values = [hit.properties["brightness"] for hit in short]
    assert 0 < len(short) < 25 and values == sorted(values) and all(hit.properties["seconds"] <= 0.3 for hit in short)


def test_copies_in_other_formats_are_found_and_takes_are_not(copy):
    top, library = copy
    wave, _ = audio.read(top / "even" / "snare 0.wav")
    shutil.copy(top / "even" / "snare 0.wav", top / "exact.wav")
    audio.write(top / "late and quiet.wav", np.pad(0.3 * wave[:, 0], (777, 0)), RATE, 24)
    audio.write(top / "22k.wav", audio.resample(wave[:, 0], RATE, 22_050), 22_050)
    soundfile.write(top / "a.mp3", wave, RATE, format="MP3")
    library.scan([top], workers=1)
    groups = [{Path(hit.path).name for hit in group} for group in library.duplicates()]
    assert groups == [{"snare 0.wav", "exact.wav", "late and quiet.wav", "22k.wav", "a.mp3"}]
    exact = [{Path(hit.path).name for hit in group} for group in library.duplicates(near=False)]
    assert exact == [{"snare 0.wav", "exact.wav"}]


def test_a_map_keeps_neighbours_and_places(copy):
    top, library = copy
    drawn = library.map(colour="decay")
    assert np.all((drawn.places >= 0) & (drawn.places <= 1)) and len(drawn.paths) == 25
    apart = np.linalg.norm(drawn.places[:, None] - drawn.places[None], axis=2) + 9 * np.eye(25)
    known = drawn.labels >= 0
    assert np.mean((drawn.labels[apart.argmin(axis=1)] == drawn.labels)[known]) > 0.7
    put(top / "new.wav", "kick", 0)  # a copy lands on its original
    library.scan([top], workers=1)
    later = library.map(colour="decay")
    places = dict(zip(later.paths, later.places.tolist(), strict=True))
    assert [places[path] for path in drawn.paths] == drawn.places.tolist()
    np.testing.assert_allclose(places[str(top / "new.wav")], places[str(top / "even" / "kick 0.wav")], atol=1e-3)
    spot = places[str(top / "even" / "snare 4.wav")]
    near = library.between((spot[0], spot[1]))
    assert Path(near[0][0].path).name == "snare 4.wav" and near[0][1] == pytest.approx(1, abs=1e-3)
    assert library.class_of(top / "a thing.wav") == "snare"


def test_far_sounds_are_placed_between_their_neighbours():
    vectors, places = np.array([[0.0], [1.0], [50.0]]), np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    found = layout.place(np.array([[0.0], [0.5]]), vectors, places)
    np.testing.assert_allclose(found, [[0, 0], [0.5, 0]], atol=1e-3)


def scanning(folder, index, before=""):
    """A process that scans; the code `before` runs in it first."""
    code = (
        before + f"from drumjax.library.library import Library; Library.open({str(index)!r}).scan([{str(folder)!r}], 1)"
    )
    env = os.environ | {"PYTHONPATH": str(Path(drumjax.__file__).parents[1])}
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)


def count(index):
    try:
        with contextlib.closing(sqlite3.connect(index)) as connection:
            return connection.execute("SELECT count(*) FROM files").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def test_a_killed_scan_goes_on_where_it_stopped(folder, tmp_path):
    for i in range(60):
        put(tmp_path / "many" / f"{i:03}.wav", NAMES[i % 3], i)
    index = tmp_path / "library.sqlite"
    process = scanning(tmp_path / "many", index)
    deadline = time.monotonic() + 60
    while count(index) == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    saved = count(index)
    library = Library.open(index)
    scan = library.scan([tmp_path / "many"], workers=1)
    assert saved > 0 and scan.unchanged == saved and scan.read == 60 - saved and len(library.sounds) == 60


def test_a_full_disk_is_one_line_and_loses_nothing(copy):
    top, library = copy
    for i in range(40):
        put(top / "more" / f"{i:03}.wav", NAMES[i % 3], 100 + i)
    room = library.index.path.stat().st_size + 4096
    process = scanning(
        top, library.index.path, f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n"
    )
    line = process.communicate()[1].strip().splitlines()[-1]
    assert process.returncode == 1 and "OSError" in line and "what was read before is kept" in line
    assert len(library.sounds) >= 25
    assert library.scan([top], workers=1).unchanged >= 25 and len(library.sounds) == 65


def test_a_crashing_decoder_costs_one_file(copy, tmp_path, monkeypatch):
    top, _ = copy
    put(top / "boom.wav", "kick", 70)
    patch = (
        "import os; from drumjax.sound import audio; read = audio.read\n"
        "audio.read = lambda path, *rest: os._exit(11) if 'boom' in str(path) else read(path, *rest)"
    )
    (tmp_path / "patch").mkdir()
    (tmp_path / "patch" / "sitecustomize.py").write_text(patch)
    library = Library.open(tmp_path / "new.sqlite")
    with monkeypatch.context() as patched:
        patched.setenv("PYTHONPATH", str(tmp_path / "patch"))
        scan = library.scan(top, workers=1)
    assert (scan.read, scan.broken) == (25, 2)
    assert (str(top / "boom.wav"), "its decoder crashed") in library.index.problems()
    assert library.scan(top, workers=1).read == 1  # it is tried again


def test_an_index_that_is_none_is_left_alone(tmp_path):
    (tmp_path / "text.sqlite").write_text("this is no database, but a text of some length" * 50)
    with pytest.raises(ValueError, match="no index of drumjax"):
        Library.open(tmp_path / "text.sqlite").find()
    with contextlib.closing(sqlite3.connect(tmp_path / "other.sqlite")) as connection:
        connection.execute("CREATE TABLE files (precious)")
    with pytest.raises(ValueError, match="another program"):
        Library.open(tmp_path / "other.sqlite").scan([tmp_path])
    with contextlib.closing(sqlite3.connect(tmp_path / "other.sqlite")) as connection:
        connection.execute("SELECT precious FROM files")
    assert not len(Library.open(tmp_path / "none.sqlite").sounds) and not (tmp_path / "none.sqlite").exists()
    with pytest.raises(ValueError, match="does not exist"):
        Library.open(tmp_path / "a.sqlite").scan([tmp_path / "nowhere"])
