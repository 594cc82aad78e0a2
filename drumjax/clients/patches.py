"""Copies of the patches for Pure Data, Max and Ableton Live, for the user's own folders."""

import errno
from pathlib import Path

from drumjax import files

PATCHES = ("pd/drumjax.pd", "pd/drumjax~.pd", "max/drumjax.amxd", "max/drumjax.maxpat")
"""The patches, beside this file."""


def copy_patches(folder: Path, force: bool = False) -> list[Path]:
    """Copies the Pd and Max patches into a folder, which is made where it does not exist; returns their paths.

    Args:
        folder: where the patches go, without the folders that they have here.
        force: overwrite existing files.

    Raises:
        FileExistsError: one of the files exists, and `force` is false; nothing is copied.
        OSError: a file or the folder cannot be written.
    """
    copies = {folder / Path(name).name: Path(__file__).parent / name for name in PATCHES}
    for path in copies:
        if not force and (path.exists() or path.is_symlink()):
            raise FileExistsError(errno.EEXIST, "the file exists; overwrite it with --force", files.shown(path))
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "it is a file; name a folder", files.shown(folder))
    folder.mkdir(parents=True, exist_ok=True)
    for path, source in copies.items():
        files.write(path, source.read_bytes())
    return list(copies)
