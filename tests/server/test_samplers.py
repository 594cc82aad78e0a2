"""A page's pads as a kit for a sampler: requests, takes, the shape in the sounds, and a sampler that plays them."""

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import fftconvolve

from drumjax.server import samplers
from drumjax.server.rendering import Rendering

RATE = 44100
SONG = Path("/usr/share/hydrogen/data/demo_songs/TR808kit-demo.h2song")
WAVE = np.random.default_rng(0).uniform(-1, 1, 4410).astype(np.float32)
SOUNDS = [
    {"sound": {"class": "kick", "texture": 4}, "key": 36, "name": "kick", "decay": 0.5, "gain": 2},
    {"sound": {"class": "open_hat"}, "key": 46, "pitch": 12, "fade": 50, "pan": -1},
]


def request(**changes):
    return samplers.kit({"format": "sfz", "sounds": SOUNDS, "takes": 2} | changes)


def saved(kit):
    """The files of a kit all of whose sounds are WAVE."""
    takes, none = [pad.sounds(kit.takes, True) for pad in kit.pads], np.zeros(3)
    renderings = [[Rendering(one, none, none, WAVE, RATE, 1.0, 0.0) for one in sounds] for sounds in takes]
    with zipfile.ZipFile(io.BytesIO(samplers.archive(kit, renderings, ""))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_kit_has_the_takes_and_the_shape_of_its_pads():
    kit = request(name="My kit!")
    takes = [pad.sounds(kit.takes, True) for pad in kit.pads]
    assert [[sound.texture for sound in sounds] for sounds in takes] == [[4, 5], [None, 1]]
    assert [len(pad.sounds(3, False)) for pad in kit.pads] == [1, 1]  # a bundle without takes
    files = saved(kit)
    names = [f"{name}_rr{take}.wav" for name in ("36_kick", "46_open_hat") for take in (1, 2)]
    assert {*files} == {f"my-kit/{name}" for name in ("README.txt", "my-kit.sfz", *(f"samples/{n}" for n in names))}
    lines = files["my-kit/my-kit.sfz"].decode().splitlines()
    assert "<group> key=36 seq_length=2 volume=6.02" in lines
    assert "<group> key=46 group=1 off_by=1 seq_length=2 pan=-100 transpose=12" in lines
    kick, hat = (soundfile.read(io.BytesIO(files[f"my-kit/samples/{names[at]}"]))[0] for at in (0, 2))
    share = np.arange(4410) / 4410
    np.testing.assert_allclose(kick, WAVE * 10.0 ** (-3 * np.clip((share - 0.5) / 0.5, 0, 1)), atol=1e-3)
    # Played an octave higher, the last 100 ms take 50.
    np.testing.assert_allclose(hat, WAVE * np.clip((1 - share) * 0.1 / 0.1, 0, 1), atol=1e-3)


@pytest.mark.skipif(not (shutil.which("h2cli") and SONG.is_file()), reason="no Hydrogen, or none of its songs")
def test_hydrogen_plays_the_pages_kit(tmp_path):
    files = saved(request(format="hydrogen", name="My kit!"))
    (tmp_path / "kit.h2drumkit").write_bytes(files["my-kit/my-kit.h2drumkit"])
    environment = {"HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    for command in ("-c", "kit.h2drumkit"), ("-i", "kit.h2drumkit"), ("-s", SONG, "-k", "my-kit", "-o", "song.wav"):
        subprocess.run(["h2cli", *command], cwd=tmp_path, env=environment, capture_output=True, timeout=120, check=True)
    song, rate = soundfile.read(tmp_path / "song.wav")
    kick, _ = soundfile.read(io.BytesIO(saved(request(name="My kit!"))["my-kit/samples/36_kick_rr1.wav"]))
    assert rate == RATE
    energy = fftconvolve(song[:, 0] ** 2, np.ones(len(kick)), "valid").clip(1e-9) * np.sum(kick**2)
    alike = fftconvolve(song[:, 0], kick[::-1], "valid") / np.sqrt(energy)
    assert alike.max() > 0.98


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": "kontakt"}, "format must be one of sfz, decent, hydrogen, wav; got 'kontakt'"),
        ({"takes": 9}, "takes must be a whole number between 1 and 8; got 9"),
        ({"sounds": [SOUNDS[0], SOUNDS[0]]}, "each sound of a kit needs a key of its own"),
        ({"sounds": [SOUNDS[0] | {"key": 128}]}, "key must be a whole number between 0 and 127; got 128"),
        ({"sounds": [SOUNDS[0] | {"pan": 2}]}, "pan must be a number between -1 and 1; got 2"),
        ({"sounds": [SOUNDS[0] | {"pitch": None}]}, "pitch must be a number between -12 and 12; got None"),
    ],
)
def test_a_mistake_is_one_line(changes, words):
    with pytest.raises(ValueError, match=words):
        request(**changes)
