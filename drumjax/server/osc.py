"""OSC datagrams: bytes in, frozen events out, and replies as bytes. No I/O here.

python-osc reads and writes single messages. Bundles are unpacked here, because its own reader never ends on an element
of negative size. Time tags are ignored: every message is played at once. What is meant for this server but cannot be
read is an `Invalid` event, and so is answered.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pythonosc import osc_message, osc_message_builder
from pythonosc.parsing import osc_types

from drumjax.server import checks, own
from drumjax.server.sound import VARIATIONS, Sound

LARGEST = 4096
"""Bytes of a datagram."""
DEPTH, MESSAGES = 4, 64
"""Levels of nested bundles, and messages in a datagram."""
NO_ID = NO_SEED = -1
_BUNDLE = b"#bundle\0"
_REPLIES = ("/drum/file", "/drum/error", "/drum/pong")
_READ = b"ifdhsTFN"
"""Type tags of the values that messages may have; python-osc would log others, or hand on lists and bytes."""
_UNREAD = {
    b"[": "an array",
    b"]": "an array",
    b"S": "a symbol",
    b"c": "a character",
    b"b": "a blob",
    b"t": "a time tag",
    b"r": "a colour",
    b"m": "a MIDI message",
    b"I": "an impulse",
}
_TEXT = "this is text, not OSC; in Pure Data send the output of [oscformat] to [netsend -u -b]"
_DAMAGED = f"damaged OSC bundle, or bundles nested more than {DEPTH} deep"


@dataclass(frozen=True)
class Hello:
    """Request for the server's name; from now on replies to the sender's host go to `reply_port` (None: as before)."""

    reply_port: int | None


@dataclass(frozen=True)
class Classes:
    """Request for the names of the classes."""


@dataclass(frozen=True)
class Knobs:
    """Request for the names of a class's knobs."""

    drum_class: str


@dataclass(frozen=True)
class Generate:
    """Request for the sound at three knob positions."""

    sound: Sound
    id: int


@dataclass(frozen=True)
class Sample:
    """Request for a new sound of a class; seed None: a random one."""

    drum_class: str
    seed: int | None
    id: int


@dataclass(frozen=True)
class Variation:
    """Request for a sound near the client's last one."""

    amount: float
    id: int


@dataclass(frozen=True)
class Takes:
    """Request for takes of a sound file, one answer each."""

    sounds: tuple[Sound, ...]
    id: int


@dataclass(frozen=True)
class Texture:
    """Sets the seed of the noise in the client's sounds."""

    seed: int


@dataclass(frozen=True)
class Ping:
    """Request for a pong with the same id."""

    id: int


@dataclass(frozen=True)
class Invalid:
    """A message that is invalid, and the reason in one line."""

    text: str
    id: int


Event = Hello | Classes | Knobs | Generate | Sample | Variation | Takes | Texture | Ping | Invalid


def decode(datagram: bytes) -> list[Event]:
    """The events in a datagram, in order; none where it is neither OSC nor begins like it, or is a server's reply."""
    if b"\0" not in datagram and _is_ours(datagram):
        return [Invalid(_TEXT, NO_ID)]
    if len(datagram) > LARGEST:
        large = f"a datagram may have at most {LARGEST} bytes; got {len(datagram)}"
        return [Invalid(large, NO_ID)] if _is_ours(datagram) or datagram.startswith(_BUNDLE) else []
    events: list[Event] = []
    for element in _elements(datagram, DEPTH):
        if len(events) == MESSAGES:
            return [*events, Invalid(f"a datagram may hold at most {MESSAGES} messages; the rest is ignored", NO_ID)]
        event = Invalid(_DAMAGED, NO_ID) if element is None else _event(element)
        if event is not None:
            events.append(event)
    return events


def values(datagram: bytes) -> tuple:
    """The address and values of one message; () where the datagram is no message with types that requests have."""
    try:
        message = _message(datagram)
    except ValueError:
        return ()
    return message.address, *message.params


def encode(address: str, *values: int | float | str) -> bytes:
    """A message with the types i, f and s for int, float and str. Max reads a double (d) as 0, so none is sent."""
    builder = osc_message_builder.OscMessageBuilder(address)
    for value in values:
        if isinstance(value, str):
            builder.add_arg(value.encode("utf8", "backslashreplace").decode("utf8"), "s")
        else:
            builder.add_arg(value, "i" if isinstance(value, int) else "f")
    return builder.build().dgram


def _elements(packet: bytes, depth: int) -> Iterator[bytes | None]:
    """The messages in a packet, bundles unpacked; None for what is damaged or nested too deep."""
    if not packet.startswith(_BUNDLE):
        yield packet
        return
    at = len(_BUNDLE) + 8
    while depth and at + 4 <= len(packet):
        (size,) = struct.unpack_from(">i", packet, at)
        if not 0 < size <= len(packet) - at - 4:
            break
        yield from _elements(packet[at + 4 : at + 4 + size], depth - 1)
        at += 4 + size
    if at != len(packet):
        yield None


def _event(packet: bytes) -> Event | None:
    """The event of a message; None where it is a server's reply, or neither readable nor meant for this server."""
    try:
        message = _message(packet)
    except ValueError as error:
        return Invalid(str(error), NO_ID) if _is_ours(packet) else None
    address = "/" + message.address.lstrip("/")
    if address in _REPLIES or not address.isprintable() or len(address) > 64:
        return None
    return _request(address, message.params)


