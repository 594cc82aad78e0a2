"""OSC datagrams against python-osc: every message, bundles, and bytes of any kind."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from drumjax.config import CLASSES
from drumjax.data.labels import parse_mix
from drumjax.server import osc
from drumjax.server.sound import Sound


def message(address, *values):
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build()


def bundle(seconds, *contents):
    builder = OscBundleBuilder(seconds)
    for content in contents:
        builder.add_content(content)
    return builder.build()


@pytest.mark.parametrize(
    ("sent", "event"),
    [
        (("/drum/hello",), osc.Hello(None)),
        (("/drum/hello", 8000.0), osc.Hello(8000)),
        (("/drum/classes",), osc.Classes()),
        (("/drum/generate", 0, 1.5, -10, "kick"), osc.Generate(Sound("kick", (0.0, 1.5, -10.0)), -1)),
        (("/drum/generate", 0.0, 0.0, 0.5, 10.0, 7.0), osc.Generate(Sound("tom", (0.0, 0.0, 0.5)), 7)),
        (("drum/generate", 0, 0, 0, "Open Hat", -5), osc.Generate(Sound("open_hat"), -5)),
        (
            ("/drum/generate", 0, 0, 0, 0, 7, 3.0, 0.5, 4.0, 1, 5),
            osc.Generate(Sound("kick", seed=3, vary=((0.5, 4), (1.0, 5))), 7),
        ),
        (("/drum/generate", 0, 0, 0, 0, 7, -1), osc.Generate(Sound("kick"), 7)),
        (("/drum/generate", 0, 0, 0, "snare:3,kick:1", 7), osc.Generate(Sound("kick:1.0,snare:3.0"), 7)),
        (("/drum/sample", "CH:0.5,Open Hat:0.25", 3), osc.Sample("open_hat:0.25,closed_hat:0.5", 3, -1)),
        (("/drum/sample", "tom:3"), osc.Sample("tom", None, -1)),
        (("/drum/knobs", 10.0), osc.Knobs("tom")),
        (("/drum/sample", 2), osc.Sample("snare", None, -1)),
        (("/drum/sample", "clap", 4.0), osc.Sample("clap", 4, -1)),
        (("/drum/sample", "clap", 4, 5), osc.Sample("clap", 4, 5)),
        (("/drum/variation", 1), osc.Variation(1.0, -1)),
        (("/drum/variation", 0.25, 3), osc.Variation(0.25, 3)),
        (
            ("/drum/generate", 1, 0, 0, "tom", 7, "a/x.wav"),
            osc.Generate(Sound("tom", (1.0, 0.0, 0.0), own="a/x.wav"), 7),
        ),
        (("/drum/listen", "my snare.wav"), osc.Generate(Sound("snare", own="my snare.wav"), -1)),
        (("/drum/listen", "x7.wav", "clap", 3), osc.Generate(Sound("clap", own="x7.wav"), 3)),
        (
            ("/drum/takes", "tom.wav", 2, 5, 9),
            osc.Takes((Sound("tom", own="tom.wav", take=9), Sound("tom", own="tom.wav", take=10)), 5),
        ),
        (
            ("/drum/morph", "tom.wav", "kick.wav", 0.25, 5),
            osc.Generate(Sound("tom", own="tom.wav", other=Sound("kick", own="kick.wav"), t=0.25), 5),
        ),
        (("/drum/texture", 12.0), osc.Texture(12)),
        (("/drum/ping",), osc.Ping(-1)),
        (("/drum/ping", 6.0), osc.Ping(6)),
    ],
)
def test_every_message_is_an_event(sent, event):
    assert osc.decode(message(*sent).dgram) == [event]


@pytest.mark.parametrize(
    ("sent", "words", "id"),
    [
        (("/drum/generate", 0, 0, 0), "takes p1 p2 p3 class [id] [seed|path] [amount seed ...]; got 3", -1),
        (("/drum/listen", "x7.wav"), "the name of 'x7.wav' does not say what drum it is: give its class", -1),
        (("/drum/listen", 3, "kick", 8), "a path must be text; got 3", 8),
        (("/drum/takes", "tom.wav", 0, 8), "the number of takes must be a whole number between 1 and 64; got 0", 8),
        (("/drum/morph", "tom.wav", "kick.wav", 1.5, 8), "how far to morph must be a number between 0 and 1", 8),
        (("/drum/generate", 0, 0, 0, "kick", 1, -2), "seed must be a whole number between -1 and 2147483647", 1),
        (("/drum/generate", 0, 0, 0, "kick", 1, 2, 0.5), "up to 8 pairs of amount and seed; got 1", 1),
        (("/drum/generate", 0, 0, 0, "kick", 1, 2, *[0.5, 3] * 9), "up to 8 pairs of amount and seed; got 18", 1),
        (("/drum/generate", 0, 0, 0, "kick", 1, 2, 2, 3), "between 0 and 1; got 2", 1),
        (("/drum/sample", 0, 1, 2, 3), "/drum/sample takes class [seed] [id]; got 4", -1),
        (("/drum/generate", 0, 0, 0, "cowbell", 8), "drum class must be one of kick", 8),
        (("/drum/generate", 0, 0, 0, 11, 8), "an index below 11; got 11", 8),
        (("/drum/generate", 0, 0, 0, 0.5, 8), "got 0.5", 8),
        (("/drum/generate", 0, float("nan"), 0, 0, 8), "between -10 and 10; got nan", 8),
        (("/drum/generate", 0, float("inf"), 0, 0, 8), "between -10 and 10; got inf", 8),
        (("/drum/generate", 0, 1e30, 0, 0, 8), "between -10 and 10", 8),
        (("/drum/generate", 0, "1", 0, 0, 8), "got '1'", 8),
        (("/drum/generate", 0, True, 0, 0, 8), "got True", 8),
        (("/drum/generate", 0, 0, 0, 0, 0.5), "id must be a whole number", -1),
        (("/drum/sample", "kick", -1, 4), "seed must be a whole number between 0 and 2147483647; got -1", 4),
        (("/drum/variation", 1.5, 4), "between 0 and 1; got 1.5", 4),
        (("/drum/hello", 80), "reply port must be a whole number between 1024 and 65535; got 80", -1),
        (("/drum/classes", 1), "/drum/classes takes no values; got 1", -1),
        (("/drum/texture",), "/drum/texture takes seed; got 0", -1),
        (("/drum/sample", "kick:0,snare:1", 1, 4), "kick:0.7,snare:0.3 with weights above 0; got 'kick:0,snare:1'", 4),
        (("/drum/sample", "kick:1,cowbell:1", 1, 4), "drum class must be one of kick", 4),
        (("/drum/sample", "kick:1,kick:1", 1, 4), "kick twice", 4),
        (("/drum/sample", "kick:1e300,snare:1", 1, 4), "weight in a mix must be a number between 0.001 and 1000", 4),
        (("/drum/sample", "kick:1," * 90, 1, 4), "drum class must be one of kick", 4),
        (("/drum/knobs", "kick:1,snare:1"), "drum class must be one of kick", -1),
        (("/cow/bell", 3), "unknown message '/cow/bell'; want one of /drum/hello", -1),
    ],
)
def test_an_invalid_message_gives_one_line_and_the_id(sent, words, id):
    (event,) = osc.decode(message(*sent).dgram)
    assert isinstance(event, osc.Invalid) and words in event.text and event.id == id
    assert "\n" not in event.text and len(event.text) < 300


def test_bundles_are_unpacked_whatever_their_time():
    later = bundle(2e9, message("/drum/ping", 1), bundle(1, message("/drum/ping", 2)), message("/drum/ping", 3))
    assert osc.decode(later.dgram) == [osc.Ping(1), osc.Ping(2), osc.Ping(3)]


def padded(text):
    return text + bytes(4 - len(text) % 4)


@pytest.mark.parametrize(
    ("datagram", "words"),
    [
        (padded(b"/drum/ping") + padded(b",[i]") + bytes(4), "got an array"),
        (padded(b"/drum/ping") + padded(b",b") + bytes(4), "got a blob"),
        (padded(b"/drum/ping") + padded(b",iS") + bytes(8), "got a symbol"),
        (padded(b"drum/ping") + padded(b",c") + bytes(4), "got a character"),
        (padded(b"/drum/ping") + padded(b",t") + bytes(8), "got a time tag"),
        (padded(b"/drum/ping") + padded(b",r") + bytes(4), "got a colour"),
        (padded(b"/drum/ping") + padded(b",I"), "got an impulse"),
        (padded(b"/drum/ping") + padded(b",i,") + bytes(8), "got the type tag ','"),
        (padded(b"/drum/ping") + padded(b",\xff") + bytes(8), "got the type tag '\\xff'"),
        (padded(b"/drum/ping") + padded(b"i") + bytes(4), "the type tags begin with a comma"),
        (b"/drum/ping\0,i\0\0" + bytes(4), "the type tags begin with a comma"),
        (padded(b"/drum/ping") + padded(b",i") + bytes(3), "its values end too early"),
        (padded(b"/drum/knobs") + padded(b",s") + b"kick", "its values end too early"),
        (b"/drum/ping\n", "this is text, not OSC"),
        (b"drum generate 0 0 0 kick;\n", "this is text, not OSC"),
        (padded(b"/drum/ping") + bytes(osc.LARGEST), f"at most {osc.LARGEST} bytes; got {osc.LARGEST + 12}"),
        (b"#bundle\0" + bytes(osc.LARGEST), f"at most {osc.LARGEST} bytes"),
    ],
)
def test_what_is_meant_for_the_server_but_unreadable_is_an_error_of_one_line(datagram, words, caplog):
    (event,) = osc.decode(datagram)
    assert isinstance(event, osc.Invalid) and event.id == -1 and words in event.text
    assert len(event.text) < 120 and event.text.isprintable() and not caplog.records


def test_other_junk_is_not_answered():
    """A server that answers everything could exchange errors with another one for ever."""
    text = b"hello\n", b"", bytes(40), b"\xff" * 40, b"/cow/bell\n"
    replies = [padded(reply) + padded(b",[f]") + bytes(4) for reply in (b"/drum/error", b"/drum/file", b"/drum/pong")]
    others = padded(b"/cow/bell") + padded(b",b") + bytes(4), padded(b"/cow") + b",s\0\0kick", b"/cow" + bytes(5000)
    for datagram in (*text, *replies, *others):
        assert osc.decode(datagram) == []


def test_a_bundle_of_good_and_bad_messages_gives_an_event_for_each():
    bad = padded(b"/drum/ping") + padded(b",b") + bytes(4)
    parts = [
        message("/drum/ping", 1).dgram,
        bad,
        message("/drum/sample", "cowbell", 1, 4).dgram,
        message("/drum/ping", 2).dgram,
    ]
    datagram = b"#bundle\0" + bytes(8) + b"".join(struct.pack(">i", len(part)) + part for part in parts)
    kinds = [(type(event).__name__, event.id) for event in osc.decode(datagram)]
    assert kinds == [("Ping", 1), ("Invalid", -1), ("Invalid", 4), ("Ping", 2)]


def test_bundles_are_bounded_and_always_end():
    head, ping = b"#bundle\0" + bytes(8), message("/drum/ping").dgram
    element = struct.pack(">i", len(ping)) + ping
    damaged = osc.Invalid(f"damaged OSC bundle, or bundles nested more than {osc.DEPTH} deep", -1)
    for size in (-4, -12, 0, -(2**31), 2**31 - 1, 1000):
        assert osc.decode(head + element + struct.pack(">i", size) + ping) == [osc.Ping(-1), damaged]
    assert osc.decode(head + element + b"\0") == [osc.Ping(-1), damaged] and osc.decode(head[:12]) == [damaged]
    assert osc.decode(head) == []
    nested = ping
    for depth in range(1, 8):
        nested = head + struct.pack(">i", len(nested)) + nested
        assert osc.decode(nested) == [osc.Ping(-1) if depth <= osc.DEPTH else damaged]
    assert osc.decode(head + element * osc.MESSAGES) == [osc.Ping(-1)] * osc.MESSAGES
    *events, last = osc.decode(head + element * (osc.MESSAGES + 1))
    assert events == [osc.Ping(-1)] * osc.MESSAGES and "at most 64 messages" in last.text


def test_replies_are_not_requests():
    """Two servers that receive each other's replies must not answer them for ever."""
    replies = ("/drum/file", "a.wav", 1, 2.0), ("/drum/error", "x", 1), ("/drum/pong", 1)
    assert [osc.decode(osc.encode(*reply)) for reply in replies] == [[], [], []]
    assert isinstance(osc.decode(osc.encode("/drum/hello", "drumjax", "1"))[0], osc.Invalid)
    assert isinstance(osc.decode(osc.encode("/drum/classes", *CLASSES))[0], osc.Invalid)


