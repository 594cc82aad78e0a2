"""What was not understood: the list at the end of a build, the labels.csv to fill in, and guesses by sound."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from test_corpus import put

from drumjax.config import Config, Data, Run
from drumjax.data import corpus

FILES = {"Vol 1__zonk": 1, "Vol 1__bonk": 2, "Kicks & Snares__01": 3, "x": 4, "Perc__cowbell": 5, "kick": 6, "snare": 7}


def config(tmp_path: Path, *folders: str, **data) -> Config:
    given = tuple(str(tmp_path / folder) for folder in folders or ("in",))
    store = str(tmp_path / "run" / "store")
    return Config(data=Data(folders=given, store=store, min_seconds=0.01, **data), run=Run(dir=str(tmp_path / "run")))


def rows(tmp_path: Path) -> dict[str, dict]:
    return {row["path"]: row for row in json.loads((tmp_path / "run/store/report.json").read_text())["files"]}


def asked(tmp_path: Path) -> list[dict[str, str]]:
    with open(tmp_path / "run" / "labels.csv", encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def guesses(waves):
    """The first sound is a clap for certain, the others are toms perhaps."""
    assert waves.dtype == "float32" and waves.shape[1] == 22015
    return [("clap", 0.9), *[("tom", 0.3)] * (len(waves) - 1)]


def test_the_table_ends_with_what_was_not_understood(tmp_path, capsys):
    put(tmp_path / "in", **FILES)
    corpus.build(config(tmp_path))
    printed = capsys.readouterr().out.splitlines()
    at = printed.index("not understood: 4 sounds in 3 folders")
    assert printed[at + 1 : at + 4] == ["  Vol 1/  2", "  ./  1", "  Kicks & Snares/  1"]
    assert sorted(line.strip() for line in printed[at + 4 : at + 8]) == [
        "Kicks & Snares/01.wav", "Vol 1/bonk.wav", "Vol 1/zonk.wav", "x.wav"
    ]  # fmt: skip
    labels = tmp_path / "run" / "labels.csv"
    assert printed[-1] == f"fill in the classes of folders or files in {labels} and start again"
    assert [row["path"] for row in asked(tmp_path)] == [
        "Kicks & Snares", "Vol 1", "x.wav", "Kicks & Snares/01.wav", "Vol 1/bonk.wav", "Vol 1/zonk.wav"
    ]  # fmt: skip
    assert not list((tmp_path / "in").rglob("*.csv"))  # nothing is written into the user's folder
    found = rows(tmp_path)
    assert found["Perc/cowbell.wav"]["reason"] == "no class" and "detail" not in found["Perc/cowbell.wav"]


def test_the_filled_in_file_counts_and_stays(tmp_path, capsys):
    put(tmp_path / "in", **FILES)
    corpus.build(config(tmp_path))
    labels = tmp_path / "run" / "labels.csv"
    labels.write_text("path,class\nVol 1,shaker\nVol 1/bonk.wav,tom\nx.wav,\n")
    corpus.build(config(tmp_path))
    found = rows(tmp_path)
    assert (found["Vol 1/zonk.wav"]["class"], found["Vol 1/bonk.wav"]["class"]) == ("shaker", "tom")
    assert [(row["path"], row["class"]) for row in asked(tmp_path)] == [
        ("Vol 1", "shaker"), ("Vol 1/bonk.wav", "tom"), ("Kicks & Snares", ""), ("x.wav", ""),
        ("Kicks & Snares/01.wav", ""),
    ]  # fmt: skip
    before = labels.read_bytes()
    corpus.build(config(tmp_path))
    assert labels.read_bytes() == before and rows(tmp_path) == found


def test_paths_are_those_of_the_report_with_several_folders(tmp_path, capsys):
    put(tmp_path / "a", kick=1, zonk=2)
    put(tmp_path / "b", snare=3, zonk=4)
    corpus.build(config(tmp_path, "a", "b"))
    assert [row["path"] for row in asked(tmp_path)] == ["a", "b", "a/zonk.wav", "b/zonk.wav"]
    (tmp_path / "run" / "labels.csv").write_text("path,class\nb/zonk.wav,tom\n")
    corpus.build(config(tmp_path, "a", "b"))
    assert rows(tmp_path)["b/zonk.wav"]["class"] == "tom" and rows(tmp_path)["a/zonk.wav"]["class"] is None


def test_nothing_understood_still_leaves_a_file_to_fill_in(tmp_path, capsys):
    put(tmp_path / "in", zonk=1)
    with pytest.raises(ValueError, match=r"no usable sound of a known class.*run/labels.csv is to be filled in$"):
        corpus.build(config(tmp_path))
    assert [row["path"] for row in asked(tmp_path)] == ["zonk.wav"] and not (tmp_path / "run" / "store").exists()


def test_guesses_are_listed_apart_and_used_only_when_asked(tmp_path, capsys):
    put(tmp_path / "in", **FILES)
    corpus.build(config(tmp_path), guess=guesses)
    found = rows(tmp_path)
    guessed = {path: (row["guess"], row["certainty"]) for path, row in found.items() if "guess" in row}
    assert guessed.pop("Kicks & Snares/01.wav") == ("clap", 0.9)
    assert guessed == dict.fromkeys(["Vol 1/zonk.wav", "Vol 1/bonk.wav", "x.wav"], ("tom", 0.3))
    assert all(found[path]["class"] is None for path in guessed)
    printed = capsys.readouterr().out
    assert "  Kicks & Snares/01.wav   by its sound: clap, 90%" in printed and "--guess takes the certain" in printed
    assert {row["path"]: row["guess"] for row in asked(tmp_path)}["Vol 1"] == "2 tom"

    corpus.build(config(tmp_path, guess=True), guess=guesses)
    used = rows(tmp_path)
    assert used["Kicks & Snares/01.wav"]["class"] == "clap" and used["Kicks & Snares/01.wav"]["outcome"] == "kept"
    assert all(used[path]["class"] is None for path in guessed)  # not certain enough
    assert "classified by their sound: 1 (1 clap)" in capsys.readouterr().out
    changed = {path for path in found if found[path]["outcome"] != used[path]["outcome"]}
    assert changed == {"Kicks & Snares/01.wav"}


def test_a_guessed_snap_loses_its_rumble_like_any_snap(tmp_path):
    put(tmp_path / "in", zonk=1)
    made = replace(config(tmp_path, guess=True))
    store = corpus.build(made, progress=False, guess=lambda waves: [("snap", 1.0)] * len(waves))
    assert store.extras[0]["high_pass"] == 100.0
