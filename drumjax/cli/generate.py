"""drumjax generate: a class and three knobs, or a seed, in; sound files out, each with its recipe in its comment."""

import argparse
import functools
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from drumjax import checkpoint, process
from drumjax.cli import names, page_sounds, players, requests
from drumjax.commands import Parser, command, positive, whole
from drumjax.config import CLASSES, KNOB_RANGES
from drumjax.data.labels import class_of_file
from drumjax.files import shown
from drumjax.kits.recipe import bundle_id, bundles_here, to_comment
from drumjax.sound import audio

EXAMPLES = (
    ("drumjax generate --class kick --z 0.1 -0.3 0.5", "a kick, with its three knobs set"),
    ("drumjax generate --class all --z 0 0 0", "a kit: drums/kick.wav, drums/clap.wav, ..."),
    ("drumjax generate --class snare --n 8 --seed 3", "eight new snares"),
    ("drumjax generate --class kick:0.7,snare:0.3 --n 4", "four sounds between two classes"),
    ("drumjax generate --base mine.wav --z 1 0 0", "knobs turned on a sound of yours"),
    ("drumjax generate --base mine.wav --takes 8", "eight other takes of it"),
    ("drumjax generate --base mine.wav --layers 4", "softer strokes of it, the last layer is itself"),
    ("drumjax generate --base mine.wav --morph other.wav --n 5", "five sounds between two of yours"),
    ("drumjax generate --class clap --seed 2 --out clap.flac --play", "a new clap, as FLAC, played"),
    ("drumjax generate --again snare_seed3_05.wav", "the same file again"),
)


def _negative_numbers_as_values(arguments: list[str]) -> list[str]:
    """Negative numbers that argparse takes for options (-1e-3, -inf), marked as values by a leading space."""

    def number(text: str) -> bool:
        try:
            float(text)
        except ValueError:
            return False
        return True

    return [f" {a}" if a.startswith("-") and number(a) else a for a in arguments]


