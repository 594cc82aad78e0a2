"""OSC datagrams: bytes in, frozen events out, and replies as bytes. No I/O here.

python-osc reads and writes single messages. Bundles are unpacked here, because its own reader never ends on an element
of negative size. Time tags are ignored: every message is played at once.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pythonosc import osc_message, osc_message_builder
from pythonosc.parsing import osc_types

from drumjax.server import checks, protocol
from drumjax.server.protocol import Sound

LARGEST = 4096
"""Bytes of a datagram; larger ones are ignored."""
DEPTH, MESSAGES = 4, 64
"""Levels of nested bundles, and messages in a datagram."""
NO_ID = NO_SEED = -1
_BUNDLE = b"#bundle\0"
_REPLIES = ("/drum/file", "/drum/error", "/drum/pong")


@dataclass(frozen=True)
class Hello:
    """Request for the server's name; from now on replies go to `reply_port` (None: as before)."""

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


Event = Hello | Classes | Knobs | Generate | Sample | Variation | Texture | Ping | Invalid


def decode(datagram: bytes) -> list[Event]:
    """The events in a datagram, in order; none where it is not OSC, too large, or a reply of a server."""
    if len(datagram) > LARGEST:
        return []
    events: list[Event] = []
    for element in _elements(datagram, DEPTH):
        if len(events) == MESSAGES:
            break
        message = _message(element)
        if message is not None:
            address = "/" + message.address.lstrip("/")
            if address not in _REPLIES:
                events.append(_event(address, message.params))
    return events


def values(datagram: bytes) -> tuple:
    """The address and values of one message; () where the datagram is not OSC."""
    message = _message(datagram)
    return () if message is None else (message.address, *message.params)


def encode(address: str, *values: int | float | str) -> bytes:
    """A message with the types i, f and s for int, float and str. Max reads a double (d) as 0, so none is sent."""
    builder = osc_message_builder.OscMessageBuilder(address)
    for value in values:
        if isinstance(value, str):
            builder.add_arg(value.encode("utf8", "backslashreplace").decode("utf8"), "s")
        else:
            builder.add_arg(value, "i" if isinstance(value, int) else "f")
    return builder.build().dgram


def _elements(packet: bytes, depth: int) -> Iterator[bytes]:
    """The messages in a packet, bundles unpacked; incomplete elements are left out."""
    if not packet.startswith(_BUNDLE):
        yield packet
        return
    at = len(_BUNDLE) + 8
    while depth and at + 4 <= len(packet):
        (size,) = struct.unpack_from(">i", packet, at)
        if not 0 < size <= len(packet) - at - 4:
            return
        yield from _elements(packet[at + 4 : at + 4 + size], depth - 1)
        at += 4 + size


def _message(packet: bytes) -> osc_message.OscMessage | None:
    start = (packet.find(b"\0") // 4 + 1) * 4
    tags = packet[start : packet.find(b"\0", start)]
    # No message here has arrays, blobs and the like, and python-osc logs types that it cannot read.
    if not packet or tags[:1] not in (b"", b",") or tags[1:].strip(b"ifdhsTFN"):
        return None
    try:
        message = osc_message.OscMessage(packet)
    except (osc_message.ParseError, osc_types.ParseError, UnicodeDecodeError):
        return None
    return message if message.address.isprintable() and len(message.address) <= 64 else None


def _event(address: str, values: Sequence[Any]) -> Event:
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
    seed = checks.integer("seed", seed, NO_SEED)
    if len(vary) % 2 or len(vary) > 2 * protocol.VARIATIONS:
        raise ValueError(f"variations are up to {protocol.VARIATIONS} pairs of amount and seed; got {len(vary)} values")
    pairs = tuple((checks.amount(a), checks.integer("seed", s)) for a, s in zip(vary[::2], vary[1::2], strict=True))
    knobs = checks.knob(p1), checks.knob(p2), checks.knob(p3)
    return Generate(Sound(checks.drum_class(name), knobs, None if seed == NO_SEED else seed, pairs), id)


def _sample(id: int, name: Any, seed: Any = None) -> Sample:
    return Sample(checks.drum_class(name), None if seed is None else checks.integer("seed", seed), id)


_MESSAGES: dict[str, tuple[str, Callable[..., Event]]] = {
    "/drum/hello": ("[reply_port]", _hello),
    "/drum/classes": ("", lambda _: Classes()),
    "/drum/knobs": ("class", lambda _, name: Knobs(checks.drum_class(name))),
    "/drum/generate": ("p1 p2 p3 class [id] [seed] [amount seed ...]", _generate),
    "/drum/sample": ("class [seed] [id]", _sample),
    "/drum/variation": ("amount [id]", lambda id, amount: Variation(checks.amount(amount), id)),
    "/drum/texture": ("seed", lambda _, seed: Texture(checks.integer("seed", seed))),
    "/drum/ping": ("[id]", lambda id: Ping(id)),
}
"""Address -> the names of its values (in brackets: optional), and the function that reads them."""
