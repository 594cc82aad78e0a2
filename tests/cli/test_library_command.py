"""The command `drumjax library`, on a few sounds."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from drumjax.cli.library import library
from drumjax.data import procedural
from drumjax.sound import audio

AUDIO = procedural.Audio(rate=44_100, samples=22_050)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder of six sounds, and the index it was scanned into by the command."""
    top = tmp_path_factory.mktemp("place")
    for name in ("kick", "snare"):
        (top / "sounds" / name).mkdir(parents=True)
        for seed in range(3):
            wave, length = procedural.sound(name, seed, AUDIO)
            audio.write(top / "sounds" / name / f"{seed}.wav", 0.9 * wave[:length], AUDIO.rate)
    assert run(top, "scan", str(top / "sounds"), "--workers", "1") == 0
    return top


def run(place, command, *arguments):
    return library([command, *arguments, "--index", str(place / "library.sqlite")])


def test_searches_print_tables_and_json(place, capsys):
    query = str(place / "sounds" / "kick" / "0.wav")
    assert run(place, "like", query, "--n", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and all("kick" in line for line in lines[1:])
    assert run(place, "like", query, "--brighter", "--json") == 0
    hits = json.loads(capsys.readouterr().out)
    assert hits and {hit["class"] for hit in hits} == {"snare"}
    assert run(place, "find", "--class", "SD", "--range", "seconds", "0", "9", "--name", "sounds 2.WAV", "--json") == 0
    (hit,) = json.loads(capsys.readouterr().out)
    assert Path(hit["path"]) == place / "sounds" / "snare" / "2.wav"
    (place / "copy").mkdir()
    (place / "copy" / "kick.wav").write_bytes(Path(query).read_bytes())
    assert run(place, "scan", str(place / "copy"), "--workers", "1") == 0
    assert "1 sounds read" in capsys.readouterr().out
    assert run(place, "duplicates", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [[query, str(place / "copy" / "kick.wav")]]
    assert run(place, "forget", str(place / "copy")) == 0
    assert "1 files removed" in capsys.readouterr().out


def test_maps_are_drawn_and_never_overwrite(place, tmp_path, capsys):
    out = tmp_path / "map.png"
    out.write_bytes(b"mine")
    assert run(place, "map", "--out", str(out), "--colour", "punch") == 0
    assert out.read_bytes() == b"mine" and (tmp_path / "map_2.png").read_bytes()[1:4] == b"PNG"
    capsys.readouterr()
    assert run(place, "map", "--class", "kick", "--json") == 0
    points = json.loads(capsys.readouterr().out)
    assert len(points) == 3 and all(0 <= point["x"] <= 1 for point in points)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("scan", "nowhere"), "nowhere does not exist"),
        (("like", "nowhere.wav"), "nowhere.wav"),
        (("find", "--range", "loudness", "0", "1"), "loudness"),
        (("find", "--range", "seconds", "0", "long"), "two numbers"),
        (("find", "--class", "cowbell"), "drum class must be one of"),
        (("map", "--colour", "red"), "a property is one of"),
    ],
)
def test_mistakes_are_one_line(place, arguments, message, capsys):
    assert run(place, *arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_an_empty_index_says_what_to_do(tmp_path, capsys):
    assert run(tmp_path, "find") == 2
    assert "drumjax library scan FOLDER first" in capsys.readouterr().err


def test_a_spot_is_between_the_latents_of_its_sounds(place):
    from drumjax.library import spots
    from drumjax.library.library import Library
    from drumjax.synth import Synth

    class Player(Synth):
        def __init__(self):
            self.rate, self.config = AUDIO.rate, SimpleNamespace(audio=AUDIO)

        def encode(self, wave, drum_class):
            return np.abs(wave).sum(axis=1, keepdims=True)

    opened, player = Library.open(place / "library.sqlite"), Player()
    hits = {hit.path: hit for hit in opened.find()}
    one, other = (hits[str(place / "sounds" / name / "0.wav")] for name in ("kick", "snare"))
    (first,), _ = spots.latents(opened, player, [(one, 1.0)])
    (second,), _ = spots.latents(opened, player, [(other, 1.0)])
    (z,), mix = spots.latents(opened, player, [(one, 0.75), (other, 0.25)])
    assert mix == {"kick": 0.75, "snare": 0.25} and z == pytest.approx(0.75 * first + 0.25 * second)
    assert abs(first - second) > 1