def test_replies_are_read_by_python_osc_and_hold_no_doubles():
    sent = "/drum/file", "/tmp/a b\u00e9.wav", 7, 12.5
    reply = osc.encode(*sent)
    assert b",sif\0" in reply and [OscMessage(reply).address, *OscMessage(reply).params] == list(sent)
    assert osc.values(reply) == sent
    assert OscMessage(osc.encode("/drum/error", "\udcff", -1)).params == ["\\udcff", -1]


_GOOD = st.sampled_from(
    [message("/drum/generate", 0.5, 1, 2, "kick", 3).dgram, message("/drum/sample", "tom", 3, 4).dgram]
    + [bundle(5, message("/drum/ping", 1), message("/drum/classes")).dgram]
)


@st.composite
def mutated(draw):
    """A good datagram with some of its bytes changed, cut out or put in."""
    datagram = bytearray(draw(_GOOD))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(datagram)))
        datagram[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(datagram)


@given(st.binary(max_size=200) | mutated() | st.binary(max_size=60).map(lambda tail: b"/drum/generate\0\0," + tail))
def test_any_bytes_are_events_or_nothing(datagram):
    for event in osc.decode(datagram):
        assert type(event).__module__ == osc.__name__
        if isinstance(event, osc.Generate):
            drum_class = event.sound.drum_class
            assert drum_class in CLASSES or set(parse_mix(drum_class)) < set(CLASSES)
            assert all(abs(knob) <= 10 for knob in event.sound.knobs)
