"""Sounds of the user's over OSC: unchanged, edited, taken again and morphed; nothing outside the allowed folders."""

import numpy as np
import pytest
import soundfile

from drumjax.data import procedural
from drumjax.server.own import OwnSounds
from drumjax.server.trial import harness
from drumjax.sound import audio

RATE = 48000


@pytest.fixture(scope="module")
def folder(synth, tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    (folder / "deep").mkdir()
    for name, drum_class in (("my snare.wav", "snare"), ("deep/tom.wav", "tom")):
        mono = audio.resample(procedural.sound(drum_class, 1, synth.config.audio)[0], synth.rate, RATE)
        soundfile.write(folder / name, 0.5 * np.stack([mono, 0.5 * mono], axis=1), RATE, subtype="PCM_24")
    (folder / "text snare.wav").write_text("no sound")
    (folder.parent / "outside snare.wav").write_bytes((folder / "my snare.wav").read_bytes())
    (folder / "link snare.wav").symlink_to(folder.parent / "outside snare.wav")
    return folder


@pytest.fixture(scope="module")
def client(folder):
    with harness.start_server("--samples", str(folder)) as server, harness.Client(server) as client:
        yield client
        assert server.stop() == 0 and server.log() == ""


def played(reply, id):
    assert reply[0] == "/drum/file" and reply[2] == id, reply
    return soundfile.read(reply[1], dtype="float32")


def test_a_sound_of_the_user_s_comes_back_as_it_is_and_moves(client, folder, synth):
    wave, rate = soundfile.read(folder / "my snare.wav", dtype="float32")
    for path in ("my snare.wav", str(folder / "my snare.wav")):
        heard, own_rate = played(client.request("/drum/listen", path, "snare", 3), 3)
        np.testing.assert_array_equal(heard, wave)
        assert own_rate == rate == RATE
    turned, _ = played(client.request("/drum/generate", 1, 0, 0, "snare", 4, "my snare.wav"), 4)
    sound = synth.listen(folder / "my snare.wav", drum_class="snare")
    np.testing.assert_allclose(turned, synth.generate([1, 0, 0], "snare", base=sound), atol=1e-3)
    for _ in range(2):
        varied, _ = played(client.request("/drum/variation", 0.2, 5), 5)
        assert varied.shape == wave.shape and np.abs(varied - turned).max() > 0.01


def test_takes_and_morphs_are_answered(client, folder):
    client.send("/drum/takes", "my snare.wav", 3, 6)
    takes = [played(client.receive(), 6)[0] for _ in range(3)]
    assert len({take.tobytes() for take in takes}) == 3
    morph, rate = played(client.request("/drum/morph", "my snare.wav", "deep/tom.wav", 0.5, 7), 7)
    assert rate == RATE and morph.ndim == 2 and np.abs(morph).max() > 0.1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("no snare.wav", "there is no file"),
        ("../outside snare.wav", "is not below"),
        ("/etc/passwd", "is not below"),
        ("link snare.wav", "is not below"),
        ("text snare.wav", "text snare.wav"),
        ("deep", "there is no file"),
    ],
)
def test_other_paths_are_errors_of_one_line(client, path, words):
    address, text, id = client.request("/drum/listen", path, "snare", 9)
    assert (address, id) == ("/drum/error", 9) and words in text and "\n" not in text


def test_without_an_allowed_folder_there_are_no_sounds(synth):
    with pytest.raises(ValueError, match="--samples FOLDER"):
        OwnSounds(synth).listened("snare.wav", "snare")


def test_a_changed_file_is_read_again_and_few_are_kept(synth, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("drumjax.server.own.KEPT", 1)
    (tmp_path / "tom.wav").write_bytes((folder / "deep" / "tom.wav").read_bytes())
    own = OwnSounds(synth, [tmp_path])
    first = own.listened("tom.wav", "tom")
    assert own.listened("tom.wav", "tom") is first and own.listened("tom.wav", "conga").drum_class == "conga"
    soundfile.write(tmp_path / "tom.wav", 0.1 * first.wave, RATE)
    assert np.abs(own.listened("tom.wav", "tom").wave).max() < 0.2
