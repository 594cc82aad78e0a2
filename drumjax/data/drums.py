"""The eleven built-in drums: each is a function of its parameter draw and the style of its kit.

All return float32 (samples,) at 44.1 kHz, with any level and any length up to about one second. The ranges were set
by comparison with 2,997 real drums: nearly every median of centroid, decay, flatness and band energy lies between
their 10th and 90th percentiles.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from drumjax.config import CLASSES
from drumjax.data.tones import RATE, Number, clock, mix, noise, ring, sine

VERSION = 1  # of the sounds; a store of another version is rebuilt
KIT_SIZE = 10  # sounds of one class in one kit

# Modes of an ideal membrane as ratios to the lowest: zeros of Bessel functions (Fletcher and Rossing, 18.1).
_MODES = (1.0, 1.594, 2.136, 2.296, 2.653, 2.918)


@dataclass(frozen=True)
class Style:
    """The properties that all drums of one kit share, whatever their class."""

    number: int  # number of the kit
    tune: float  # factor of all frequencies
    decay: float  # factor of all decay times
    tilt_db: float  # brightness, dB per octave around 1 kHz
    drive: float  # argument of tanh at the peak
    room: float  # energy of the reverberation, 0 in half of the kits
    room_seconds: float  # its T60


SPREAD = 0.35
"""Width of a parameter's range inside a kit, as a share of its whole range."""