def _is_ours(packet: bytes) -> bool:
    """Whether a packet begins as messages to this server do, and is no reply of a server."""
    address = b"/" + packet.partition(b"\0")[0].lstrip(b"/")
    return address.startswith(b"/drum") and address.decode("latin-1") not in _REPLIES


def _message(packet: bytes) -> osc_message.OscMessage:
    """The message in a packet.

    Raises:
        ValueError: one line: the packet is not OSC, or has values that no request has.
    """
    start = (packet.find(b"\0") // 4 + 1) * 4
    tags = packet[start : packet.find(b"\0", start)]
    if tags[:1] not in (b"", b","):
        raise ValueError("damaged OSC message: the type tags begin with a comma, at a multiple of four bytes")
    others = tags[1:].strip(_READ)[:1]
    if others:
        got = _UNREAD.get(others, f"the type tag {others.decode('latin-1')!a}")
        raise ValueError(f"values must be numbers or strings; got {got}")
    try:
        return osc_message.OscMessage(packet)
    except (osc_message.ParseError, osc_types.ParseError, UnicodeDecodeError):
        raise ValueError("damaged OSC message: its values end too early or are not UTF-8") from None


def _request(address: str, values: Sequence[Any]) -> Event:
    """The event of a message to an address."""
    id = NO_ID
    try:
        if address not in _MESSAGES:
            raise ValueError(f"unknown message {checks.excerpt(address)}; want one of {', '.join(_MESSAGES)}")
        signature, read = _MESSAGES[address]
        names = signature.replace("[", "").replace("]", "").split()
        needed = len(signature.partition("[")[0].split())
        if len(values) < needed or (len(values) > len(names) and "..." not in names):
            raise ValueError(f"{address} takes {signature or 'no values'}; got {len(values)} values")
        values = list(values)
        if "id" in names and len(values) > names.index("id"):
            id = checks.integer("id", values.pop(names.index("id")), -(2**31))
        return read(id, *values)
    except ValueError as error:
        return Invalid(str(error), id)


def _hello(_: int, reply_port: Any = None) -> Hello:
    return Hello(None if reply_port is None else checks.integer("the reply port", reply_port, 1024, 65535))


def _generate(id: int, p1: Any, p2: Any, p3: Any, name: Any, seed: Any = NO_SEED, *vary: Any) -> Generate:
    path = _path(seed) if isinstance(seed, str) else None
    seed = NO_SEED if path else checks.integer("seed", seed, NO_SEED)
    if len(vary) % 2 or len(vary) > 2 * VARIATIONS:
        raise ValueError(f"variations are up to {VARIATIONS} pairs of amount and seed; got {len(vary)} values")
    pairs = tuple((checks.amount(a), checks.integer("seed", s)) for a, s in zip(vary[::2], vary[1::2], strict=True))
    knobs = checks.knob(p1), checks.knob(p2), checks.knob(p3)
    return Generate(Sound(checks.class_or_mix(name), knobs, None if seed == NO_SEED else seed, pairs, own=path), id)


def _sample(id: int, name: Any, seed: Any = None) -> Sample:
    return Sample(checks.class_or_mix(name), None if seed is None else checks.integer("seed", seed), id)


def _listen(id: int, path: Any, name: Any = None) -> Generate:
    path = _path(path)
    return Generate(Sound(own.class_of(path) if name is None else checks.class_or_mix(name), own=path), id)


def _morph(id: int, path: Any, other: Any, t: Any) -> Generate:
    first, second = _path(path), _path(other)
    t = checks.number("how far to morph", t, 0.0, 1.0)
    return Generate(Sound(own.class_of(first), own=first, other=Sound(own.class_of(second), own=second), t=t), id)


def _takes(id: int, path: Any, count: Any, seed: Any = 0) -> Takes:
    path = _path(path)
    count = checks.integer("the number of takes", count, 1, MESSAGES)
    seed = checks.integer("seed", seed, 0, checks.SEEDS - MESSAGES)
    drum_class = own.class_of(path)
    return Takes(tuple(Sound(drum_class, own=path, take=seed + i) for i in range(count)), id)


def _path(value: Any) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError(f"a path must be text; got {checks.excerpt(value)}")
    return value


_MESSAGES: dict[str, tuple[str, Callable[..., Event]]] = {
    "/drum/hello": ("[reply_port]", _hello),
    "/drum/classes": ("", lambda _: Classes()),
    "/drum/knobs": ("class", lambda _, name: Knobs(checks.drum_class(name))),
    "/drum/generate": ("p1 p2 p3 class [id] [seed|path] [amount seed ...]", _generate),
    "/drum/sample": ("class [seed] [id]", _sample),
    "/drum/variation": ("amount [id]", lambda id, amount: Variation(checks.amount(amount), id)),
    "/drum/listen": ("path [class] [id]", _listen),
    "/drum/takes": ("path n [id] [seed]", _takes),
    "/drum/morph": ("path path t [id]", _morph),
    "/drum/texture": ("seed", lambda _, seed: Texture(checks.integer("seed", seed))),
    "/drum/ping": ("[id]", lambda id: Ping(id)),
}
"""Address -> the names of its values (in brackets: optional), and the function that reads them."""
