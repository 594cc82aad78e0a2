"""The recipe of one sound, as clients describe it, and its form in JSON."""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from drumjax.server.checks import amount, class_or_mix, excerpt, integer, knob, number

VARIATIONS = 8
SENT = "sha256:"
"""What the name of a file that a page sent begins with, instead of a path; its key follows."""
KEY_DIGITS = 16
"""Hex digits of a key: the first ones of the SHA-256 of a file's bytes."""

_ALONE = ("class", "knobs", "seed", "dot", "vary", "texture", "own", "take")
_FIELDS = (*_ALONE, "other", "t")


@dataclass(frozen=True)
class Sound:
    """The recipe of one sound; the same recipe gives the same samples.

    Attributes:
        drum_class: one of CLASSES, or a mix of them as `kick:0.7,snare:0.3`.
        knobs: standard deviations around the base, each within -REACH..REACH of `checks`.
        seed: seed of the drawn sound that is the base; None: the centre of the class.
        dot: number of a dot of the class's map whose sound is the base; a file and a seed come before it.
        vary: successive variations, (amount 0..1, seed).
        texture: seed of the noise; None: the default of the bundle.
        around: latents of the base, instead of `seed`, for a base that has no recipe.
        own: a sound file of the user's that is the base, and is edited: its path, or SENT and the key of one that a
            page sent.
        take: seed of another take of that file; None: the file itself, moved by knobs and variations.
        other: a second sound, which has no `other`.
        t: how far the sound is morphed to `other`, 0..1.
    """

    drum_class: str
    knobs: tuple[float, float, float] = (0.0, 0.0, 0.0)
    seed: int | None = None
    vary: tuple[tuple[float, int], ...] = ()
    texture: int | None = None
    around: Float[np.ndarray, " latent"] | None = field(default=None, repr=False, compare=False)
    dot: int | None = None
    own: str | None = None
    take: int | None = None
    other: "Sound | None" = None
    t: float = 0.0


def place(sound: Sound, id: int) -> tuple[str, int, int | None]:
    """The place in which a request waits: its class, or the classes of its mix, its id, and which take it is."""
    return re.sub(r":[^,]*", "", sound.drum_class), id, sound.take


def from_json(data: Any, fields: tuple[str, ...] = _FIELDS) -> Sound:
    """The sound that a JSON object describes.

    Raises:
        ValueError: one line about the first invalid field.
    """
    if not isinstance(data, dict):
        raise ValueError(f"sound must be an object; got {excerpt(data)}")
    unknown = sorted(set(data) - set(fields))
    if unknown:
        raise ValueError(f"a sound has {', '.join(fields)}; got {excerpt(unknown[0])}")
    knobs, vary = data.get("knobs", [0, 0, 0]), data.get("vary", [])
    if not isinstance(knobs, list) or len(knobs) != 3:
        raise ValueError(f"knobs must be three numbers; got {excerpt(knobs)}")
    if not isinstance(vary, list) or len(vary) > VARIATIONS:
        raise ValueError(f"vary must be a list of at most {VARIATIONS} pairs; got {excerpt(vary)}")
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in vary):
        raise ValueError(f"vary must hold pairs [amount, seed]; got {excerpt(vary)}")
    name, own, other = class_or_mix(data.get("class")), data.get("own"), data.get("other")
    return Sound(
        name,
        (knob(knobs[0]), knob(knobs[1]), knob(knobs[2])),
        _seed("seed", data),
        tuple((amount(a), integer("seed", s)) for a, s in vary),
        _seed("texture", data),
        dot=_seed("dot", data),
        own=None if own is None else SENT + key(own),
        take=_seed("take", data),
        other=None if other is None else from_json(other, _ALONE),
        t=number("t", data.get("t", 0), 0.0, 1.0),
    )


def to_json(sound: Sound) -> dict[str, Any]:
    """The JSON object of a sound: what `from_json` reads, without what is left at its default.

    Raises:
        ValueError: it has a base that JSON cannot name: latents, or a file by its path.
    """
    if sound.around is not None or (sound.own is not None and not sound.own.startswith(SENT)):
        raise ValueError("only a sound without latents and paths can be written as JSON")
    data: dict[str, Any] = {"class": sound.drum_class}
    if any(sound.knobs):
        data["knobs"] = list(sound.knobs)
    if sound.vary:
        data["vary"] = [list(pair) for pair in sound.vary]
    if sound.own is not None:
        data["own"] = sound.own.removeprefix(SENT)
    if sound.other is not None:
        data |= {"other": to_json(sound.other), "t": sound.t}
    seeds = {"seed": sound.seed, "dot": sound.dot, "texture": sound.texture, "take": sound.take}
    return data | {name: seed for name, seed in seeds.items() if seed is not None}


def key(value: Any) -> str:
    """The key of a file that a page sent.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, str) or not re.fullmatch(f"[0-9a-f]{{{KEY_DIGITS}}}", value):
        raise ValueError(f"own must be the key that /listen returned; got {excerpt(value)}")
    return value


def _seed(name: str, data: dict[str, Any]) -> int | None:
    value = data.get(name)
    return None if value is None else integer(name, value)