def _finite(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a finite number; got {text.strip()!r}")
    return value


def _seed_or_off(text: str) -> int | None:
    if text == "off":
        return None
    if not text.strip().isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number, 0 or more, or off; got {text.strip()!r}")
    return int(text)


def _parser() -> Parser:
    parser = Parser("drumjax generate", EXAMPLES, description="Three knobs and a drum class in, a sound file out.")
    classes = f"one or several of {', '.join(CLASSES)}, or all; kick:0.7,snare:0.3 is a mix of classes"
    parser.add_argument("--class", dest="classes", nargs="+", metavar="CLASS", help=classes)
    three = "the three knobs, in standard deviations around the class's centre"
    parser.add_argument("--z", nargs=3, type=_finite, metavar=("P1", "P2", "P3"), help=three)
    parser.add_argument("--n", type=positive, help="how many new sounds of each class, or between two sounds (1)")
    parser.add_argument("--seed", type=whole, help="seed of the new sounds, or takes (0)")
    reach = "how far a knob goes: a limit for --z (10), or, with --n, knobs drawn within it"
    parser.add_argument("--range", type=float, choices=KNOB_RANGES, dest="reach", help=reach)
    base = "what the knobs of --z move around: a sound of yours, or the seed of a new one (the centre of the class)"
    parser.add_argument("--base", metavar="FILE|SEED", help=base)
    takes = "so many other takes of the sound in --base, by --seed"
    parser.add_argument("--takes", type=positive, metavar="N", help=takes)
    layers = "so many velocity layers of the sound in --base, from soft to loud; the last is the sound itself"
    parser.add_argument("--layers", type=positive, metavar="N", help=layers)
    parser.add_argument("--morph", metavar="FILE", help="--n sounds between that in --base and this one")
    texture = "seed of the noise in a sound, another take for another number, or off (0)"
    parser.add_argument("--texture", type=_seed_or_off, default=0, metavar="SEED|off", help=texture)
    parser.add_argument("--prior", action="store_true", help="new sounds from the paper's prior N(0, I)")
    parser.add_argument("--strict", action="store_true", help="only new sounds that clearly belong to their class")
    knobs = "each class's own knobs, or the paper's, of all classes together (the bundle's own kind)"
    parser.add_argument("--controls", choices=("class", "global"), help=knobs)
    parser.add_argument("--bundle", type=Path, metavar="FOLDER", help="a trained bundle (the shipped one)")
    again = "make the sound in FILE again, byte for byte, from the recipe in its comment"
    parser.add_argument("--again", type=Path, metavar="FILE", help=again)
    files = parser.add_argument_group("files")
    out = "a .wav or .flac file, or a folder: NEW/ with / at its end, any name for several sounds (drums)"
    files.add_argument("--out", metavar="PATH", help=out)
    files.add_argument("--force", action="store_true", help="overwrite; without it a taken name gets a number")
    files.add_argument(
        "--rate", type=int, choices=audio.WRITTEN_RATES, help="Hz of the file (the bundle's or --base FILE's)"
    )
    files.add_argument("--bits", type=int, choices=audio.WRITTEN_BITS, help="of a sample (16, or those of --base FILE)")
    files.add_argument("--full-length", action="store_true", help="keep the silence up to one second")
    files.add_argument("--plot", action="store_true", help="also a PNG of each waveform and mel")
    files.add_argument("--play", action="store_true", help=f"play each sound with {', '.join(players.PLAYERS)}")
    return parser


@command("generate")
def generate(arguments: list[str]) -> None:
    """Writes the sounds asked for and prints their paths."""
    parser = _parser()
    options = parser.parse_args(_negative_numbers_as_values(arguments))
    if options.again and (comment := page_sounds.comment_of(options.again)):
        requests.check_again(options, parser.get_default)
        page_sounds.make_again(options, comment, _plot)
        return
    recipes, maker = requests.requested(options, parser.get_default, functools.partial(_class_of, options.bundle))
    folder, name = names.destination(options.out, 1 if maker else sum(recipe.n for recipe in recipes))
    suffix = Path(name).suffix.lower() if name else ".flac" if recipes[0].flac else ".wav"
    if options.play:
        players.command(suffix)  # a missing player is an error before anything is made

    from drumjax.cli import rendering
    from drumjax.synth import Synth

    process.setup_player()
    if maker:
        options.bundle = options.bundle or bundles_here().get(maker.bundle)
    synth = Synth.load(options.bundle, recipes[0].controls)
    bundle = bundle_id(options.bundle or checkpoint.shipped())
    if maker:
        requests.check_maker(options, maker, bundle)
        sounds = rendering.again(synth, recipes[0], options.base, options.morph)
    else:
        rate = options.rate or synth.rate
        sounds = rendering.sounds(synth, [recipe if recipe.own else replace(recipe, rate=rate) for recipe in recipes])
    made: set[Path] = set()
    for recipe, wave in sounds:
        recipe = replace(recipe, flac=suffix == ".flac")
        path = folder / (name or f"{names.name_of(recipe)}{suffix}")
        written, comment = rendering.finished(synth, recipe, wave), to_comment(recipe, bundle)
        with names.claimed(path, made, options.force, (".png",) if options.plot else ()) as free:
            audio.write_with_comment(free, written, recipe.rate, recipe.bits, comment)
        print(shown(free), flush=True)
        if options.plot:
            _plot(synth, rendering.for_picture(synth, recipe, wave), free.with_suffix(".png"))
        if options.play:
            players.play(free)


def _class_of(bundle: Path | None, path: str) -> str:
    """The class of a sound file: what its name says, else a guess by its sound, which is told."""
    from drumjax.synth import Synth

    if named := class_of_file(path):
        return named
    process.setup_player()
    sound = Synth.load(bundle).listen(path)
    print(
        f"{shown(path)} sounds like {sound.drum_class} ({sound.certainty:.0%} certain); --class names another class",
        file=sys.stderr,
    )
    return str(sound.drum_class)


def _plot(synth: Any, wave: Float[np.ndarray, " samples"], path: Path) -> None:
    from drumjax.sound import pictures

    pictures.save(pictures.wave_and_mel(wave, synth.mel(wave), path.stem, synth.config.audio), path)
    print(shown(path))
