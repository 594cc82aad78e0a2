"""The pads of a page as a kit for a sampler, in a zip: the formats of `drumjax kit`."""

import io
import zipfile
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from drumjax import __version__
from drumjax.kits import formats
from drumjax.kits.pads import HATS
from drumjax.server import exports, protocol, recipes
from drumjax.server.checks import excerpt, integer, number
from drumjax.server.rendering import Rendering
from drumjax.server.sound import Sound
from drumjax.sound import audio

TAKES = 3
"""Round robins of a pad, where the request names no number."""
MOST_TAKES = 8
SEMITONES, FADE_MS = 12.0, 500.0
"""Largest pitch, up or down, and longest fade of a pad."""
DECAYED = 1e-3
"""Of the amplitude, -60 dB: what a decay falls to."""
_LICENCE = "The sounds of drumjax's own bundle are yours: free to use, in music, sample packs and anything else."
_OWN = " Those made from sound files of yours are as free as the files."


@dataclass(frozen=True)
class Pad:
    """One pad.

    Attributes:
        export: its sound; the gain is the pad's level.
        key: MIDI note number.
        pan: from left, -1, to right, 1.
        semitones: its pitch.
        decay: the share of the sound, at its end, over which it falls by 60 dB.
        fade_ms: of the fade-out at its end, as it is played.
    """

    export: protocol.Export
    key: int
    pan: float
    semitones: float
    decay: float
    fade_ms: float

    def sounds(self, takes: int, texture: bool) -> list[Sound]:
        """The sound and other takes of it, to be played in turn; `texture`: whether new sounds have takes at all."""
        sound = self.export.sound
        if sound.own is not None:
            return [sound] + [replace(sound, take=(sound.take or 0) + number) for number in range(1, takes)]
        if not texture:
            return [sound]
        return [sound] + [replace(sound, texture=(sound.texture or 0) + number) for number in range(1, takes)]


@dataclass(frozen=True)
class Kit:
    """A request for a kit.

    Attributes:
        form: one of `formats.FORMATS`.
        name: of the kit.
        takes: round robins of each pad.
        pads: with different keys.
    """

    form: str
    name: str
    takes: int
    pads: tuple[Pad, ...]


def kit(data: dict[str, Any]) -> Kit:
    """The kit that a JSON object requests.

    Raises:
        ValueError: one line about the first invalid field.
    """
    form, found = data.get("format"), protocol.kit(data)
    if form not in formats.FORMATS:
        raise ValueError(f"format must be one of {', '.join(formats.FORMATS)}; got {excerpt(form)}")
    pads = []
    for export, item in zip(found, data["sounds"], strict=True):
        given = {name: item.get(name, 0) for name in ("pan", "pitch", "decay", "fade")}
        pads.append(
            Pad(
                export,
                integer("key", item.get("key"), 0, 127),
                number("pan", given["pan"], -1.0, 1.0),
                number("pitch", given["pitch"], -SEMITONES, SEMITONES),
                number("decay", given["decay"], 0.0, 1.0),
                number("fade", given["fade"], 0.0, FADE_MS),
            )
        )
    if len({pad.key for pad in pads}) < len(pads):
        raise ValueError("each sound of a kit needs a key of its own")
    name = protocol.file_name(str(data.get("name") or "")) or "drumjax-kit"
    return Kit(form, name, integer("takes", data.get("takes", TAKES), 1, MOST_TAKES), tuple(pads))


def archive(requested: Kit, renderings: list[list[Rendering]], bundle: str) -> bytes:
    """A zip of the kit's folder.

    Args:
        requested: the kit.
        renderings: of every pad, its takes.
        bundle: the id of the bundle that made them, for the recipes in the WAVs.

    Raises:
        ValueError: a crop contains no sample.
    """
    wavs: dict[str, bytes] = {}
    instruments = []
    for pad, takes in zip(requested.pads, renderings, strict=True):
        names = []
        for take, rendering in enumerate(takes, 1):
            names.append(f"{pad.key}_{pad.export.name}{f'_rr{take}' if len(takes) > 1 else ''}.wav")
            wavs[names[-1]] = _wav(pad, rendering, bundle)
        hat = rendering.sound.drum_class in ("closed_hat", "open_hat")
        level = pad.export.gain
        instruments.append(
            formats.Instrument(
                pad.export.name, pad.key, tuple(names), HATS if hat else None, level, pad.pan, pad.semitones
            )
        )
    licence = _LICENCE + (_OWN if any(pad.export.sound.own for pad in requested.pads) else "")
    origin = f"A drum kit from the page of drumjax {__version__}, a neural drum machine."
    described = formats.Kit(requested.name, origin, licence, tuple(instruments))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, file in formats.folder(described, requested.form, wavs).items():
            zipped.writestr(f"{requested.name}/{name}", file)
    return content.getvalue()


def _wav(pad: Pad, rendering: Rendering, bundle: str) -> bytes:
    export = replace(pad.export, gain=1.0, sound=rendering.sound)
    wave, rate = exports.wave_of(export, rendering)
    return audio.bytes_with_comment(shaped(wave, rate, pad), rate, export.bits, recipes.comment(export, bundle))


def shaped(wave: Float[np.ndarray, "samples ..."], rate: int, pad: Pad) -> Float[np.ndarray, "samples ..."]:
    """The wave with the decay and the fade of a pad, as its page plays them. Its pitch is not applied, but counts."""
    left = np.arange(len(wave), 0, -1, dtype=np.float32)  # samples to the end
    gain = np.ones(len(wave), np.float32)
    if pad.decay:
        gain *= DECAYED ** np.clip(1 - left / (pad.decay * len(wave)), 0, 1)
    if pad.fade_ms:
        gain *= np.clip(left / (pad.fade_ms / 1000 * rate * 2 ** (pad.semitones / 12)), 0, 1)
    return (wave * gain.reshape(-1, *[1] * (wave.ndim - 1))).astype(np.float32)
