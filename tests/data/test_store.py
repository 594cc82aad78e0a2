"""The store: round trips, and incomplete stores that cannot be opened."""

import errno
import json
import os

import numpy as np
import pytest

from drumjax.config import CLASSES, Audio
from drumjax.data import store as module
from drumjax.data.store import Store, StoreWriter
from drumjax.sound import audio as audio_module

AUDIO = Audio(rate=1100, samples=37, window=8, hop=4, fft=8, mels=5)


def wave(seed: int, length: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    out = np.zeros(AUDIO.samples, np.float32)
    out[:length] = rng.uniform(-1, 1, length)
    out[0] = -1
    return out


def filled(folder, count=5, **finish) -> Store:
    with StoreWriter(folder, AUDIO) as writer:
        for n in range(count):
            writer.add(wave(n, 7 + n), 7 + n, n % len(CLASSES), f"kit {n % 2}", f"a/{n}.wav", {"n": n})
        return writer.finish({"kit 0": 0, "kit 1": 1}, **finish)


def test_round_trip(tmp_path):
    source = {"source": "s", "licence": "CC0", "terms": "permissive", "count": 5}
    written = filled(tmp_path, report=[{"path": "a/0.wav"}], sources=[source], settings={"shares": [0.8, 0.2]})
    opened = Store.open(tmp_path, AUDIO)
    for store in (written, opened):
        assert len(store) == 5 and store.waves.shape == (5, 37) and isinstance(store.waves, np.memmap)
        for n in range(5):
            np.testing.assert_allclose(store.wave(n), wave(n, 7 + n), atol=2e-5)
        assert np.abs(store.wave(np.array([1, 3]))).max(axis=1).tolist() == [1, 1]
        assert store.lengths.tolist() == [7, 8, 9, 10, 11] and store.labels.tolist() == [0, 1, 2, 3, 4]
        assert store.kit_names == ["kit 0", "kit 1"] and store.kits.tolist() == [0, 1, 0, 1, 0]
        assert store.paths[3] == "a/3.wav" and store.extras[3] == {"n": 3}
        assert store.sources == [source] and store.settings == {"shares": [0.8, 0.2]} and store.audio == AUDIO
        assert store.indices("train").tolist() == [0, 2, 4] and store.indices("validation", 3).tolist() == [3]
        assert store.indices("test").tolist() == [] and store.indices("train", 3).tolist() == []
    assert json.loads((tmp_path / "report.json").read_text()) == {"files": [{"path": "a/0.wav"}]}
    with pytest.raises(ValueError, match="split must be one of train, validation, test; got 'valid'"):
        opened.indices("valid")


def test_names_that_are_not_unicode_are_preserved(tmp_path):
    with StoreWriter(tmp_path, AUDIO) as writer:
        writer.add(wave(0, 9), 9, 0, "k\udcff", "b\udcfe.wav")
        assert writer.finish({"k\udcff": 2}).paths == ["b\udcfe.wav"]


def test_an_unfinished_store_cannot_be_opened_and_is_removed(tmp_path):
    with pytest.raises(ValueError, match="no finished store"):
        Store.open(tmp_path / "none")
    writer = StoreWriter(tmp_path, AUDIO)
    writer.add(wave(0, 9), 9, 0, "k", "a.wav")
    with pytest.raises(ValueError, match="no finished store"):
        Store.open(tmp_path)
    writer.close()
    assert not list(tmp_path.iterdir())


def test_the_previous_store_stays_until_the_next_is_complete(tmp_path):
    filled(tmp_path, 3)
    with pytest.raises(RuntimeError), StoreWriter(tmp_path, AUDIO) as writer:
        writer.add(wave(9, 9), 9, 0, "k", "a.wav")
        raise RuntimeError
    assert len(Store.open(tmp_path)) == 3
    left = StoreWriter(tmp_path, AUDIO)  # as after a kill: neither finished nor closed
    left.add(wave(9, 9), 9, 0, "k", "a.wav")
    before = Store.open(tmp_path)
    assert len(filled(tmp_path, 4)) == 4 and len(list(tmp_path.glob("data-*"))) == 1
    np.testing.assert_allclose(before.wave(2), wave(2, 9), atol=2e-5)  # still mapped, though its file is gone
    left.close()


def test_a_full_disk_raises_one_line_and_keeps_the_previous_store(tmp_path, monkeypatch):
    filled(tmp_path, 3)

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(audio_module.os, "fsync", full)
    with pytest.raises(OSError, match="cannot write the store in .*No space left"):
        filled(tmp_path, 4)
    monkeypatch.undo()
    assert len(Store.open(tmp_path)) == 3 and len(list(tmp_path.glob("data-*"))) == 1


def test_a_store_for_other_audio_or_a_damaged_store_is_rejected(tmp_path):
    filled(tmp_path)
    with pytest.raises(ValueError, match="holds 37 samples at 1100 Hz, want 22015 at 22050 Hz"):
        Store.open(tmp_path, Audio())
    waves = next(tmp_path.glob("data-*/waves.i16"))
    waves.write_bytes(waves.read_bytes()[:-50])
    with pytest.raises(ValueError, match="damaged"):
        Store.open(tmp_path)
    (tmp_path / "store.json").write_text("{")
    with pytest.raises(ValueError, match="damaged"):
        Store.open(tmp_path)


def test_the_writer_rejects_invalid_sounds(tmp_path):
    with StoreWriter(tmp_path, AUDIO) as writer:
        with pytest.raises(ValueError, match=r"shape \(37,\)"):
            writer.add(np.zeros(36, np.float32), 9, 0, "k", "a.wav")
        with pytest.raises(ValueError, match="out of range"):
            writer.add(wave(0, 9), 9, len(CLASSES), "k", "a.wav")


def test_int16_covers_the_whole_range():
    assert module.to_int16(np.array([-1.0, 0, 0.5, 1.0])).tolist() == [-32767, 0, 16384, 32767]
