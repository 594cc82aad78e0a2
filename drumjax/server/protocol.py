"""What crosses the wire as JSON, and frames of sound: text in, frozen events out. No I/O here.

Every check of what a client sends is made here or in `osc`, value by value in `checks`, in the same words; what passes
is safe to play.
"""

import json
import re
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from drumjax.server.checks import amount, drum_class, is_whole, knob, number, shown, whole

VARIATIONS = 8
SLOT_LETTERS = 32
KIT = 32
RATES = (22050, 44100, 48000)
BITS = (16, 24)
MAX_GAIN = 16.0
MAX_MS = 60_000.0


class Refused(ValueError):
    """A request that cannot be granted: one line, and the id it carried, if any."""

    def __init__(self, text: str, id: int | None = None):
        super().__init__(text)
        self.id = id


@dataclass(frozen=True)
class Sound:
    """The recipe of one sound; the same recipe gives the same samples.

    Attributes:
        drum_class: one of CLASSES.
        knobs: standard deviations around the base, each within -REACH..REACH of `checks`.
        seed: the base is the sound drawn with it; None: the class's centre.
        vary: successive variations, (amount 0..1, seed).
        texture: seed of the noise, or None for the bundle's own way.
        around: (latent,) a base that no recipe tells, instead of `seed`.
    """

    drum_class: str
    knobs: tuple[float, float, float] = (0.0, 0.0, 0.0)
    seed: int | None = None
    vary: tuple[tuple[float, int], ...] = ()
    texture: int | None = None
    around: np.ndarray | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Hello:
    """Asks what there is to play."""


@dataclass(frozen=True)
class Render:
    """Asks for a sound; a newer one for the same slot overtakes it."""

    id: int
    slot: str
    sound: Sound


@dataclass(frozen=True)
class Map:
    """Asks where the sounds of a class lie under the pad."""

    drum_class: str


@dataclass(frozen=True)
class Ping:
    id: int


@dataclass(frozen=True)
class Export:
    """A sound as a file: its crop in ms (None: up to its own end), Hz, bits, gain, and a safe name."""

    sound: Sound
    crop: tuple[float, float] | None
    rate: int
    bits: int
    gain: float
    name: str


def message(text: str | bytes) -> Hello | Render | Map | Ping:
    """The event in a WebSocket frame.

    Raises:
        Refused: it is none; with the id it carried.
    """
    data = loaded(text)
    id = data.get("id")
    id = id if is_whole(id) and abs(id) < 2**53 else None
    try:
        match data.get("type"):
            case "hello":
                return Hello()
            case "render":
                return Render(_id(id), _slot(data.get("slot")), sound(data.get("sound")))
            case "map":
                return Map(drum_class(data.get("class")))
            case "ping":
                return Ping(_id(id))
            case other:
                raise ValueError(f"type must be one of hello, render, map, ping; got {shown(other)}")
    except ValueError as error:
        raise Refused(str(error), id) from None


def loaded(text: str | bytes) -> dict[str, Any]:
    """The JSON object in a text.

    Raises:
        Refused: it is no object, or nested too deep.
    """
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise Refused(f"not JSON: {reason}") from None
    if not isinstance(data, dict):
        raise Refused(f"expected a JSON object; got {shown(data)}")
    return data


def sound(data: Any) -> Sound:
    """The sound that a JSON object describes.

    Raises:
        ValueError: one line that says what is wrong with it.
    """
    if not isinstance(data, dict):
        raise ValueError(f"sound must be an object; got {shown(data)}")
    unknown = sorted(set(data) - {"class", "knobs", "seed", "vary", "texture"})
    if unknown:
        raise ValueError(f"a sound has class, knobs, seed, vary, texture; got {shown(unknown[0])}")
    knobs, vary = data.get("knobs", [0, 0, 0]), data.get("vary", [])
    if not isinstance(knobs, list) or len(knobs) != 3:
        raise ValueError(f"knobs must be three numbers; got {shown(knobs)}")
    if not isinstance(vary, list) or len(vary) > VARIATIONS:
        raise ValueError(f"vary must be a list of at most {VARIATIONS} pairs; got {shown(vary)}")
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in vary):
        raise ValueError(f"vary must hold pairs [amount, seed]; got {shown(vary)}")
    name, seed, texture = drum_class(data.get("class")), data.get("seed"), data.get("texture")
    return Sound(
        name,
        tuple(knob(value) for value in knobs),
        None if seed is None else whole("seed", seed),
        tuple((amount(a), whole("seed", s)) for a, s in vary),
        None if texture is None else whole("texture", texture),
    )


def export(data: dict[str, Any], shared: dict[str, Any] | None = None) -> Export:
    """The file that a JSON object asks for; what it leaves open is in `shared`, then a default.

    Raises:
        ValueError: one line that says what is wrong with it.
    """
    if not isinstance(data, dict):
        raise ValueError(f"expected an object with a sound; got {shown(data)}")
    data = {"rate": 44100, "bits": 24, "gain": 1.0, "crop": None, "name": None, **(shared or {}), **data}
    asked = sound(data.get("sound"))
    crop, rate, bits, name = data["crop"], data["rate"], data["bits"], data["name"]
    if crop is not None:
        if not isinstance(crop, list) or len(crop) != 2:
            raise ValueError(f"crop must be [start, end] in ms; got {shown(crop)}")
        start, end = (number("crop", value, 0, MAX_MS) for value in crop)
        if start >= end:
            raise ValueError(f"crop must start before it ends; got {start:g} to {end:g} ms")
        crop = start, end
    for label, value, known in (("rate", rate, RATES), ("bits", bits, BITS)):
        if not is_whole(value) or value not in known:
            raise ValueError(f"{label} must be one of {', '.join(map(str, known))}; got {shown(value)}")
    if name is not None and not isinstance(name, str):
        raise ValueError(f"name must be text; got {shown(name)}")
    safe = re.sub(r"[^a-z0-9_-]+", "-", (name or "").lower()[:40]).strip("-") or asked.drum_class
    return Export(asked, crop, rate, bits, number("gain", data["gain"], 0, MAX_GAIN), safe)


def kit(data: dict[str, Any]) -> list[Export]:
    """The files of a kit, under names that differ.

    Raises:
        ValueError: one line that says what is wrong with it.
    """
    sounds = data.get("sounds")
    if not isinstance(sounds, list) or not 1 <= len(sounds) <= KIT:
        raise ValueError(f"a kit has 1 to {KIT} sounds; got {shown(sounds)}")
    shared = {key: data[key] for key in ("rate", "bits", "gain") if key in data}
    return [export(item, shared) for item in sounds]


def text(**fields: Any) -> str:
    """A JSON object; no NaN, nothing but ASCII."""
    return json.dumps(fields, allow_nan=False, separators=(",", ":"))


def sound_frame(id: int, slot: str, ms: float, at: np.ndarray, rate: int, wave: np.ndarray) -> bytes:
    """A binary frame: u32 length of the header, the header padded to 4 bytes, float32 samples; little-endian."""
    place = [round(float(knob), 3) for knob in at]
    header = text(type="sound", id=id, slot=slot, ms=round(ms, 3), at=place, rate=rate).encode()
    header += b" " * (-len(header) % 4)
    return struct.pack("<I", len(header)) + header + np.asarray(wave, "<f4").tobytes()


def _id(id: int | None) -> int:
    if id is None:
        raise ValueError("id must be a whole number")
    return id


def _slot(value: Any) -> str:
    if not isinstance(value, str) or len(value) > SLOT_LETTERS:
        raise ValueError(f"slot must be a text of at most {SLOT_LETTERS} letters; got {shown(value)}")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
