"""Names hold what a sound is made from, and no name is taken twice."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from drumjax.cli import names
from drumjax.kits.recipe import Base, Recipe


@pytest.mark.parametrize(
    ("recipe", "name"),
    [
        (Recipe("kick", (0.0, 0.0, -0.0)), "kick"),
        (Recipe("kick", (0.1, -0.3, 0.5)), "kick_0.1_-0.3_0.5"),
        (Recipe("kick", (1e-9, 10.0, 1 / 3)), "kick_1e-09_10_0.333333"),
        (Recipe("kick", seed=7), "kick_seed7"),
        (Recipe("open_hat", seed=3, n=8, sound=5), "open_hat_seed3_05"),
        (Recipe("open_hat", seed=3, n=2000, sound=5), "open_hat_seed3_0005"),
        (Recipe("kick:7,snare:3", seed=3), "kick70-snare30_seed3"),
        (Recipe("tom", (0.0, 0.0, 0.0), Base(seed=7)), "tom_seed7_0_0_0"),
        (Recipe("tom", (1.0, 0.0, 0.0), Base(file="a/My Tom (1).wav", sha256="0")), "tom_from-My-Tom-1-_1_0_0"),
        (Recipe("clap", (0.0, 0.0, 0.0), texture=5), "clap_take5"),
        (Recipe("clap", (0.0, 1.0, 0.0), controls="global", texture=None), "clap_0_1_0_global_smooth"),
        (Recipe("snap", seed=1, reach=5), "snap_seed1_range5"),
        (Recipe("snap", seed=1, strict=True, texture=2), "snap_seed1_strict_take2"),
        (Recipe("snap", seed=1, prior=True), "snap_seed1_prior"),
    ],
)
def test_names_hold_class_knobs_and_seed(recipe, name):
    assert names.name_of(recipe) == name


@pytest.mark.parametrize(
    ("out", "count", "expected"),
    [
        (None, 1, (".", None)),
        (None, 2, ("drums", None)),
        ("new/", 1, ("new", None)),
        ("new/kick.wav", 1, ("new", "kick.wav")),
        ("kick.FLAC", 1, (".", "kick.FLAC")),
        ("new", 2, ("new", None)),
        ("there", 1, ("there", None)),
        ("there.wav", 2, ("there.wav", None)),
    ],
)
def test_where_sounds_go(out, count, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("there").mkdir()
    Path("there.wav").mkdir()
    folder, name = names.destination(out, count)
    assert (str(folder), name) == expected


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    for out, count in ((f"{tmp_path}/file/", 1), (f"{tmp_path}/file", 2)):
        with pytest.raises(ValueError, match="--out must name a folder"):
            names.destination(out, count)


def test_many_at_once_claim_different_names(tmp_path):
    def claim(_):
        with names.claimed(tmp_path / "a.wav", set(), force=False) as path:
            return path

    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(claim, range(40)))
    assert len(set(claimed)) == 40 and tmp_path / "a.wav" in claimed and tmp_path / "a_40.wav" in claimed


def test_an_error_gives_the_name_back(tmp_path):
    with pytest.raises(RuntimeError), names.claimed(tmp_path / "new" / "a.wav", set(), force=False):
        raise RuntimeError
    assert not list((tmp_path / "new").iterdir())
    (tmp_path / "a.wav").write_bytes(b"old")
    with pytest.raises(RuntimeError), names.claimed(tmp_path / "a.wav", set(), force=True):
        raise RuntimeError
    assert (tmp_path / "a.wav").read_bytes() == b"old"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="cannot write"), names.claimed(tmp_path / "file" / "a.wav", set(), force=False):
        pass
