"""The recipes that a command line of `drumjax generate` asks for."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drumjax import __version__
from drumjax.config import CLASSES, KNOB_RANGES, MOST_LAYERS
from drumjax.data.labels import class_of_names, parse_class, parse_mix
from drumjax.files import shown
from drumjax.kits.recipe import MOST, Recipe, base_of, from_comment, sha256_of
from drumjax.sound import audio
from drumjax.sound.trimming import MOST_SECONDS

_AGAIN = ("again", "out", "bundle", "base", "morph", "force", "play", "plot")
"""Options that go with --again."""


@dataclass(frozen=True)
class Maker:
    """What made a file: its bundle's id and the version of drumjax."""

    bundle: str
    version: str


def requested(
    options: argparse.Namespace, default: Callable[[str], Any], guess: Callable[[str], str]
) -> tuple[list[Recipe], Maker | None]:
    """The recipes asked for, each the first of its `n` sounds; with --again one recipe, and what made its file.

    Args:
        options: of the command line.
        default: the default of an option, by its name.
        guess: the class of a sound file, by its name or its sound.

    Raises:
        ValueError: options are missing, or contradict each other, or there is no recipe in the file.
    """
    if not options.again:
        return (_own(options, guess) if _is_own(options) else _recipes(options)), None
    check_again(options, default)
    recipe, maker = _recipe_of_file(options)
    return [recipe], maker


def check_again(options: argparse.Namespace, default: Callable[[str], Any]) -> None:
    """Raises ValueError for an option that does not go with --again."""
    for name, value in vars(options).items():
        if name not in _AGAIN and value != default(name):
            flag = {"classes": "class", "reach": "range"}.get(name, name).replace("_", "-")
            raise ValueError(f"--again takes every setting from its file: leave out --{flag}")


def _is_own(options: argparse.Namespace) -> bool:
    """Whether sounds are to be made from a sound file; raises ValueError where only such options ask for it."""
    if options.base is not None and base_of(options.base).file:
        return True
    for flag in ("takes", "layers", "morph"):
        if getattr(options, flag) is not None:
            raise ValueError(f"--{flag} needs a sound of yours: give --base FILE as well")
    return False


def _own(options: argparse.Namespace, guess: Callable[[str], str]) -> list[Recipe]:
    """The recipe of sounds made from a sound file: edited by knobs, taken again, in layers, or morphed."""
    for flag in ("prior", "strict", "full-length"):
        if getattr(options, flag.replace("-", "_")):
            raise ValueError(f"--{flag} is for new sounds, not for those of --base FILE")
    if sum(value is not None for value in (options.z, options.takes, options.layers, options.morph)) > 1:
        raise ValueError("give one of --z, --takes, --layers and --morph with --base FILE")
    if (options.layers or 0) > MOST_LAYERS:
        raise ValueError(f"--layers must be {MOST_LAYERS} or less; got {options.layers}")
    if options.n is not None and options.morph is None:
        raise ValueError("--n goes with --morph FILE: the number of sounds between; others are --takes N or --layers N")
    if options.seed is not None and options.takes is None:
        raise ValueError("--seed goes with --takes; the sound in --base FILE has none")
    _check_reach(options)
    names = _classes(options.classes) if options.classes else [guess(options.base)]
    if len(names) > 1 and not options.z:
        raise ValueError(f"a sound has one class, or a mix such as kick:0.7,snare:0.3; got {', '.join(names)}")
    rate, bits = _format(options.base)
    morph = None if options.morph is None else base_of(options.morph, "--morph")
    moved = options.takes is None and options.layers is None and morph is None
    shared = Recipe(
        drum_class=names[0],
        z=tuple(options.z or (0.0, 0.0, 0.0)) if moved else None,
        base=base_of(options.base),
        controls=options.controls if moved else None,
        seed=options.seed or 0,
        n=options.takes or options.layers or options.n or 1,
        texture=options.texture,
        rate=options.rate or rate,
        bits=options.bits or bits,
        takes=options.takes is not None,
        layers=options.layers is not None,
        morph=morph,
    )
    return [replace(shared, drum_class=name) for name in names]


def _format(path: str) -> tuple[int, int]:
    """(rate, bits) of a sound file; 16 bits if they hold its samples, else 24."""
    wave, rate = audio.read(path, seconds=MOST_SECONDS)
    steps = 2.0**15 * wave
    return rate, 16 if (steps == steps.round()).all() else 24


def _check_reach(options: argparse.Namespace) -> None:
    reach = options.reach or KNOB_RANGES[-1]
    if options.z and max(map(abs, options.z)) > reach:
        raise ValueError(f"--z must lie within -{reach:g} to {reach:g}; got {' '.join(f'{p:g}' for p in options.z)}")


