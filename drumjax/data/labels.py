"""Drum classes from names: file and folder names of sample packs, and class names typed by users.

`words` reads single names. The file's name takes precedence over its folder's, a nearer folder over a farther one; a
drum machine's two letters give way to a whole word farther out. A word for a sound outside the 11 classes (`cowbell`,
`ride`, `loop`, `fill`) counts like a drum's, so `Snares/cowbell.wav` has no class. A folder that names two drums
(`Kicks & Snares/`) decides nothing. labels.csv covers everything else.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath, PurePosixPath

import numpy as np
from jaxtyping import Float

from drumjax.config import CLASSES
from drumjax.data.spellings import CLOSED, HAT, OPEN, UNREAD
from drumjax.data.words import FULL, MACHINE, Reading, glued_kit, kinds, read, words

Class = str | int | np.integer | Mapping[str | int, float | int]
"""A drum class: a name, an index in `CLASSES`, or the weights of a mix; a mix can be written kick:0.7,snare:0.3."""

_LETTERS = {"k": "kick", "s": "snare", "h": "closed_hat", "t": "tom"}
"""Of packs with a folder for each letter and the letter in each file (`s/s_00.wav`)."""


def understood(names: Iterable[str]) -> str | None:
    """What the names of a sound say: one of the 11 classes, `NONE` for another sound, None for nothing.

    Args:
        names: the nearest first: file (without extension), folder, its parent, ...
    """
    text = list(names)
    if not text:
        return None
    file, inner = glued_kit(text[0], text[1] if len(text) > 1 else "")
    folders = [inner, *text[2:]] if len(text) > 1 else []
    readings = [read(file), *(read(name, folder=True) for name in folders)]
    at = _deciding(readings)
    if at is None:
        return _letter(text)
    if readings[at].several:
        return None
    drum = readings[at].drum
    return _hat(readings, at) if drum == HAT else drum


def _deciding(readings: Sequence[Reading]) -> int | None:
    """The level whose drum counts."""
    named = [at for at, reading in enumerate(readings) if reading.drum or reading.several]
    # `Hats/cl 1.wav`: closed, not claves.
    hats = [at for at in named if _is_hat(readings[at].drum)]
    named = [
        at for at in named if not (readings[at].only_marks and readings[at].weight == MACHINE and hats[-1:] > [at])
    ]
    if not named:
        return None
    if readings[named[0]].weight == MACHINE:
        return next((at for at in named if readings[at].weight == FULL), named[0])
    return named[0]


def _is_hat(drum: str) -> bool:
    return drum == HAT or drum.endswith("_hat")


def _hat(readings: Sequence[Reading], at: int) -> str | None:
    """The class of a hi-hat: by the mark of its name, of an inner name, or of an outer one (`Open Hats/hat 1.wav`)."""
    marks = [readings[at].mark, *(reading.mark or reading.only_marks for reading in readings[:at])]
    for outer in readings[at + 1 :]:
        if outer.only_marks or _is_hat(outer.drum):
            marks.append(outer.mark or outer.drum.removesuffix("_hat").removesuffix(HAT))
    read_marks = [mark for mark in marks if mark in (OPEN, CLOSED)]
    if not read_marks and UNREAD in marks:
        return None
    return f"{read_marks[0] if read_marks else CLOSED}_hat"


def _letter(names: Sequence[str]) -> str | None:
    """The class of a file that has, like its folder, the letter of a drum and no other."""
    letters = [words(name) for name in names[:2]]
    return (
        _LETTERS.get(letters[0][0]) if len(letters) > 1 and letters[0] == letters[1] and len(letters[0]) == 1 else None
    )


def class_of_names(names: Iterable[str]) -> str | None:
    """The drum class of a sound from its names, the nearest first: file (without extension), folder, its parent, ...

    Never raises. None if no name contains one of the 11 drums.
    """
    found = understood(names)
    return found if found in CLASSES else None


def names_of_path(path: str, top: str = "") -> list[str]:
    """The names of a path relative to the folder `top`, the nearest first."""
    parts = PurePosixPath(path)
    return [parts.stem, *reversed(parts.parts[:-1]), *([top] if top else [])]


def class_of_path(path: str, top: str = "") -> str | None:
    """`class_of_names` for a path relative to the folder `top`, whose own name comes last."""
    return class_of_names(names_of_path(path, top))


def class_of_file(path: str | PurePath) -> str | None:
    """`class_of_names` for a file and the folder it lies in: folders farther out may be a user's name (`/home/tom`)."""
    parts = PurePath(path)
    return class_of_names([parts.stem, parts.parent.name])


def parse_class(text: str) -> str:
    """The drum class of a name typed by a user: `hihat-closed`, `closed hat`, `CH`, `Kick`.

    Raises:
        ValueError: the text is no class or contains words that belong to none.
    """
    groups = kinds(words(text))
    if all(found for _, found in groups) and not re.search(r"\d", text):
        found = class_of_names([text])
        if found is not None:
            return found
    raise ValueError(f"drum class must be one of {', '.join(CLASSES)}; got {text!r}")


def parse_mix(text: str) -> dict[str, float]:
    """{drum class: weight} of a mix written as `kick:0.7,snare:0.3`.

    Raises:
        ValueError: a class is unknown or named twice, or a weight is not a positive number.
    """
    mix: dict[str, float] = {}
    for part in text.split(","):
        name, _, weight = part.rpartition(":")
        try:
            number = float(weight)
        except ValueError:
            number = math.nan
        if not (name and 0 < number < math.inf):
            raise ValueError(f"a mix of classes is written kick:0.7,snare:0.3 with weights above 0; got {text!r}")
        found = parse_class(name)
        if found in mix:
            raise ValueError(f"a mix must name every class once; got {found} twice in {text!r}")
        mix[found] = number
    return mix


def class_index(drum_class: Class | object) -> int:
    """The index of a drum class in `CLASSES`, from its name or index.

    Raises:
        ValueError: there is no such class, or the argument has another type.
    """
    if isinstance(drum_class, str):
        return CLASSES.index(parse_class(drum_class))
    if isinstance(drum_class, (int, np.integer)) and 0 <= drum_class < len(CLASSES):
        return int(drum_class)
    raise ValueError(f"drum class must be an index below {len(CLASSES)} or a name; got {drum_class}")


def to_class_mix(drum_class: Class | object) -> Float[np.ndarray, " classes"]:
    """Weights over `CLASSES`, of sum 1, from a drum class or a mix of them.

    Raises:
        ValueError: a class is unknown; the weights of a mix are negative, not finite or all 0; or the argument has
            another type.
    """
    if isinstance(drum_class, str) and ":" in drum_class:
        drum_class = parse_mix(drum_class)
    mix = drum_class if isinstance(drum_class, Mapping) else {drum_class: 1.0}
    weights = np.zeros(len(CLASSES), np.float32)
    for name, weight in mix.items():
        weights[class_index(name)] += weight
    if not (weights.min() >= 0 and 0 < weights.sum() < np.inf):
        raise ValueError(f"the weights of a mix must be 0 or more, and not all 0; got {drum_class!r}")
    return weights / weights.sum()
