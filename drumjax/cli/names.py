"""Names of sound files: what a sound is made from, readable in a sampler's browser; and files never overwritten."""

import itertools
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drumjax import files
from drumjax.data.labels import parse_mix
from drumjax.kits.recipe import Base, Recipe

FOLDER = Path("drums")
"""Where several sounds go when no folder is named."""
SUFFIXES = (".wav", ".flac")


def name_of(recipe: Recipe) -> str:
    """The name of a sound's file, without its extension.

    kick: at the centre. kick_0.1_-0.3_0.5: knobs. kick_seed7: a new sound. kick70-snare30_seed3_02: a mix, the second
    of several. tom_seed7_1_0_0: knobs around the sound of a seed. kick_from-tom_0_0_0: around a file. clap_take5: its
    texture's seed. snare_from-mine_take3: another take of a file. snare_from-mine_layer1: its
    softest layer. snare_from-mine_to-other_02: the second of several
    between two files.
    """
    base = recipe.base
    parts = [_class_part(recipe.drum_class)]
    if base and base.seed is not None:
        parts.append(f"seed{base.seed}")
    elif base:
        parts.append(f"from-{_stem(base)}")
    if recipe.takes:
        return "_".join([*parts, f"take{recipe.seed + recipe.sound - 1}"])
    if recipe.layers:
        return "_".join([*parts, f"layer{recipe.sound:0{len(str(recipe.n))}d}"])
    if recipe.morph:
        parts.append(f"to-{_stem(recipe.morph)}")
    elif recipe.z is None:
        parts.append(f"seed{recipe.seed}")
        parts += [f"range{recipe.reach}"] if recipe.reach else []
        parts += [name for name in ("prior", "strict") if getattr(recipe, name)]
    elif base or any(recipe.z):
        parts += [f"{knob + 0.0:g}" for knob in recipe.z]
    parts += ["global"] if recipe.controls == "global" else []
    if recipe.texture != 0:
        parts.append("smooth" if recipe.texture is None else f"take{recipe.texture}")
    if recipe.n > 1:
        parts.append(f"{recipe.sound:0{max(2, len(str(recipe.n)))}d}")
    return "_".join(parts)


def _stem(base: Base) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", Path(base.file or "").stem)[:40]


def _class_part(drum_class: str) -> str:
    """The class, or the classes of a mix with their shares in percent."""
    if ":" not in drum_class:
        return drum_class
    mix = parse_mix(drum_class)
    total = sum(mix.values())
    return "-".join(f"{name}{100 * weight / total:.0f}" for name, weight in mix.items())


def destination(out: str | None, count: int) -> tuple[Path, str | None]:
    """The folder of `count` sounds, and the file's name where the user gave one.

    Raises:
        ValueError: `out` names neither a sound file nor a folder, or one file for several sounds.
    """
    if out is None:
        return (Path() if count == 1 else FOLDER), None
    path = Path(out)
    ends_as_folder = out.endswith(tuple(filter(None, (os.sep, os.altsep)))) or path.is_dir()
    if path.is_file() and (ends_as_folder or count > 1):
        raise ValueError(f"--out must name a folder for {count} sounds; got the file {files.shown(path)}")
    if ends_as_folder:
        return path, None
    if path.suffix.lower() in SUFFIXES:
        if count > 1:
            raise ValueError(f"--out must name a folder for {count} sounds; got {files.shown(path)}")
        return path.parent, path.name
    if count > 1:
        return path, None
    raise ValueError(f"--out must name a .wav or .flac file, or a folder with / at its end; got {files.shown(path)}")


@contextmanager
def claimed(path: Path, made: set[Path], force: bool, beside: tuple[str, ...] = ()) -> Iterator[Path]:
    """A path to write to that nothing is lost by: `path`, or with _2, _3, ... where it is taken.

    The name is reserved by an empty file, so that two commands at once cannot choose the same; an error removes it.

    Args:
        path: the one wanted; its folder is made.
        made: what this command has written, never written again; the path is added.
        force: take a name although a file has it.
        beside: extensions of files to be written beside it: their names are free too.

    Raises:
        OSError: one line, when the folder or the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        found = next(name for name in _numbered(path) if name not in made and (force or _reserve(name, beside)))
    except OSError as error:
        raise files.unwritable(path, error) from error
    try:
        yield found
    except BaseException:
        if not force:
            found.unlink(missing_ok=True)
        raise
    made.add(found)


def _numbered(path: Path) -> Iterator[Path]:
    yield path
    yield from (path.with_name(f"{path.stem}_{number}{path.suffix}") for number in itertools.count(2))


def _reserve(path: Path, beside: tuple[str, ...]) -> bool:
    """Makes an empty file where there is none, nor any beside it; whether it did."""
    if any(os.path.lexists(path.with_suffix(suffix)) for suffix in beside):
        return False
    try:
        path.open("xb").close()
    except FileExistsError:
        return False
    return True
