"""Whether folders are kits: by their names, by what they hold, and what is said about it."""

import pytest
from test_corpus import build, outcomes, put

NAMES = ("kick", "snare", "clap")


def files(*names: str) -> dict[str, int]:
    return {name: 10 + at for at, name in enumerate(names)}


@pytest.mark.parametrize(
    "paths",
    [
        [f"{name} {n}" for name in NAMES for n in range(6)],  # flat
        [f"{name}s__{n}" for name in NAMES for n in range(6)],  # sorted by class
        [f"Pack__{name}s__{style}__{n}" for name in NAMES for style in "ab" for n in range(3)],
    ],
)
def test_flat_and_class_sorted_folders_are_validated_by_file(tmp_path, paths):
    put(tmp_path / "in", **files(*paths))
    store, _ = build(tmp_path / "store", tmp_path / "in")
    assert len(store.kit_names) == len(store) == 18
    assert {int(label) for label in store.labels[store.splits == 1]} == set(store.labels)
    assert "validation by file" in (tmp_path / "store" / "report.json").read_text()
    folders, _ = build(tmp_path / "store", tmp_path / "in", group_by="folder")
    assert len(folders.kit_names) < 7 and "validation by file" not in (tmp_path / "store" / "report.json").read_text()


@pytest.mark.parametrize(
    "paths",
    [
        [f"kit {kit}__{name} {n}" for kit in range(3) for name in NAMES for n in range(2)],
        [f"kit {kit}__{name}s__{n}" for kit in range(3) for name in NAMES for n in range(2)],
    ],
)
def test_folders_of_several_classes_are_kits(tmp_path, paths):
    put(tmp_path / "in", **files(*paths))
    store, _ = build(tmp_path / "store", tmp_path / "in")
    assert set(store.kit_names) == {path.rpartition("__")[0].replace("__", "/") for path in paths}
    assert "validation by file" not in (tmp_path / "store" / "report.json").read_text()


def test_a_kit_called_like_a_drum_says_nothing(tmp_path):
    put(tmp_path / "in", **files("Kick Ass__snare 1", "Kick Ass__clap 1", "Kick Ass__tom 1", "Kick Ass__zonk"))
    put(tmp_path / "in", **{"Kicks__zonk": 30, "Kicks__snare": 31, "Kicks__kick 2": 32, "Kicks__bonk": 33})
    _, rows = build(tmp_path / "store", tmp_path / "in")
    found = outcomes(rows)
    assert found["Kick Ass/zonk.wav"] == "no class" and found["Kick Ass/snare 1.wav"] == "snare"
    assert found["Kicks/zonk.wav"] == found["Kicks/bonk.wav"] == "kick"
