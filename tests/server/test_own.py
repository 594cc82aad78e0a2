"""Sounds of the user's, by path over OSC and sent by a page: unchanged, edited, taken again and morphed."""

import contextlib
import http.client
import io
import json
import struct
import threading
import time
from urllib.parse import urlencode

import numpy as np
import pytest
import soundfile

from drumjax import checkpoint
from drumjax.data import procedural
from drumjax.kits.recipe import Recipe, bundle_id, to_comment
from drumjax.server.own import Missing, OwnSounds
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
def own_server(folder):
    with harness.start_server("--samples", str(folder)) as server:
        yield server
        # The end does not wait for a guess. (Its answer is cut off.)
        guess = threading.Thread(target=_unanswered, args=(server, "/listen?name=x7.wav", wav(np.hanning(4800))))
        guess.start()
        time.sleep(1)
        assert server.stop() == 0 and server.log() == ""
        guess.join()


@pytest.fixture(scope="module")
def client(own_server):
    with harness.Client(own_server) as client:
        yield client


def post(server, path, content):
    """(status, body) of the answer to a POST."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.http, timeout=60)) as connection:
        connection.request("POST", path, content)
        answer = connection.getresponse()
        return answer.status, answer.read()


def _unanswered(server, path, content):
    with contextlib.suppress(http.client.HTTPException, OSError):
        post(server, path, content)


def sent(server, content, **query):
    """What a page is told about a file that it sends."""
    status, body = post(server, f"/listen?{urlencode(query)}", content)
    assert status == 200, body
    return json.loads(body)


def heard_by(page, sound):
    """(header, samples) of a sound that a page requests."""
    frame = harness.request_sound(page, 1, sound)
    assert isinstance(frame, bytes), frame
    (size,) = struct.unpack_from("<I", frame)
    header = json.loads(frame[4 : 4 + size])
    shares = np.frombuffer(frame, "<i2", offset=4 + size).reshape(-1, header["channels"])
    return header, shares * (header["peak"] / 32767)


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


def test_a_file_that_a_page_sends_is_played_unchanged_and_moves(own_server, folder, synth):
    content, wave = (folder / "my snare.wav").read_bytes(), soundfile.read(folder / "my snare.wav", dtype="float32")[0]
    facts = sent(own_server, content, name="C:\\packs\\my snare.wav")
    assert facts["class"] == "snare" and facts["certainty"] == 1 and 0 < facts["error_db"] < 40
    assert (facts["rate"], facts["channels"], facts["seconds"]) == (RATE, 2, round(len(wave) / RATE, 4))
    tom = sent(own_server, (folder / "deep" / "tom.wav").read_bytes(), **{"class": "Floor Tom"})
    assert tom["class"] == "tom" and tom["key"] != facts["key"]
    mine = {"class": "snare", "own": facts["key"]}
    sound, floor = (
        synth.listen(folder / name, drum_class=drum)
        for name, drum in (("my snare.wav", "snare"), ("deep/tom.wav", "tom"))
    )
    z = synth.place([0, 0.5, 0], "snare", sound.z)
    between = {**mine, "other": {"class": "tom", "own": tom["key"]}, "t": 0.5}
    drawn = {"class": "kick", "seed": 5, "other": {"class": "snare"}, "t": 0.5}
    half_way = 0.5 * synth.draw("kick", 1, 5)[0] + 0.5 * synth.place([0, 0, 0], "snare")
    with harness.open_page(own_server) as page:
        header, heard = heard_by(page, mine)
        assert (header["rate"], header["channels"]) == (RATE, 2)
        np.testing.assert_allclose(heard, wave[: len(heard)], atol=header["peak"] / 32767)
        assert np.abs(wave[len(heard) :]).max(initial=0) < header["peak"] / 32767
        for recipe, expected in (
            ({**mine, "knobs": [1, 0, 0]}, synth.generate([1, 0, 0], "snare", base=sound)),
            ({**mine, "knobs": [0, 0.5, 0], "take": 3}, synth.takes(sound, 1, 3, z)[0]),
            (between, synth.morph(sound, floor, 0.5)),
            (drawn, synth.render(half_way, "kick:0.5,snare:0.5")[:, None]),
        ):
            _, moved = heard_by(page, recipe)
            np.testing.assert_allclose(moved, expected[: len(moved)], atol=2e-3)
            assert np.abs(expected[len(moved) :]).max(initial=0) < 2e-3
    body = {"sound": mine, "crop": [0, 20]}
    status, exported = post(own_server, "/export.wav", json.dumps(body))
    made, rate = soundfile.read(io.BytesIO(exported), dtype="float32")
    assert status == 200 and rate == RATE
    np.testing.assert_array_equal(made, wave[: round(0.02 * RATE)])
    status, exported = post(
        own_server, "/export.wav", json.dumps({"sound": {"class": "kick", "other": mine, "t": 0.5}})
    )
    assert status == 200 and soundfile.info(io.BytesIO(exported)).channels == 2  # a drawn kick and a file in stereo
    status, exported = post(own_server, "/export.wav", json.dumps(body))
    back = sent(own_server, exported, name="snare.wav")
    assert (back["pad"], back["note"]) == ({"sound": mine, "crop": [0, 20]}, None)
    comment = to_comment(Recipe("tom", (1.0, 0.0, 0.5), texture=3), bundle_id(checkpoint.shipped()))
    for form in ("WAV", "FLAC"):
        generated = audio.bytes_with_comment(wave, RATE, 24, comment, form)
        pad = sent(own_server, generated, name="snare.wav")["pad"]
        assert pad == {"sound": {"class": "tom", "knobs": [1.0, 0.0, 0.5], "texture": 3}}


def test_a_file_that_is_not_kept_is_asked_for(own_server):
    with harness.open_page(own_server) as page:
        sound = {"class": "kick", "own": "0123456789abcdef"}
        answer = json.loads(harness.request_sound(page, 4, sound))
    assert (answer["type"], answer["id"], answer["missing"]) == ("error", 4, "0123456789abcdef")


def wav(wave, rate=RATE):
    content = io.BytesIO()
    soundfile.write(content, wave, rate, format="WAV", subtype="FLOAT")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "my"),
        (b"no sound at all", "cannot decode my.wav"),
        (wav(np.zeros(RATE)), "silent"),
        (wav(np.sin(np.arange(40))), "too short"),
        (wav(np.full(4800, np.nan)), "NaN"),
        (wav(np.ones(31 * 8000), 8000), "too long"),
        (bytes((1 << 25) + 1), "at most 33554432 bytes"),
    ],
    ids=["empty", "text", "silence", "short", "NaN", "long", "large"],
)
def test_what_is_no_sound_is_refused_in_one_line(own_server, content, words):
    status, text = post(own_server, "/listen?name=my.wav", content)
    assert status == 400 and words in text.decode() and text.count(b"\n") == 1 and b"drumjax-sent" not in text


def test_a_class_that_does_not_exist_is_refused(own_server):
    status, text = post(own_server, "/listen?class=cowbell", b"")
    assert status == 400 and b"drum class must be one of" in text


def test_the_first_guess_of_a_class_holds_nothing_up(synth, monkeypatch):
    asked = []

    def guess(waves, rate):
        asked.append(len(waves))
        return [("clap", 0.75)] * len(waves)

    monkeypatch.setattr(synth, "guess", guess)
    own, content = OwnSounds(synth), wav(0.5 * np.sin(np.arange(4800) / 9))
    first = own.listen(content, "x7.wav", fallback="tom").sound
    assert (first.drum_class, first.certainty, asked) == ("tom", 0, [])
    for fallback in (None, "tom"):
        heard = own.listen(content, "x7.wav", fallback=fallback).sound
        assert (heard.drum_class, heard.certainty) == ("clap", 0.75)
    assert own.listen(content, "x7.wav", "kick", "tom").sound.certainty == 1 and asked == [1, 1]


def test_the_files_of_pages_have_room_and_the_oldest_leaves(synth, folder, monkeypatch):
    content = [wav(0.5 * np.sin(np.arange(4800) * k / 9)) for k in (1, 2, 3)]
    own = OwnSounds(synth)
    monkeypatch.setattr("drumjax.server.own.SENT_BYTES", 2 * 4 * 4800)
    keys = [own.listen(one, "tom.wav").key for one in content[:2]]
    first = own.listened(f"sha256:{keys[0]}", "tom")
    assert own.listened(f"sha256:{keys[0]}", "conga").drum_class == "conga"
    own.listen(content[2], "tom.wav")
    assert own.listened(f"sha256:{keys[0]}", "tom") is first
    with pytest.raises(Missing) as raised:
        own.listened(f"sha256:{keys[1]}", "tom")
    assert raised.value.key == keys[1]


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
