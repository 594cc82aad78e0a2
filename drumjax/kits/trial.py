"""Measures what strict sampling refuses, and the kits of the first seeds.

    python -m drumjax.kits.trial [--bundle DIR] [--draws 200] [--kits 30]

Prints the figures of docs/kits.md and of docs/server.md: for each class the share of draws that strict sampling
refuses; how far the drums of a kit share their properties; the intervals between its tuned drums; and how far its pads
differ in loudness beyond their classes, before and after their levels are balanced.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from drumjax import process
from drumjax.commands import Parser, command, positive
from drumjax.config import CLASSES
from drumjax.data.labels import class_index
from drumjax.kits import levels
from drumjax.kits.pads import PADS, draw_seeds, strongest_hz
from drumjax.play import controls
from drumjax.progress import bar
from drumjax.synth import Synth

INTERVALS = ("low_tom", "mid_tom"), ("mid_tom", "high_tom"), ("low_bongo", "high_bongo"), ("low_conga", "high_conga")
AT_ONCE = 100
"""Draws that are decoded at once."""


def refused(synth: Synth, drum_class: str, n: int) -> float:
    """The share of `n` draws of a class that strict sampling refuses."""
    z, label = synth.draw(drum_class, n, 0), class_index(drum_class)
    parts = [synth.acceptance(z[at : at + AT_ONCE], label) for at in range(0, n, AT_ONCE)]
    return float(np.mean(np.concatenate(parts) < 1))


@dataclass(frozen=True)
class Measured:
    """What is measured of one kit.

    Attributes:
        properties: of the first pad of every class.
        semitones: of INTERVALS, between the strongest partials.
        spread_db: standard deviation over the pads of what their loudness at equal peaks has beyond their classes'.
        balanced_db: the same at their levels in the kit.
    """

    properties: dict[str, Float[np.ndarray, " classes"]]
    semitones: Float[np.ndarray, " intervals"]
    spread_db: float
    balanced_db: float


def measure_kit(synth: Synth, seed: int) -> Measured:
    """Measures the kit of a seed as it is played first: its first takes."""
    seeds = draw_seeds(synth, seed)
    names, classes = [pad.name for pad in PADS], [pad.drum_class for pad in PADS]
    z = np.concatenate([synth.draw(pad.drum_class, 1, seeds[pad.name]) for pad in PADS])
    waves = synth.render(z, classes)
    first = [classes.index(name) for name in CLASSES]
    found = controls.properties(synth.decode(z[first], list(CLASSES)), synth.config.audio)
    hz = {name: strongest_hz(wave, synth.rate) for name, wave in zip(names, waves, strict=True)}
    peaks = np.maximum(np.abs(waves).max(axis=1), 1e-9)
    usual = np.array([levels.USUAL_DB[name] for name in classes])
    beyond = np.array([levels.loudness_db(wave, synth.rate) for wave in waves / peaks[:, None]]) - usual
    # Levels are for the waves as they are; here each has a peak of 1.
    balanced = beyond + 20 * np.log10(levels.balanced(classes, list(waves), synth.rate))
    return Measured(
        found,
        np.array([12 * np.log2(hz[high] / hz[low]) for low, high in INTERVALS]),
        float(np.std(beyond)),
        float(np.std(balanced)),
    )


def shared(values: Float[np.ndarray, "kits classes"]) -> float:
    """How far the classes of a kit share a property: the mean over pairs of classes of Spearman's correlation."""
    from scipy.stats import spearmanr

    correlations = spearmanr(values).statistic
    return float(np.mean(correlations[np.triu_indices(values.shape[1], 1)]))


def _print_kits(found: list[Measured]) -> None:
    print(f"| {len(found)} kits | |\n|---|---:|")
    for name in found[0].properties:
        correlation = shared(np.stack([kit.properties[name] for kit in found]))
        print(f"| {name}, correlation between classes | {correlation:.2f} |")
    medians = np.median([kit.semitones for kit in found], axis=0)
    for (low, high), semitones in zip(INTERVALS, medians, strict=True):
        print(f"| {low} to {high}, semitones, median | {semitones:.1f} |")
    spreads = {"at equal peaks": [kit.spread_db for kit in found], "balanced": [kit.balanced_db for kit in found]}
    for when, spread in spreads.items():
        print(f"| loudness beyond the classes, {when}, dB | {np.sqrt(np.mean(np.square(spread))):.1f} |")


def _kits(text: str) -> int:
    value = positive(text)
    if value < 3:
        raise argparse.ArgumentTypeError(f"a correlation needs 3 kits or more; got {value}")
    return value


@command("trial")
def main(arguments: list[str]) -> None:
    """Prints the tables."""
    parser = Parser(prog="python -m drumjax.kits.trial", description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, help="folder of a trained bundle (the shipped one)")
    parser.add_argument("--draws", type=positive, default=200, help="draws of each class (200)")
    parser.add_argument("--kits", type=_kits, default=30, help="kits, of the seeds from 0 on (30)")
    options = parser.parse_args(arguments)
    process.setup_player()
    synth = Synth.load(options.bundle)
    if not synth.has_codes:
        raise ValueError("this bundle has no codes of training sounds, which strict sampling needs")
    print(f"| refused of {options.draws} draws | |\n|---|---:|")
    for name in CLASSES:
        print(f"| {name} | {refused(synth, name, options.draws):.0%} |", flush=True)
    print()
    _print_kits([measure_kit(synth, seed) for seed in bar(range(options.kits), "kits", unit="kit")])


if __name__ == "__main__":
    sys.exit(main())