class Draw:
    """The parameters of one sound: every parameter has a centre in the kit, and sounds of the kit stay near it.

    `own` is the generator of the sound alone, for noise and for parameters that the kit does not share.
    """

    def __init__(self, drum_class: str, seed: int):
        label = CLASSES.index(drum_class)
        self.own = generator(1, label, seed)
        self._kit = generator(2, label, seed // KIT_SIZE)

    def uniform(self, low: Number, high: Number) -> float:
        """A number from `low` to `high`, uniformly distributed."""
        place = self._kit.random() + SPREAD * (self.own.random() - 0.5)
        place = 1 - abs(1 - abs(place))  # reflected into [0, 1]
        return low + (high - low) * place

    def log(self, low: Number, high: Number) -> float:
        """A number from `low` to `high` whose logarithm is uniformly distributed."""
        return float(np.exp(self.uniform(np.log(low), np.log(high))))

    def chance(self, probability: Number) -> bool:
        """True with this probability, the same for all sounds of a kit."""
        return bool(self._kit.random() < probability)


def generator(*path: int) -> np.random.Generator:
    """The random generator at one place in the tree of seeds."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence((VERSION, *path))))


def style(seed: int) -> Style:
    """The style of the kit that contains `seed`."""
    rng = generator(3, seed // KIT_SIZE)
    return Style(
        number=seed // KIT_SIZE,
        tune=2 ** rng.uniform(-0.25, 0.25),
        decay=2 ** rng.uniform(-0.5, 0.5),
        tilt_db=rng.uniform(-1.0, 1.0),
        drive=np.exp(rng.uniform(np.log(0.1), np.log(2.0))),
        room=np.exp(rng.uniform(np.log(0.003), np.log(0.1))) * (rng.random() < 0.5),
        room_seconds=rng.uniform(0.15, 0.6),
    )


def burst(
    draw: Draw, level: Number, low: Number, high: Number, t60: Number, slope: int = 2, lines: int = 0
) -> Float[np.ndarray, " samples"]:
    """Band-passed noise (or metal, with `lines`) that decays by 60 dB in `t60` seconds."""
    return np.float32(level) * noise(draw.own, t60, low, high, slope, lines) * ring(t60, t60)


def kick(draw: Draw, kit: Style) -> Float[np.ndarray, " samples"]:
    hz = draw.log(42, 85) * kit.tune
    t60 = min(draw.log(0.2, 1.2) * kit.decay, 1.5)
    body = sine(t60, hz, draw.log(1.3, 5), draw.log(0.006, 0.05), draw.uniform(0, 0.2)) * ring(t60, t60)
    # A drum skin keeps its level for a moment before it decays.
    body = np.tanh(np.float32(draw.log(0.5, 3)) * body)
    shell = draw.log(0.02, 0.4) * sine(0.4 * t60, hz * draw.uniform(1.6, 2.4), 1.2) * ring(0.4 * t60, 0.4 * t60)
    beater = burst(draw, draw.log(0.02, 0.3), 300, draw.log(1500, 7000), draw.log(0.01, 0.08))
    air = burst(draw, draw.log(0.005, 0.1), 100, draw.log(1000, 6000), draw.log(0.1, 0.4), 1)
    return mix(body, shell, beater, air)


def snare(draw: Draw, kit: Style) -> Float[np.ndarray, " samples"]:
    hz = draw.log(140, 290) * kit.tune
    t60 = draw.log(0.15, 0.8) * kit.decay
    wires = draw.log(0.2, 1.0) * kit.decay
    bend = draw.log(1.02, 1.5)
    skin = sine(t60, hz, bend, 0.015) * ring(t60, t60)
    second = draw.log(0.15, 0.9) * sine(0.7 * t60, hz * draw.uniform(1.5, 1.9), bend, 0.015)
    second *= ring(0.7 * t60, 0.7 * t60)
    rattle = burst(draw, draw.log(0.25, 1.8), draw.log(200, 1600), draw.log(2000, 9000), wires, 1)
    stick = burst(draw, draw.log(0.05, 0.6), 600, 8000, draw.log(0.005, 0.04))
    return mix(skin, second, rattle, stick)


def clap(draw: Draw, kit: Style) -> Float[np.ndarray, " samples"]:
    centre = draw.log(800, 1600) * kit.tune**0.5
    t60 = draw.log(0.12, 0.55) * kit.decay
    count = int(draw.uniform(2, 5.99))
    gap = draw.log(0.006, 0.016)
    starts = np.arange(count) * gap * (1 + 0.3 * draw.own.uniform(-1, 1, count) * draw.chance(0.6))
    t = clock(starts[-1] + t60)
    each = draw.log(0.02, 0.06)  # T60 of a single clap
    envelope = np.zeros(len(t), np.float32)
    for start, level in zip(starts, draw.own.uniform(0.6, 1.0, count), strict=True):
        at = int(start * RATE)
        envelope[at:] = np.maximum(envelope[at:], level * ring(1.0, each)[: len(t) - at])
    at = int(starts[-1] * RATE)
    envelope[at:] += draw.log(0.15, 0.8) * ring(1.0, t60)[: len(t) - at]
    width = draw.log(1.2, 3.2)
    return noise(draw.own, t[-1] + 1 / RATE, centre / width, centre * width)[: len(t)] * envelope


def _hat(draw: Draw, kit: Style, t60: Number, hold: Number) -> Float[np.ndarray, " samples"]:
    """Metal and air, high-passed. `hold` shapes the decay: 1 is exponential, 2 rings and is then choked."""
    low = draw.log(2500, 8000) * kit.tune**0.5
    slope = 1 + draw.chance(0.5)
    envelope = np.exp(np.float32(-6.908) * (clock(t60) / t60).astype(np.float32) ** np.float32(hold))
    metal = noise(draw.own, t60, low, 11000, slope, lines=int(draw.log(60, 800)))
    air = noise(draw.own, t60, low, draw.log(7000, 14000), slope)
    stick = burst(draw, draw.log(0.05, 0.8), 1200, 12000, draw.log(0.004, 0.03))
    foot = draw.log(0.003, 0.2) * sine(0.06, draw.log(200, 600)) * ring(0.06, 0.06)
    wash = burst(draw, draw.log(0.06, 0.8), draw.log(60, 600), 5000, t60, 1)
    share = np.float32(draw.uniform(0, 1))
    return mix((share * metal + (1 - share) * air) * envelope, stick, foot, wash)


def closed_hat(draw: Draw, kit: Style) -> Float[np.ndarray, " samples"]:
    t60 = draw.log(0.12, 0.6) * kit.decay
    return _hat(draw, kit, t60, draw.uniform(0.6, 1.15))


def open_hat(draw: Draw, kit: Style) -> Float[np.ndarray, " samples"]:
    t60 = min(draw.log(0.45, 1.2) * kit.decay, 1.3)
    return _hat(draw, kit, t60, draw.uniform(1.0, 2.2))


def tambourine(draw: Draw, kit: Style) -> Float[np.ndarray, " samples"]:
    """Jingles: small plates with a few partials each that strike one after another."""
    t60 = draw.log(0.1, 0.45) * kit.decay
    centre = draw.log(5500, 10500) * kit.tune**0.3
    count = int(draw.uniform(2, 6.99))
    starts = np.sort(draw.own.exponential(draw.log(0.004, 0.015), count))
    starts = np.minimum(starts - starts[0], 0.2)
    plates = noise(draw.own, t60, centre / 1.25, centre * 1.25, 3, int(draw.log(20, 200)))
    wave = np.zeros(len(clock(starts[-1] + t60)), np.float32)
    for start in starts:
        # The partials complete whole periods, so a rotation gives another strike without a click.
        strike = np.roll(plates, draw.own.integers(len(plates))) * ring(t60, t60)
        at = round(start * RATE)
        wave[at : at + len(strike)] += np.float32(draw.own.uniform(0.3, 1.0)) * strike[: len(wave) - at]
    rise = len(clock(draw.log(0.004, 0.03)))
    wave[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    shake = burst(draw, draw.log(0.2, 1.0), centre * 0.8, 16000, draw.uniform(0.3, 0.7) * t60, 3)
    wash = burst(draw, draw.log(0.05, 0.4), 3000, 14000, t60, 2)
    return mix(wave, shake, wash)


def _membrane(draw: Draw, hz: Number, t60: Number, bend: Number, overtones: Number) -> Float[np.ndarray, " samples"]:
    """A struck membrane: six modes, the higher the weaker and shorter."""
    bend_seconds, phase, damping = draw.log(0.01, 0.08), draw.uniform(0, 0.03), draw.uniform(0.1, 0.9)
    modes = []
    for order, ratio in enumerate(_MODES):
        ratio *= np.exp(draw.own.normal(0, 0.02))
        level = overtones**order * draw.own.uniform(0.4, 1.0) if order else 1.0
        own = t60 * ratio**-damping
        modes.append(np.float32(level) * sine(own, hz * ratio, bend, bend_seconds, phase) * ring(own, own))
    return mix(*modes)


def conga(draw: Draw, kit: Style) -> Float[np.ndarray, " samples"]:
    hz = draw.log(125, 330) * kit.tune**0.7
    t60 = draw.log(0.27, 1.1) * kit.decay
    skin = _membrane(draw, hz, t60, draw.log(1.0, 1.05), draw.log(0.08, 0.7))
    palm = burst(draw, draw.log(0.03, 0.6), 300, draw.log(900, 3500), draw.log(0.01, 0.05))
    air = burst(draw, draw.log(0.005, 0.12), 200, draw.log(1000, 4000), 0.6 * t60, 1)
    return mix(skin, palm, air)


def bongo(draw: Draw, kit: Style) -> Float[np.ndarray, " samples"]:
    hz = draw.log(190, 480) * kit.tune**0.5
    t60 = draw.log(0.25, 0.6) * kit.decay
    skin = _membrane(draw, hz, t60, draw.log(1.0, 1.03), draw.log(0.3, 0.85))
    finger = burst(draw, draw.log(0.05, 0.4), 500, draw.log(1200, 4000), draw.log(0.01, 0.05))
    edge = burst(draw, draw.log(0.03, 0.4), 500, draw.log(1500, 5000), 0.6 * t60, 1, lines=30)
    air = burst(draw, draw.log(0.01, 0.15), 200, draw.log(1500, 4500), 0.7 * t60, 1)
    return mix(skin, finger, edge, air)


def tom(draw: Draw, kit: Style) -> Float[np.ndarray, " samples"]:
    hz = draw.log(95, 230) * kit.tune**0.7
    t60 = min(draw.log(0.35, 1.7) * kit.decay, 1.8)
    skin = _membrane(draw, hz, t60, draw.log(1.05, 1.6), draw.log(0.5, 1.0))
    shell = burst(draw, draw.log(0.1, 0.9), 150, draw.log(700, 3500), 0.4 * t60, 1)
    air = burst(draw, draw.log(0.005, 0.1), 150, draw.log(700, 3500), 0.9 * t60, 1)
    stick = burst(draw, draw.log(0.2, 1.0), 300, draw.log(1500, 5000), draw.log(0.03, 0.12))
    return mix(skin, shell, air, stick)


def shaker(draw: Draw, kit: Style) -> Float[np.ndarray, " samples"]:
    """Grains that hit the wall throughout a stroke, whose envelope swells and decays."""
    rise = draw.log(0.018, 0.09)
    t60 = draw.log(0.06, 0.3) * kit.decay
    seconds = rise + t60
    t = clock(seconds).astype(np.float32)
    stroke = np.minimum(t / np.float32(rise), 1) ** np.float32(draw.uniform(1.5, 4))
    stroke *= np.exp(np.maximum(t - np.float32(rise), 0) * np.float32(-6.908 / t60))
    rough = np.float32(draw.log(0.3, 2.0))  # few grains sound rough, many smooth
    grains = noise(draw.own, seconds, 20, draw.log(100, 600), 1)
    low = draw.log(4000, 11000) * kit.tune**0.5
    hiss = noise(draw.own, seconds, low, low * draw.log(1.2, 3.0), 3)
    floor = np.float32(draw.log(0.003, 0.05)) * noise(draw.own, seconds, 500, 16000, 1)
    return (hiss + floor) * stroke * (1 + rough * grains) ** 2


def snap(draw: Draw, kit: Style) -> Float[np.ndarray, " samples"]:
    """A finger snap: a slide, one short hollow burst, and much room."""
    centre = draw.log(1500, 3500) * kit.tune**0.5
    width = draw.log(1.1, 2.5)
    hit = draw.log(0.01, 0.05)
    pop = burst(draw, 1.0, centre / width, centre * width, hit)
    hollow = draw.log(0.2, 1.5) * sine(hit, centre * draw.uniform(0.9, 1.1), 1.1) * ring(hit, hit)
    t60 = draw.log(0.25, 1.4) * kit.decay
    air = burst(draw, draw.log(0.06, 0.5), 150, draw.log(4000, 12000), t60, 1)
    crack = burst(draw, draw.log(0.3, 1.5), 1000, 14000, 0.006, 1)
    slide = np.float32(draw.log(0.01, 0.1)) * noise(draw.own, draw.log(0.004, 0.02), 2000, 9000)
    return np.concatenate([slide * np.linspace(0, 1, len(slide), dtype=np.float32), mix(pop, hollow, crack, air)])


_MAKERS = (kick, clap, snare, open_hat, closed_hat, tambourine, conga, bongo, shaker, snap, tom)
MAKERS: dict[str, Callable[[Draw, Style], np.ndarray]] = {make.__name__: make for make in _MAKERS}
