"""The page's protocol: JSON in, frozen events out; JSON and frames of sound back. No I/O here.

Everything that a client sends is validated here or in `osc`, value by value in `checks`, with the same error texts.
A `Sound` that passed is safe to play.
"""

import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from drumjax.server.checks import SEEDS, drum_class, excerpt, integer, is_integer, number
from drumjax.server.sound import Sound
from drumjax.server.sound import from_json as sound
from drumjax.sound.audio import WRITTEN_BITS, WRITTEN_RATES

SLOT_LETTERS = 32
KIT = 32
SEEDS_EACH = 1000  # of draws, which the seed of a kit has
KIT_SEEDS = SEEDS // SEEDS_EACH
MAX_GAIN = 16.0
MAX_MS = 60_000.0


class RequestError(ValueError):
    """A request that is invalid or cannot be granted: one line, and the request's id where it has one."""

    def __init__(self, text: str, id: int | None = None):
        super().__init__(text)
        self.id = id


@dataclass(frozen=True)
class Hello:
    """Request for the description of the server and its bundle."""


@dataclass(frozen=True)
class Render:
    """Request for a sound; a newer one for the same place overtakes it.

    Attributes:
        id: returned with the answer.
        slot: the client's name for the place; None: the place is that of `place`.
        sound: what is rendered.
    """

    id: int
    slot: str | None
    sound: Sound


@dataclass(frozen=True)
class Map:
    """Request for the positions of a class's sounds under the XY pad."""

    drum_class: str


@dataclass(frozen=True)
class Kit:
    """Request for the seeds of a kit that belongs together."""

    seed: int


@dataclass(frozen=True)
class Seeds:
    """Request for seeds, from `first` on, of sounds of a class that strict sampling accepts."""

    drum_class: str
    first: int


@dataclass(frozen=True)
class Ping:
    """Request for a pong with the same id."""

    id: int


@dataclass(frozen=True)
class Export:
    """A sound as a file.

    Attributes:
        sound: its recipe.
        crop: start and end in ms; None: the whole sound up to its end.
        rate: Hz; None: as in `exports`.
        bits: per sample.
        gain: factor.
        name: file name without extension; safe characters only.
    """

    sound: Sound
    crop: tuple[float, float] | None
    rate: int | None
    bits: int
    gain: float
    name: str


def event(text: str | bytes) -> Hello | Render | Map | Kit | Seeds | Ping:
    """The event in a WebSocket frame.

    Raises:
        RequestError: the frame holds no valid event; with the id that it has.
    """
    data = json_object(text)
    value = data.get("id")
    id = value if isinstance(value, int) and is_integer(value) and abs(value) < 2**53 else None
    try:
        match data.get("type"):
            case "hello":
                return Hello()
            case "render":
                return Render(_id(id), _slot(data.get("slot")), sound(data.get("sound")))
            case "map":
                return Map(drum_class(data.get("class")))
            case "kit":
                return Kit(integer("seed", data.get("seed"), 0, KIT_SEEDS - 1))
            case "seeds":
                seed = integer("seed", data.get("seed"), 0, KIT_SEEDS - 1)
                return Seeds(drum_class(data.get("class")), SEEDS_EACH * seed)
            case "ping":
                return Ping(_id(id))
            case other:
                raise ValueError(f"type must be one of hello, render, map, kit, seeds, ping; got {excerpt(other)}")
    except ValueError as error:
        raise RequestError(str(error), id) from None


def json_object(text: str | bytes) -> dict[str, Any]:
    """The JSON object in a text.

    Raises:
        RequestError: the text is not a JSON object, or is nested too deep.
    """
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise RequestError(f"not JSON: {reason}") from None
    if not isinstance(data, dict):
        raise RequestError(f"expected a JSON object; got {excerpt(data)}")
    return data


def export(data: Any, shared: Mapping[str, Any] | None = None) -> Export:
    """The file that a JSON object requests. Missing fields are taken from `shared`, then from the defaults.

    Raises:
        ValueError: one line about the first invalid field.
    """
    if not isinstance(data, dict):
        raise ValueError(f"expected an object with a sound; got {excerpt(data)}")
    data = {"rate": None, "bits": 24, "gain": 1.0, "crop": None, "name": None, **(shared or {}), **data}
    recipe = sound(data.get("sound"))
    crop, rate, bits, name = data["crop"], data["rate"], data["bits"], data["name"]
    if crop is not None:
        if not isinstance(crop, list) or len(crop) != 2:
            raise ValueError(f"crop must be [start, end] in ms; got {excerpt(crop)}")
        start, end = (number("crop", value, 0.0, MAX_MS) for value in crop)
        if start >= end:
            raise ValueError(f"crop must start before it ends; got {start:g} to {end:g} ms")
        crop = start, end
    for label, value, choices in (("rate", rate, WRITTEN_RATES), ("bits", bits, WRITTEN_BITS)):
        if (not is_integer(value) or value not in choices) and (label, value) != ("rate", None):
            raise ValueError(f"{label} must be one of {', '.join(map(str, choices))}; got {excerpt(value)}")
    if name is not None and not isinstance(name, str):
        raise ValueError(f"name must be text; got {excerpt(name)}")
    safe = file_name(name or "") or file_name(recipe.drum_class)
    return Export(recipe, crop, rate, bits, number("gain", data["gain"], 0.0, MAX_GAIN), safe)


def kit(data: dict[str, Any]) -> list[Export]:
    """The files of a kit.

    Raises:
        ValueError: one line about the first invalid field.
    """
    sounds = data.get("sounds")
    if not isinstance(sounds, list) or not 1 <= len(sounds) <= KIT:
        raise ValueError(f"a kit has 1 to {KIT} sounds; got {excerpt(sounds)}")
    shared: dict[str, Any] = {key: data[key] for key in ("rate", "bits", "gain") if key in data}
    return [export(item, shared) for item in sounds]


def json_text(**fields: Any) -> str:
    """A JSON object in ASCII, without NaN."""
    return json.dumps(fields, allow_nan=False, separators=(",", ":"))


def sound_frame(
    id: int,
    slot: str | None,
    ms: float,
    at: Float[np.ndarray, " controls"],
    rate: int,
    wave: Float[np.ndarray, "samples ..."],
) -> bytes:
    """A binary frame: u32 length of the header, the header padded to 4 bytes, int16 samples; little-endian.

    The samples are shares of the header's `peak`, in 32767ths, those of its `channels` in turn, and end with the last
    one that is not zero.
    """
    channels = wave.reshape(len(wave), -1)
    peak = float(np.abs(channels).max(initial=0.0))
    shares = np.round(channels * (32767 / peak if peak else 0.0)).astype("<i2")
    shares = shares[: int(np.flatnonzero(shares.any(axis=1)).max(initial=-1)) + 1]
    fields = {"ms": round(ms, 3), "at": [round(float(knob), 3) for knob in at], "rate": rate, "peak": peak}
    header = json_text(type="sound", id=id, slot=slot, channels=channels.shape[1], **fields).encode()
    header += b" " * (-len(header) % 4)
    return struct.pack("<I", len(header)) + header + shares.tobytes()


def _id(id: int | None) -> int:
    if id is None:
        raise ValueError("id must be a whole number")
    return id


def _slot(value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or len(value) > SLOT_LETTERS):
        raise ValueError(f"slot must be a text of at most {SLOT_LETTERS} letters; got {excerpt(value)}")
    return value


def file_name(text: str) -> str:
    """The text in the letters of a file's name: at most 40, empty where it has none of them."""
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()[:40]).strip("-")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not allowed")
