"""Copies of the patches."""

import pytest

from drumjax.clients import patches
from drumjax.clients.max import build as max_build
from drumjax.clients.patches import copy_patches
from drumjax.clients.pd import build as pd_build


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_patch_is_copied_into_a_new_folder_and_nothing_else(tmp_path):
    folder = tmp_path / "my" / "patches"
    paths = copy_patches(folder)
    assert len(paths) == 4 and {path.parent for path in paths} == {folder}
    expected = {name: text.encode() for name, text in pd_build.patches().items()} | max_build.patches()
    assert contents(folder) == expected and {path.name for path in paths} == set(expected)


def test_existing_files_are_overwritten_by_force_only(tmp_path):
    own = tmp_path / "drumjax.maxpat"
    own.write_text("mine")
    with pytest.raises(FileExistsError, match="exists") as raised:
        copy_patches(tmp_path)
    assert raised.value.filename == str(own)
    assert contents(tmp_path) == {"drumjax.maxpat": b"mine"}
    copy_patches(tmp_path, force=True)
    assert (
        contents(tmp_path)["drumjax.maxpat"] == max_build.patches()["drumjax.maxpat"] and len(contents(tmp_path)) == 4
    )
    with pytest.raises(FileExistsError):
        copy_patches(tmp_path)


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path):
    path = tmp_path / "file"
    path.write_text("mine")
    with pytest.raises(OSError):
        copy_patches(path)
    assert path.read_text() == "mine"


def test_a_copy_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    copy_patches(tmp_path)
    before = contents(tmp_path)

    def fail(path, content):
        raise OSError("the disk is full")

    monkeypatch.setattr(patches.files, "write", fail)
    with pytest.raises(OSError, match="full"):
        copy_patches(tmp_path, force=True)
    assert contents(tmp_path) == before
