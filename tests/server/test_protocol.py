"""The page's protocol: valid messages, the error texts of invalid ones, and arbitrary input."""

import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumjax.config import CLASSES
from drumjax.data.labels import parse_mix
from drumjax.server import protocol
from drumjax.server.protocol import Hello, Map, Ping, Render, RequestError
from drumjax.server.sound import Sound, from_json, place, to_json

KICK = {"class": "kick"}


def test_messages_are_events():
    recipe = {"class": "Closed Hat", "knobs": [1, -0.5, 10], "seed": 3.0, "vary": [[0.5, 1], [1, 2]], "texture": 7}
    sound = Sound("closed_hat", (1.0, -0.5, 10.0), 3, ((0.5, 1), (1.0, 2)), 7)
    assert protocol.event(json.dumps({"type": "render", "id": 5, "slot": "pad3", "sound": recipe})) == Render(
        5, "pad3", sound
    )
    assert protocol.event('{"type":"render","id":-1,"slot":"","sound":{"class":10}}').sound == Sound("tom")
    mixed = protocol.event('{"type":"render","id":2,"sound":{"class":"snare:1,kick:3"}}')
    assert mixed == Render(2, None, Sound("kick:3.0,snare:1.0"))
    assert protocol.event('{"type":"hello"}') == Hello()
    assert protocol.event('{"type":"map","class":"snap"}') == Map("snap")
    assert protocol.event('{"type":"ping","id":9}') == Ping(9)


@pytest.mark.parametrize(
    ("sound", "words"),
    [
        (None, "sound must be an object; got None"),
        ({}, "drum class must be one of kick, clap"),
        ({"class": "cowbell"}, "drum class must be one of kick, clap"),
        ({"class": 11}, "an index below 11; got 11"),
        ({"class": -1}, "an index below 11; got -1"),
        ({"class": True}, "got True"),
        ({"class": "k" * 5000}, "got 'kkkk"),
        ({"class": "kick:1,cowbell:1"}, "drum class must be one of kick, clap"),
        ({"class": "kick:1,snare"}, "a mix of classes is written kick:0.7,snare:0.3"),
        ({**KICK, "knobs": [0, 0]}, "knobs must be three numbers; got [0, 0]"),
        ({**KICK, "knobs": [0, 0, 10.5]}, "between -10 and 10; got 10.5"),
        ({**KICK, "knobs": [0, 0, 10**400]}, "got a number of too many digits"),
        ({**KICK, "knobs": [0, 0, False]}, "got False"),
        ({**KICK, "knobs": [0, 0, "1"]}, "got '1'"),
        ({**KICK, "seed": -1}, "seed must be a whole number between 0 and 2147483647; got -1"),
        ({**KICK, "seed": 2**31}, "got 2147483648"),
        ({**KICK, "seed": 0.5}, "got 0.5"),
        ({**KICK, "vary": [[0.1, 1]] * 9}, "at most 8 pairs"),
        ({**KICK, "vary": [0.1]}, "pairs [amount, seed]; got [0.1]"),
        ({**KICK, "vary": [[1.1, 0]]}, "amount of variation must be a number between 0 and 1; got 1.1"),
        ({**KICK, "Texture": 1}, "seed, dot, vary, texture, own, take, other, t; got 'Texture'"),
        ({**KICK, "own": "../kick.wav"}, "own must be the key that /listen returned; got '../kick.wav'"),
        ({**KICK, "own": 3}, "own must be the key"),
        ({**KICK, "t": 1.5}, "t must be a number between 0 and 1; got 1.5"),
        ({**KICK, "other": {**KICK, "other": KICK}}, "take; got 'other'"),
    ],
)
def test_a_bad_sound_is_refused_in_one_short_line_with_its_id(sound, words):
    text = json.dumps({"type": "render", "id": 12, "slot": "main", "sound": sound})
    with pytest.raises(RequestError) as raised:
        protocol.event(text)
    assert words in str(raised.value) and raised.value.id == 12
    assert len(str(raised.value)) < 300 and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[" * 16_000, "nested too deep"),
        ('{"type":"ping","id":NaN}', "NaN is not allowed"),
        ("[1]", "expected a JSON object; got [1]"),
        ('{"type":"kit","seed":2147483}', "seed must be a whole number between 0 and 2147482; got 2147483"),
        ('{"type":"seeds","class":"drum","seed":1}', "drum class must be one of"),
        ('{"type":"play"}', "type must be one of hello, render, map, kit, seeds, ping; got 'play'"),
        ('{"type":"ping","id":1.5}', "id must be a whole number"),
        ('{"type":"ping","id":9007199254740992}', "id must be a whole number"),
        ('{"type":"render","id":1,"slot":"' + "x" * 33 + '"}', "at most 32 letters"),
        ('{"type":"render","id":1,"slot":4}', "slot must be a text"),
    ],
)
def test_a_bad_message_is_refused(text, words):
    with pytest.raises(RequestError, match=words.replace("[", r"\[")):
        protocol.event(text)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(CLASSES),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
