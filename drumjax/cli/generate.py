"""generate.py: knobs and a class, or a seed, in; WAVs out."""

import argparse
import math
from pathlib import Path

from drumjax.commands import Parser, command, whole
from drumjax.config import CLASSES
from drumjax.sound import audio

AT_ONCE = 128
"""Sounds that are made before any is written, at most."""


def _plain_numbers(arguments: list[str]) -> list[str]:
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
    return None if text == "off" else whole(text)


def _parser() -> Parser:
    parser = Parser(prog="generate.py", description="Three knobs and a drum class in, a WAV out.")
    known = f"one or several of {', '.join(CLASSES)}, or all; kick:0.7,snare:0.3 is a mix of classes"
    parser.add_argument("--class", dest="classes", nargs="+", required=True, metavar="CLASS", help=known)
    three = "the three knobs, in standard deviations around the class's centre"
    parser.add_argument("--z", nargs=3, type=_finite, metavar=("P1", "P2", "P3"), help=three)
    parser.add_argument("--n", type=whole, help="instead of --z: so many new sounds of each class")
    parser.add_argument("--seed", type=whole, help="of the new sounds (0)")
    reach = "how far a knob goes: a limit for --z (10), or, with --n, knobs drawn within it"
    parser.add_argument("--range", type=float, choices=(2, 5, 10), dest="reach", help=reach)
    base = "what the knobs of --z move around: a sound file, or the seed of a new sound (the centre of the class)"
    parser.add_argument("--base", metavar="FILE|SEED", help=base)
    texture = "seed of the noise in a sound, another take for another number, or off (0)"
    parser.add_argument("--texture", type=_seed_or_off, default=0, metavar="SEED|off", help=texture)
    parser.add_argument("--prior", action="store_true", help="new sounds from the paper's prior N(0, I)")
    parser.add_argument("--strict", action="store_true", help="only new sounds that clearly belong to their class")
    parser.add_argument("--out", type=Path, help="the WAV, or the folder where there are several")
    parser.add_argument("--rate", type=int, choices=(22050, 44100, 48000), help="Hz of the WAV (the bundle's own)")
    parser.add_argument("--bits", type=int, choices=(16, 24), default=16)
    parser.add_argument("--plot", action="store_true", help="also a PNG of each waveform and mel")
    parser.add_argument("--bundle", type=Path, help="a trained bundle (the shipped one)")
    knobs = "knobs of the class's own components, or the paper's: of all classes together"
    parser.add_argument("--controls", choices=("class", "global"), default="class", help=knobs)
    return parser


@command("generate")
def generate(arguments: list[str]) -> None:
    """Writes the sounds asked for and says where."""
    options = _parser().parse_args(_plain_numbers(arguments))
    asked = _asked(options.classes)
    random = options.n is not None or options.seed is not None
    if (options.z is None) != random:
        raise ValueError("give either --z P1 P2 P3, the three knobs, or --n and --seed for new sounds")
    if options.n == 0:
        raise ValueError("--n must be 1 or more; got 0")
    if options.base is not None and options.z is None:
        raise ValueError("--base is what --z moves around: give --z P1 P2 P3 as well")
    if (options.prior or options.strict) and (options.z or options.reach):
        raise ValueError("--prior and --strict choose among new sounds: they go with --n and --seed alone")
    reach = options.reach or 10
    if options.z and max(map(abs, options.z)) > reach:
        raise ValueError(f"--z must lie within -{reach:g} to {reach:g}; got {' '.join(f'{p:g}' for p in options.z)}")
    count = options.n or 1
    paths = _paths(options.out, list(asked), count)

    from drumjax.synth import Synth

    synth = Synth.load(options.bundle, options.controls)
    rate = options.rate or synth.rate
    latents = [_latents(synth, options, name, drum_class) for name, drum_class in asked.items()]
    waves = (
        wave
        for z, drum_class in zip(latents, asked.values(), strict=True)
        for at in range(0, count, AT_ONCE)
        for wave in synth.render(z[at : at + AT_ONCE], drum_class, options.texture)
    )
    for path, wave in zip(paths, waves, strict=True):
        written = audio.resample(wave, synth.rate, rate)
        path.parent.mkdir(parents=True, exist_ok=True)
        # A resampled peak may rise above full scale between the samples.
        audio.write(path, written / max(1.0, float(abs(written).max())), rate, options.bits)
        print(path)
        if options.plot:
            _plot(synth, wave, path.with_suffix(".png"))


def _latents(synth, options: argparse.Namespace, name: str, drum_class: str):
    """The latents, (sounds, latent), of what is asked for of one class or mix."""
    import numpy as np

    if options.z:
        return synth.place([options.z], drum_class, _base(synth, options.base, drum_class))
    seed, count = options.seed or 0, options.n or 1
    if options.reach:
        own = CLASSES.index(name) if name in CLASSES else len(CLASSES)
        points = np.random.default_rng([seed, own]).uniform(-options.reach, options.reach, (count, 3))
        return synth.place(points, drum_class)
    return synth.draw(drum_class, count, seed, options.prior, options.strict)


def _asked(classes: list[str]) -> dict[str, str]:
    """{name of its file: class, or mix of classes} of what was asked for, each once."""
    from drumjax.data.labels import parse_class, parse_mix

    if classes == ["all"]:
        return {name: name for name in CLASSES}
    return {
        "-".join(parse_mix(text)) if ":" in text else parse_class(text): text if ":" in text else parse_class(text)
        for text in classes
    }


def _base(synth, base: str | None, drum_class: str):
    """The latents that the knobs move around; None is the centre of the class.

    Raises:
        ValueError: it is no seed, and no sound file that could be read.
    """
    if base is None:
        return None
    if base.isdecimal() and not Path(base).exists():
        return synth.draw(drum_class, 1, int(base))[0]
    if not Path(base).is_file():
        raise ValueError(f"--base must be a sound file or a seed; got {base!r}")
    wave, rate = audio.read(base, seconds=10)
    fitted, _ = audio.fit(audio.resample(audio.mono(wave), rate, synth.rate), synth.config.audio, max_seconds=10)
    return synth.encode(fitted, drum_class)


def _paths(out: Path | None, classes: list[str], count: int) -> list[Path]:
    """Where every sound goes: the file named, or a folder with one file for each."""
    if len(classes) * count == 1:
        path = out or Path(f"{classes[0]}.wav")
        if path.is_dir():
            path /= f"{classes[0]}.wav"
        if path.suffix.lower() != ".wav":
            raise ValueError(f"--out must name a .wav file or a folder that exists; got {path}")
        return [path]
    folder = out or Path("drums")
    if folder.suffix.lower() == ".wav" or folder.is_file():
        raise ValueError(f"--out must name a folder for {len(classes) * count} sounds; got {folder}")
    return [folder / (f"{name}_{i:03d}.wav" if count > 1 else f"{name}.wav") for name in classes for i in range(count)]


def _plot(synth, wave, path: Path) -> None:
    from drumjax.sound import pictures

    pictures.save(pictures.wave_and_mel(wave, synth.mel(wave), path.stem, synth.config.audio), path)
    print(path)
