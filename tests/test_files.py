"""Files are written whole or not at all."""

import errno

import pytest

from drumjax import files


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    files.write(tmp_path / "a", b"old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="cannot write .*a: No space left on device"):
        files.write(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old" and [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(OSError, match="cannot write .*nowhere.b"):
        files.write(tmp_path / "nowhere" / "b", b"")


def test_a_folder_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(OSError, match=r"cannot write .*kit: (Is a directory|Not a directory|File exists)"):
        files.write_folder(tmp_path / "kit", {"a": b"1", "a/b": b"2"})
    assert not list(tmp_path.iterdir())


def test_a_folder_never_takes_the_place_of_anything(tmp_path):
    (tmp_path / "kit").write_bytes(b"a file")
    (tmp_path / "kit_2").symlink_to(tmp_path / "nowhere")
    assert files.write_folder(tmp_path / "kit", {"a/b": b"1"}) == tmp_path / "kit_3"
    assert files.write_folder(tmp_path / "kit", {"a/b": b"2"}) == tmp_path / "kit_4"
    assert (tmp_path / "kit").read_bytes() == b"a file" and (tmp_path / "kit_3/a/b").read_bytes() == b"1"
    assert len(list(tmp_path.iterdir())) == 4