_SOUNDS = _VALUES | st.fixed_dictionaries(
    {"class": st.sampled_from(CLASSES) | _VALUES},
    optional={
        "knobs": st.lists(st.floats(-11, 11) | _VALUES, max_size=4),
        "seed": st.integers(-1, 2**31) | _VALUES,
        "vary": st.lists(st.tuples(st.floats(-0.1, 1.1), st.integers(0, 9)) | _VALUES, max_size=9),
    },
)
_TYPES = st.sampled_from(("hello", "render", "map", "ping")) | _VALUES
_OBJECTS = st.fixed_dictionaries(
    {"type": _TYPES},
    optional={"id": st.integers() | _VALUES, "slot": st.text(max_size=40), "sound": _SOUNDS, "class": _VALUES},
)


@given(st.text() | st.binary() | _VALUES.map(json.dumps) | _OBJECTS.map(json.dumps))
def test_every_text_is_a_valid_event_or_refused(text):
    try:
        event = protocol.event(text)
    except RequestError as error:
        assert len(str(error)) < 400
        return
    if isinstance(event, Render):
        assert event.sound.drum_class in CLASSES or set(parse_mix(event.sound.drum_class)) < set(CLASSES)
        assert all(math.isfinite(knob) and abs(knob) <= 10 for knob in event.sound.knobs)
        assert all(0 <= amount <= 1 and 0 <= seed < 2**31 for amount, seed in event.sound.vary)


def test_every_sound_of_a_page_is_written_as_it_is_read():
    key, other = "0123456789abcdef", {"class": "tom", "seed": 0, "own": "f" * 16, "take": 4}
    for recipe in (
        KICK,
        {"class": "snare", "knobs": [1, 0, -2.5], "seed": 3, "vary": [[0.5, 1]], "texture": 0},
        {"class": "kick:1.0,tom:0.5", "own": key, "take": 0, "other": other, "t": 0.25},
    ):
        sound = from_json(recipe)
        assert from_json(json.loads(json.dumps(to_json(sound)))) == sound
    assert (sound.own, sound.other.own, sound.other.take) == (f"sha256:{key}", "sha256:" + "f" * 16, 4)
    with pytest.raises(ValueError, match="paths"):
        to_json(Sound("tom", own="my tom.wav"))


def test_a_place_is_class_and_id_whatever_the_weights_of_a_mix():
    places = [place(Sound(name), id) for name, id in (("kick", 1), ("kick", 2), ("snare", 1))]
    places += [place(Sound(f"kick:{weight},open_hat:0.5"), 1) for weight in (0.5, 1e-05)]
    assert places == [("kick", 1, None), ("kick", 2, None), ("snare", 1, None)] + [("kick,open_hat", 1, None)] * 2


