"""The recipes that a command line of `drumjax generate` asks for."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drumjax import __version__
from drumjax.cli.recipe import MOST, Recipe, base_of, from_comment, sha256_of
from drumjax.config import CLASSES, KNOB_RANGES
from drumjax.data.labels import class_of_names, parse_class, parse_mix
from drumjax.files import shown
from drumjax.sound import audio

_AGAIN = ("again", "out", "bundle", "base", "force", "play", "plot")
"""Options that go with --again."""


@dataclass(frozen=True)
class Maker:
    """What made a file: its bundle's id and the version of drumjax."""

    bundle: str
    version: str


def requested(options: argparse.Namespace, default: Callable[[str], Any]) -> tuple[list[Recipe], Maker | None]:
    """The recipes asked for, each the first of its `n` sounds; with --again one recipe, and what made its file.

    Raises:
        ValueError: options are missing, or contradict each other, or there is no recipe in the file.
    """
    if not options.again:
        return _recipes(options), None
    for name, value in vars(options).items():
        if name not in _AGAIN and value != default(name):
            flag = {"classes": "class", "reach": "range"}.get(name, name).replace("_", "-")
            raise ValueError(f"--again takes every setting from its file: leave out --{flag}")
    recipe, maker = _recipe_of_file(options)
    return [recipe], maker


def _recipes(options: argparse.Namespace) -> list[Recipe]:
    """One recipe for each class asked for."""
    if not options.classes:
        raise ValueError(f"give --class CLASS, one of {', '.join(CLASSES)}, or --again FILE")
    classes = _classes(options.classes)
    random = options.n is not None or options.seed is not None
    if (options.z is None) != random:
        raise ValueError("give either --z P1 P2 P3, the three knobs, or --n and --seed for new sounds")
    if options.base is not None and options.z is None:
        raise ValueError("--base is what --z moves around: give --z P1 P2 P3 as well")
    if (options.prior or options.strict) and (options.z or options.reach):
        raise ValueError("--prior and --strict choose among new sounds: they go with --n and --seed alone")
    reach = options.reach or KNOB_RANGES[-1]
    if options.z and max(map(abs, options.z)) > reach:
        raise ValueError(f"--z must lie within -{reach:g} to {reach:g}; got {' '.join(f'{p:g}' for p in options.z)}")
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
        bits=options.bits,
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
    """The recipe in the comment of --again's file, once its base is known to be at hand."""
    file = shown(options.again)
    try:
        found, *made_by = from_comment(audio.comment(options.again))
    except ValueError as error:
        cause = str(error)
        raise ValueError(cause if file in cause else f"cannot make {file} again: {cause}") from None
    maker = Maker(*made_by)
    if found.base is None or found.base.file is None:
        if options.base is not None:
            raise ValueError(f"--base names the sound that the knobs of {file} move around; it has no such sound")
        return found, maker
    path = options.base or found.base.file
    if not Path(path).is_file():
        raise ValueError(
            f"{file} was made from {path} as well, which is not there: name it with --base FILE "
            f"(its SHA-256 begins with {found.base.sha256[:12]})"
        )
    if sha256_of(path) != found.base.sha256:
        raise ValueError(f"{path} is not, or no more, the sound that {file} was made from")
    return found, maker


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
