"""Sounds of the user's that clients name by their path, below folders that were allowed when the server started."""

import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from drumjax.data.labels import class_of_file
from drumjax.play.own import Sound
from drumjax.server.checks import excerpt
from drumjax.synth import Synth

KEPT = 64
"""Sounds that are kept after they were read; the ones used longest ago are dropped first."""


def class_of(path: str) -> str:
    """The class in the name of a sound file.

    Raises:
        ValueError: the name says none. A guess by the sound would hold up all other requests for seconds.
    """
    found = class_of_file(path)
    if found is None:
        raise ValueError(f"the name of {excerpt(path)} does not say what drum it is: give its class")
    return found


class OwnSounds:
    """Reads sound files below the allowed folders, for the worker of the engine."""

    def __init__(self, synth: Synth, folders: Sequence[Path] = ()):
        self._synth = synth
        self._folders = [Path(os.path.realpath(folder)) for folder in folders]
        self._kept: OrderedDict[tuple[str, str, int, int], Sound] = OrderedDict()

    def listened(self, path: str, drum_class: str) -> Sound:
        """The sound of a file; a file that has changed is read again.

        Raises:
            ValueError: the path is not below an allowed folder, or its file is no sound that can be edited.
        """
        real = self._allowed(path)
        try:
            status = real.stat()
        except OSError as error:  # removed meanwhile
            raise ValueError(f"cannot read {excerpt(path)}: {error.strerror}") from error
        key = str(real), drum_class, status.st_mtime_ns, status.st_size
        if key not in self._kept:
            self._kept[key] = self._synth.listen(real, drum_class=drum_class)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _allowed(self, path: str) -> Path:
        """The file of a path, relative to an allowed folder or whole; links count by where they lead."""
        if not self._folders:
            raise ValueError("sounds of yours are played below folders named at start: drumjax serve --samples FOLDER")
        inside = [real for folder in self._folders if (real := _below(folder, path))]
        for real in inside:
            if real.is_file():
                return real
        if inside:
            raise ValueError(f"there is no file {excerpt(path)} below {', '.join(map(str, self._folders))}")
        raise ValueError(f"{excerpt(path)} is not below {', '.join(map(str, self._folders))}")


def _below(folder: Path, path: str) -> Path | None:
    """The real path, of one relative to the folder or whole, where it lies below the folder."""
    try:
        real = Path(os.path.realpath(folder / path))
    except (ValueError, OSError):  # a NUL in it, a loop of links
        return None
    return real if real.is_relative_to(folder) else None
