"""The sixteen pads of a kit, on the keys of the General MIDI drum map, and the sounds that a seed puts on them."""

import itertools
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from drumjax.data.labels import class_index
from drumjax.play import controls, sampling
from drumjax.sound.seeds import DRAWS, Numbers
from drumjax.synth import Synth

HATS = 1
"""The mute group of the hi-hats: a hit of one ends the sound of the other, as in General MIDI."""


@dataclass(frozen=True)
class Pad:
    """A place in a kit.

    Attributes:
        name: as in file names.
        key: MIDI note number.
        drum_class: of its sound.
        mute_group: pads of one group end each other's sounds; None: nothing ends them.
    """

    name: str
    key: int
    drum_class: str
    mute_group: int | None = None


PADS = (
    Pad("kick", 36, "kick"),
    Pad("snap", 37, "snap"),  # General MIDI has a side stick here, and no snap
    Pad("snare", 38, "snare"),
    Pad("clap", 39, "clap"),
    Pad("snare_2", 40, "snare"),
    Pad("closed_hat", 42, "closed_hat", HATS),
    Pad("low_tom", 45, "tom"),
    Pad("open_hat", 46, "open_hat", HATS),
    Pad("mid_tom", 47, "tom"),
    Pad("high_tom", 50, "tom"),
    Pad("tambourine", 54, "tambourine"),
    Pad("high_bongo", 60, "bongo"),
    Pad("low_bongo", 61, "bongo"),
    Pad("high_conga", 63, "conga"),
    Pad("low_conga", 64, "conga"),
    Pad("shaker", 82, "shaker"),
)

_LOW_TO_HIGH = {
    "tom": ("low_tom", "mid_tom", "high_tom"),
    "bongo": ("low_bongo", "high_bongo"),
    "conga": ("low_conga", "high_conga"),
}
LOWEST_HZ, HIGHEST_HZ = 40.0, 2000.0
_TRIES = 3
"""Draws for each pad, of which one is chosen."""
_SEEDS = 1000
"""Seeds of draws that one seed of a kit has."""


def draw_seeds(synth: Synth, seed: int) -> dict[str, int]:
    """The seed of `Synth.draw` for every pad, {name: seed}: kit `seed` has those from 1000 `seed` on."""
    classes = dict.fromkeys(pad.drum_class for pad in PADS)
    return {name: draw for drum_class in classes for name, draw in class_seeds(synth, seed, drum_class).items()}


def class_seeds(synth: Synth, seed: int, drum_class: str) -> dict[str, int]:
    """The part of `draw_seeds` for the pads of one class.

    Each pad has three draws that strict sampling accepts. The same one by fullness is chosen for all pads, so that a
    kit is full or dry as a whole: of the properties of a sound, fullness is the one that the drums of a real kit share
    most. Toms, bongos and congas are sorted by pitch before they are divided among their pads, and those chosen by
    their strongest partial as they are played.
    """
    place = int(_TRIES * Numbers(seed, DRAWS).uniform(1)[0])
    tuned = drum_class in _LOW_TO_HIGH
    names = _LOW_TO_HIGH.get(drum_class) or [pad.name for pad in PADS if pad.drum_class == drum_class]
    draws = strict_seeds(synth, drum_class, _TRIES * len(names), _SEEDS * seed)
    z = np.concatenate([synth.draw(drum_class, 1, draw) for draw in draws])
    found = controls.properties(synth.decode(z, drum_class), synth.config.audio)
    shares = np.split(np.argsort(found["pitch"], kind="stable") if tuned else np.arange(len(draws)), len(names))
    chosen = np.array([share[np.argsort(found["fullness"][share], kind="stable")[place]] for share in shares])
    if tuned:
        waves = synth.render(z[chosen], drum_class, 0 if synth.has_texture else None)
        chosen = chosen[np.argsort([strongest_hz(wave, synth.rate) for wave in waves], kind="stable")]
    return {name: draws[at] for name, at in zip(names, chosen, strict=True)}


def strict_seeds(synth: Synth, drum_class: str, n: int, first: int) -> list[int]:
    """The first `n` seeds from `first` on of which `Synth.draw` makes a sound that strict sampling accepts.

    So they are valid wherever seeds are. Where hardly any is accepted, the best of a few hundred follow; a bundle
    without codes has no strict sampling, and takes all.
    """
    if not synth.has_codes:
        return list(range(first, first + n))
    rounds = itertools.count(first, n)
    label = class_index(drum_class)

    def score(seeds: np.ndarray) -> np.ndarray:
        return synth.acceptance(np.concatenate([synth.draw(drum_class, 1, int(seed)) for seed in seeds]), label)

    return sampling.accepted(n, lambda: next(rounds) + np.arange(n), score).tolist()


def strongest_hz(wave: Float[np.ndarray, " samples"], rate: int) -> float:
    """The frequency of a sound's strongest partial between 40 and 2,000 Hz."""
    power = np.abs(np.fft.rfft(wave, 4 * len(wave))) ** 2
    hz = np.fft.rfftfreq(4 * len(wave), 1 / rate)
    within = (hz >= LOWEST_HZ) & (hz <= HIGHEST_HZ)
    return float(hz[within][np.argmax(power[within])])
