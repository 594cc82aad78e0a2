"""drumjax kit: a seed in; a folder with a drum kit for a sampler out, each WAV with its recipe in its comment."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from drumjax import __version__, checkpoint, files, process
from drumjax.commands import Parser, command, positive, whole
from drumjax.kits.formats import FORMATS, MOST_TAKES, Instrument, Kit, folder
from drumjax.kits.recipe import Recipe, bundle_id, bundles_here, to_comment
from drumjax.sound import audio

if TYPE_CHECKING:
    from drumjax.kits.pads import Pad
    from drumjax.synth import Synth

EXAMPLES = (
    ("drumjax kit --seed 7 --out mykit", "mykit/mykit.sfz, and its sounds in mykit/samples"),
    ("drumjax kit --seed 7 --format decent", "the same sounds for Decent Sampler, in kit_seed7"),
    ("drumjax kit --format hydrogen --round-robins 4", "kit_seed0/kit_seed0.h2drumkit, four takes of each drum"),
    ("drumjax kit --format wav --round-robins 1", "sixteen WAVs, one of each drum"),
    ("drumjax generate --again mykit/samples/36_kick_rr1.wav", "one of its sounds again, anywhere"),
)

_ROUND_ROBINS = 3
_FREE = "The sounds are yours: free to use, in music, sample packs and anything else."
_OWN_BUNDLE = "The sounds come from a bundle that is not drumjax's own: its maker says what may be done with them."


def _parser() -> Parser:
    parser = Parser("drumjax kit", EXAMPLES, description="A seed in, a drum kit of sixteen new sounds out.")
    parser.add_argument("--seed", type=whole, default=0, help="of the kit: the same seed is the same kit (0)")
    forms = "sfz (most samplers), decent (Decent Sampler), hydrogen, or wav, the sounds alone (sfz)"
    parser.add_argument("--format", choices=FORMATS, default=FORMATS[0], help=forms)
    parser.add_argument("--out", metavar="DIR", help="the kit's folder, which also names the kit (kit_seedN)")
    takes = f"takes of each drum, played in turn, 1 to {MOST_TAKES} ({_ROUND_ROBINS})"
    parser.add_argument("--round-robins", type=positive, metavar="N", help=takes)
    parser.add_argument("--force", action="store_true", help="write into a folder that is there, over equal names")
    parser.add_argument("--rate", type=int, choices=audio.WRITTEN_RATES, help="Hz of the WAVs (the bundle's)")
    parser.add_argument("--bits", type=int, choices=audio.WRITTEN_BITS, default=16, help="of a sample (16)")
    parser.add_argument("--bundle", type=Path, metavar="FOLDER", help="a trained bundle (the shipped one)")
    return parser


@command("kit")
def kit(arguments: list[str]) -> None:
    """Writes a kit and prints its folder."""
    options = _parser().parse_args(arguments)
    if options.round_robins and options.round_robins > MOST_TAKES:
        raise ValueError(f"--round-robins must be 1 to {MOST_TAKES}; got {options.round_robins}")
    path = Path(f"kit_seed{options.seed}" if options.out is None else options.out)
    if path.name in ("", ".."):
        raise ValueError(f"--out must name the kit's folder; got {options.out!r}")

    from drumjax.kits import levels
    from drumjax.kits.pads import PADS, draw_seeds
    from drumjax.synth import Synth

    process.setup_player()
    synth = Synth.load(options.bundle)
    takes = _takes(synth, options.round_robins)
    recipe = Recipe("kick", rate=options.rate or synth.rate, bits=options.bits)
    bundle = bundle_id(options.bundle or checkpoint.shipped())
    seeds = draw_seeds(synth, options.seed)
    wavs, names, first = {}, [], []
    for pad in PADS:
        of_pad = replace(recipe, drum_class=pad.drum_class, seed=seeds[pad.name])
        sounds, wave = _sounds(synth, pad, of_pad, takes, bundle)
        wavs |= sounds
        names.append(tuple(sounds))
        first.append(wave)
    balance = levels.balanced([pad.drum_class for pad in PADS], first, synth.rate)
    instruments = tuple(
        Instrument(pad.name, pad.key, takes_of_pad, pad.mute_group, level)
        for pad, takes_of_pad, level in zip(PADS, names, balance, strict=True)
    )
    made = f"drumjax kit --seed {options.seed} --round-robins {takes}"
    origin = f"A drum kit by drumjax {__version__}, a neural drum machine: {made}, bundle {bundle}."
    licence = _FREE if bundle in bundles_here() else _OWN_BUNDLE
    described = Kit(_printable(path.name), origin, licence, instruments)
    print(files.shown(files.write_folder(path, folder(described, options.format, wavs), options.force)))


def _takes(synth: "Synth", wanted: int | None) -> int:
    if synth.has_texture:
        return wanted or _ROUND_ROBINS
    if wanted and wanted > 1:
        raise ValueError(f"--round-robins must be 1 with this bundle, whose takes are all the same; got {wanted}")
    return 1


def _sounds(
    synth: "Synth", pad: "Pad", recipe: Recipe, takes: int, bundle: str
) -> tuple[dict[str, bytes], Float[np.ndarray, " samples"]]:
    """The WAVs of a pad, {name: content}, and its first take at the rate of the bundle."""
    from drumjax.cli import rendering

    wavs, waves = {}, []
    for texture in range(takes):
        taken = replace(recipe, texture=texture)
        ((_, wave),) = rendering.sounds(synth, [taken])
        waves.append(wave)
        name = f"{pad.key}_{pad.name}{f'_rr{texture + 1}' if takes > 1 else ''}.wav"
        written = rendering.finished(synth, taken, wave)
        wavs[name] = audio.bytes_with_comment(written, taken.rate, taken.bits, to_comment(taken, bundle))
    return wavs, waves[0]


def _printable(name: str) -> str:
    """The name without what XML and the lines of an SFZ file cannot hold."""
    return "".join(character if character.isprintable() else "_" for character in name)
