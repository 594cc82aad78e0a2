"""A recipe to samples, by the one `Synth`."""

import dataclasses
import time
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from drumjax.config import CLASSES
from drumjax.data.labels import Class, to_class_mix
from drumjax.play import own
from drumjax.server.maps import Maps
from drumjax.server.own import OwnSounds
from drumjax.server.sound import Sound
from drumjax.synth import Synth


@dataclass(frozen=True)
class Rendering:
    """The result of a request.

    Attributes:
        sound: its recipe.
        z: its latents.
        at: its place among the sounds of its class: the nearest knob positions.
        wave: its samples, float32, of a file of the user's with its channels.
        rate: Hz of the wave.
        ms: duration of the rendering.
        arrived: time of the request, by time.perf_counter().
    """

    sound: Sound
    z: Float[np.ndarray, " latent"]
    at: Float[np.ndarray, " controls"]
    wave: Float[np.ndarray, "samples ..."]
    rate: int
    ms: float
    arrived: float


def render(synth: Synth, files: OwnSounds, maps: Maps, sound: Sound, arrived: float = 0.0) -> Rendering:
    """Renders a sound.

    Raises:
        ValueError: a file of the user's cannot be played, or there is no such dot.
    """
    began = time.perf_counter()
    z, file = _latents(synth, files, maps, sound)
    drum_class: Class = sound.drum_class
    if sound.other is None:
        wave, rate = _wave(synth, sound, z, drum_class, file)
    else:
        other_z, other_file = _latents(synth, files, maps, sound.other)
        between = (1 - sound.t) * z + sound.t * other_z
        mix = (1 - sound.t) * to_class_mix(drum_class) + sound.t * to_class_mix(sound.other.drum_class)
        drum_class = dict(zip(CLASSES, mix.tolist(), strict=True))
        if file is None and other_file is None:
            wave, rate = _wave(synth, sound, between, drum_class, None)
        else:
            first = _as_file(synth, sound, z, file)
            wave, rate = synth.morph(first, _as_file(synth, sound.other, other_z, other_file), sound.t), first.rate
        z = between
    at = synth.controls(z, drum_class)
    return Rendering(sound, z, at, wave, rate, 1000 * (time.perf_counter() - began), arrived)


def _latents(
    synth: Synth, files: OwnSounds, maps: Maps, sound: Sound
) -> tuple[Float[np.ndarray, " latent"], own.Sound | None]:
    """The latents of a sound, and the file that it is made from, where it is one of the user's."""
    file = None if sound.own is None else files.listened(sound.own, sound.drum_class)
    base = sound.around
    if base is None and file is not None:
        base = file.z
    elif base is None and sound.seed is not None:
        base = synth.draw(sound.drum_class, 1, sound.seed)[0]
    elif base is None and sound.dot is not None:
        base = maps.dot(sound.drum_class, sound.dot)
    z = synth.place(np.array(sound.knobs), sound.drum_class, base)
    for amount, seed in sound.vary:
        z = synth.variation(z, sound.drum_class, amount, seed)
    return z, file


def _wave(
    synth: Synth, sound: Sound, z: Float[np.ndarray, " latent"], drum_class: Class, file: own.Sound | None
) -> tuple[Float[np.ndarray, "samples ..."], int]:
    extra = {} if sound.texture is None else {"texture": sound.texture}
    if file is None:
        return synth.render(z, drum_class, **extra), synth.rate
    if sound.take is not None:
        return synth.takes(file, 1, sound.take, z)[0], file.rate
    return synth.edit(file, z, drum_class, **extra), file.rate


def _as_file(synth: Synth, sound: Sound, z: Float[np.ndarray, " latent"], file: own.Sound | None) -> own.Sound:
    """What a recipe makes, as if it were a file of the user's: one end of a morph."""
    wave, rate = _wave(synth, sound, z, sound.drum_class, file)
    if file is None:
        return own.Sound(wave, rate, sound.drum_class, 1.0, z, 0.0, 0, np.zeros(1, np.float32))
    return dataclasses.replace(file, wave=wave, z=z)
