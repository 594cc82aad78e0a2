"""A pad of the page as the page saves it: its sound with crop, level, pan, pitch, decay and fade."""

import json
import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from drumjax.server import samplers
from drumjax.server.rendering import Rendering

EDGE_SECONDS = 0.003
"""Of the fades against clicks, at the end and where a crop begins."""
FULL = 1 - 2.0**-23
"""The largest sample of a file."""


@dataclass(frozen=True)
class SavedPad:
    """What the comment of a file that the page saved holds.

    Attributes:
        pad: the pad.
        bundle: id of the bundle that made its sound; None where the comment names none.
        version: of drumjax.
    """

    pad: samplers.Pad
    bundle: str | None
    version: str


def is_saved(comment: str) -> bool:
    """Whether a comment is that of a file that the page saved."""
    try:
        fields = json.loads(comment)
    except (ValueError, RecursionError):
        return False
    return isinstance(fields, dict) and "drumjax" in fields and "pad" in fields


def from_comment(comment: str) -> SavedPad:
    """The pad in such a comment.

    Raises:
        ValueError: it is damaged, or its sound is made from a sound file of the user's.
    """
    fields = json.loads(comment)
    pad = fields["pad"]
    if not isinstance(pad, dict):
        raise ValueError("its comment by drumjax is damaged (pad is no object)")
    names = ("sound", "crop", "pan", "pitch", "decay", "fade")
    item = {name: pad[name] for name in names if name in pad} | {"gain": pad.get("level", 1), "key": 0}
    try:
        found = samplers.kit({"format": "wav", "sounds": [item]}).pads[0]
    except ValueError as error:
        raise ValueError(f"its comment by drumjax is damaged ({error})") from None
    sound = found.export.sound
    if sound.own or (sound.other and sound.other.own):
        raise ValueError("its sound is made from a sound file of yours, which the page keeps: drop it on a pad there")
    bundle = fields.get("bundle")
    return SavedPad(found, None if bundle is None else str(bundle), str(fields["drumjax"]))


def as_saved(pad: samplers.Pad, rendering: Rendering) -> Float[np.ndarray, "samples ..."]:
    """The samples of the page's file at the rate of the rendering, mono or, with a pan, (samples, 2).

    They are those of the page within the 16 bits in which it gets sounds.

    Raises:
        ValueError: the crop contains no sound.
    """
    wave, rate, crop = rendering.wave, rendering.rate, pad.export.crop
    heard = np.flatnonzero(np.round(wave * (32767 / max(float(np.abs(wave).max()), 1e-9))))
    wave = wave[: heard[-1] + 1] if len(heard) else wave[:1]
    start, end = (0, len(wave)) if crop is None else (min(ms * rate / 1000, len(wave)) for ms in crop)
    if end <= start:
        raise ValueError("the crop contains no sound")
    # The browser plays faster or slower by linear interpolation, from between two samples; else from the nearest one.
    speed = 2 ** (pad.semitones / 12)
    length = (end - start) / speed
    at = np.arange(math.ceil(length - 1e-6))
    first = round(start) if speed == 1 else start
    played = np.interp(first + speed * at, np.arange(len(wave)), wave, right=0.0)
    left = length - at
    gain = pad.export.gain * np.clip(left / (EDGE_SECONDS * rate), 0, 1)
    if start:
        gain *= np.clip(at / (EDGE_SECONDS * rate), 0, 1)
    if pad.decay:
        gain *= samplers.DECAYED ** np.clip(1 - left / (pad.decay * length), 0, 1)
    if pad.fade_ms:
        gain *= np.clip(left / min(pad.fade_ms / 1000 * rate, length), 0, 1)
    made = played * gain
    if pad.pan:
        angle = (pad.pan + 1) * np.pi / 4
        made = made[:, None] * np.sqrt(2) * np.array([np.cos(angle), np.sin(angle)])
    return (made * (FULL / max(FULL, float(np.abs(made).max())))).astype(np.float32)
