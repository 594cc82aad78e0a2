"""The journal of a build: interrupted builds continue, and only new files are read."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from test_corpus import build, put

from drumjax.data.store import Store
from drumjax.sound import audio


def test_a_full_disk_keeps_the_previous_store(tmp_path):
    resource = pytest.importorskip("resource")
    put(tmp_path / "in", kick=1, snare=2)
    before, _ = build(tmp_path / "store", tmp_path / "in")
    put(tmp_path / "in", **{f"kick_{n}": 10 + n for n in range(9)})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    try:
        with pytest.raises(OSError, match="cannot write"):
            build(tmp_path / "store", tmp_path / "in")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert Store.open(tmp_path / "store").paths == before.paths
    assert len(build(tmp_path / "store", tmp_path / "in")[0]) == 11


def test_only_new_files_are_read(tmp_path, monkeypatch):
    folder = tmp_path / "in"
    put(folder, kick=1, snare=2, thing=3)
    shutil.copy2(folder / "kick.wav", folder / "kick copy.wav")
    build(tmp_path / "store", folder)
    read, seen = audio.read, []
    monkeypatch.setattr(audio, "read", lambda path, *rest: seen.append(path.name) or read(path, *rest))
    build(tmp_path / "store", folder)
    assert not seen
    put(folder, clap=4)
    (folder / "snare.wav").unlink()
    store, _ = build(tmp_path / "store", folder)
    assert seen == ["clap.wav"]
    fresh, _ = build(tmp_path / "fresh", folder)
    assert store.paths == fresh.paths and np.array_equal(store.waves, fresh.waves)
    seen.clear()
    build(tmp_path / "store", folder, shares=(0.5, 0.5, 0.0))
    (folder / "kick.wav").unlink()  # its copy replaces it, from the journal
    assert "kick copy.wav" in build(tmp_path / "store", folder)[0].paths and not seen


SLOW_BUILD = """
import sys, time
from drumjax.sound import audio
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


def test_a_killed_build_continues_where_it_stopped(tmp_path):
    folder = tmp_path / "in"
    put(folder, **{f"kit{n % 9}__kick_{n:03}": n for n in range(120)})
    command = [sys.executable, "-c", SLOW_BUILD, str(tmp_path / "store"), str(folder)]
    root = Path(__file__).resolve().parents[2]
    first = subprocess.Popen([*command, "0.02"], stdout=subprocess.PIPE, cwd=root, text=True)
    done = [first.stdout.readline() for _ in range(70)]
    time.sleep(0.1)
    first.send_signal(signal.SIGKILL)
    done += first.communicate()[0].splitlines()
    assert len(done) < 120 and not (tmp_path / "store" / "store.json").exists()
    second = subprocess.run([*command, "0"], stdout=subprocess.PIPE, cwd=root, text=True, check=True)
    assert len(second.stdout.split()) <= 120 - 32  # complete blocks of 32 are not read again
    whole, rows = build(tmp_path / "store", folder)
    fresh, fresh_rows = build(tmp_path / "fresh", folder)
    assert rows == fresh_rows and np.array_equal(whole.waves, fresh.waves) and whole.paths == fresh.paths