def _recipes(options: argparse.Namespace) -> list[Recipe]:
    """One recipe for each class asked for."""
    if not options.classes:
        raise ValueError(f"give --class CLASS, one of {', '.join(CLASSES)}, or --base FILE, or --again FILE")
    classes = _classes(options.classes)
    random = options.n is not None or options.seed is not None
    if (options.z is None) != random:
        raise ValueError("give either --z P1 P2 P3, the three knobs, or --n and --seed for new sounds")
    if options.base is not None and options.z is None:
        raise ValueError("--base is what --z moves around: give --z P1 P2 P3 as well")
    if (options.prior or options.strict) and (options.z or options.reach):
        raise ValueError("--prior and --strict choose among new sounds: they go with --n and --seed alone")
    _check_reach(options)
    if options.n is not None and options.n > MOST:
        raise ValueError(f"--n must be {MOST} or less; got {options.n}")
    shared = Recipe(
        drum_class=classes[0],
        z=tuple(options.z) if options.z else None,
        base=None if options.base is None else base_of(options.base),
        controls=options.controls if options.z or options.reach else None,
        seed=options.seed or 0,
        n=options.n or 1,
        reach=None if options.z or not options.reach else int(options.reach),
        prior=options.prior,
        strict=options.strict,
        texture=options.texture,
        rate=options.rate or Recipe.rate,
        bits=options.bits or Recipe.bits,
        full_length=options.full_length,
    )
    return [replace(shared, drum_class=name) for name in classes]


def _classes(asked: list[str]) -> list[str]:
    """The classes, and mixes as kick:0.7,snare:0.3, that were asked for, each once.

    Raises:
        ValueError: there is no such class, or one argument names several.
    """
    if [text.lower() for text in asked] == ["all"]:
        return list(CLASSES)
    return list(dict.fromkeys(_mix(text) if ":" in text else _class(text) for text in asked))


def _mix(text: str) -> str:
    """The mix, with the classes' own names; a class alone where it is the only one."""
    mix = parse_mix(text)
    return ",".join(f"{name}:{weight!r}" for name, weight in mix.items()) if len(mix) > 1 else next(iter(mix))


def _class(text: str) -> str:
    words = "".join(letter if letter.isalpha() else " " for letter in text).split()
    several = list(dict.fromkeys(name for word in words if (name := class_of_names([word]))))
    if len(several) < 2:
        return parse_class(text)
    mix = ",".join(f"{name}:{1 / len(several):.2g}" for name in several)
    each = " ".join(several)
    raise ValueError(f"{text!r} names several classes: a mix is --class {mix}, one sound of each --class {each}")


def _recipe_of_file(options: argparse.Namespace) -> tuple[Recipe, Maker]:
    """The recipe in the comment of --again's file, once the sounds it needs are known to be at hand."""
    with naming(options.again):
        found, *made_by = from_comment(audio.comment(options.again))
    _check_files(options, found)
    return found, Maker(*made_by)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Has a ValueError name the file that cannot be made again."""
    try:
        yield
    except ValueError as error:
        file, cause = shown(path), str(error)
        raise ValueError(cause if file in cause else f"cannot make {file} again: {cause}") from None


def _check_files(options: argparse.Namespace, recipe: Recipe) -> None:
    """Raises ValueError if a sound file of the recipe is missing or has changed; --base and --morph name moved ones."""
    file = shown(options.again)
    for name, what in (("base", "sound that the knobs"), ("morph", "sound that the morphs")):
        kept, moved = getattr(recipe, name), getattr(options, name)
        if kept is None or kept.file is None:
            if moved is not None:
                raise ValueError(f"--{name} names the {what} of {file} move around; it has no such sound")
            continue
        path = moved or kept.file
        if not Path(path).is_file():
            raise ValueError(
                f"{file} was made from {path} as well, which is not there: name it with --{name} FILE "
                f"(its SHA-256 begins with {kept.sha256[:12]})"
            )
        if sha256_of(path) != kept.sha256:
            raise ValueError(f"{path} is not, or no more, the sound that {file} was made from")


def check_maker(options: argparse.Namespace, maker: Maker, bundle: str) -> None:
    """Raises ValueError for a file of another bundle; another version of drumjax is a line on stderr."""
    if maker.bundle != bundle:
        loaded = f"that in {options.bundle}" if options.bundle else "the shipped one"
        raise ValueError(
            f"{shown(options.again)} was made with the bundle {maker.bundle}, and {loaded} is {bundle}: "
            f"name its folder with --bundle"
        )
    if maker.version != __version__:
        print(f"made by drumjax {maker.version}, this is {__version__}: the sound may differ", file=sys.stderr)