def test_a_frame_holds_its_header_and_samples_in_16_bits_up_to_the_end():
    wave = np.concatenate([np.linspace(-1.5, 1, 17, dtype=np.float32), np.zeros(900, np.float32)])
    for slot in ("", "a", "ab", "pad10", "\u00e4\n"):
        frame = protocol.sound_frame(3, slot, 12.3456, np.array([0.5, -1, 0.12345]), 22050, wave)
        (size,) = struct.unpack_from("<I", frame)
        assert size % 4 == 0 and len(frame) == 4 + size + 2 * 17
        header = json.loads(frame[4 : 4 + size])
        place = {"at": [0.5, -1, 0.123], "rate": 22050, "peak": 1.5}
        assert header == {"type": "sound", "id": 3, "slot": slot, "channels": 1, "ms": 12.346, **place}
        heard = np.frombuffer(frame, "<i2", offset=4 + size) / 32767 * header["peak"]
        np.testing.assert_allclose(heard, wave[:17], atol=1.5 / 32767 / 2 + 1e-7)
    stereo = protocol.sound_frame(3, "", 1.0, np.zeros(3), 8000, np.stack([wave, -wave], axis=1))
    (size,) = struct.unpack_from("<I", stereo)
    samples = np.frombuffer(stereo, "<i2", offset=4 + size).reshape(17, 2)
    assert json.loads(stereo[4 : 4 + size])["channels"] == 2 and (samples[:, 0] == -samples[:, 1]).all()
    assert samples[0, 0] == -32767
    silence = protocol.sound_frame(3, "", 1.0, np.zeros(2), 22050, np.zeros(9, np.float32))
    assert len(silence) == 4 + struct.unpack_from("<I", silence)[0]


def test_an_export_has_defaults():
    made = protocol.export({"sound": KICK})
    assert (made.crop, made.rate, made.bits, made.gain, made.name) == (None, None, 24, 1.0, "kick")
    made = protocol.export({"sound": KICK, "crop": [0, 12.5], "rate": 48000, "bits": 16, "gain": 0.5, "name": "x"})
    assert (made.crop, made.rate, made.bits, made.gain, made.name) == ((0, 12.5), 48000, 16, 0.5, "x")


@pytest.mark.parametrize(
    ("name", "safe"),
    [("../../etc/passwd", "etc-passwd"), ("Big Kick!", "big-kick"), ("\ud800/\0", "kick"), ("", "kick")],
)
def test_a_name_is_made_safe(name, safe):
    assert protocol.export({"sound": KICK, "name": name}).name == safe
    assert protocol.export({"sound": {"class": "kick:1,tom:0.5"}, "name": ""}).name == "kick-1-0-tom-0-5"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"crop": [5]}, "crop must be"),
        ({"crop": [5, 5]}, "start before it ends; got 5 to 5 ms"),
        ({"crop": [-1, 5]}, "between 0 and 60000; got -1"),
        ({"rate": 8000}, "rate must be one of 22050, 44100, 48000; got 8000"),
        ({"rate": True}, "rate must be one of"),
        ({"bits": 32}, "bits must be one of 16, 24; got 32"),
        ({"gain": 17}, "gain must be a number between 0 and 16; got 17"),
        ({"name": 3}, "name must be text; got 3"),
        ({"sound": 3}, "sound must be an object; got 3"),
    ],
)
def test_a_bad_export_is_refused(fields, words):
    with pytest.raises(ValueError, match=words):
        protocol.export({"sound": KICK, **fields})


def test_a_kit_has_defaults_for_its_sounds():
    made = protocol.kit({"sounds": [{"sound": KICK}, {"sound": KICK, "bits": 24}], "rate": 48000, "bits": 16})
    assert [(item.rate, item.bits) for item in made] == [(48000, 16), (48000, 24)]
    for sounds in (None, [], [{"sound": KICK}] * 33, [KICK], [3]):
        with pytest.raises(ValueError):
            protocol.kit({"sounds": sounds})
