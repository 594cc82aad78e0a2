"""Files written whole or not at all."""

import errno
import itertools
import os
import shutil
from collections.abc import Mapping
from pathlib import Path


def write(path: str | Path, content: bytes, lasting: bool = True) -> None:
    """Writes a file whole or not at all, through a temporary name in the same folder.

    What is `lasting` survives a power cut; waiting for the disk can take longer than making a sound.

    Raises:
        OSError: one line that names the file; nothing is left behind.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_folder(path: str | Path, contents: Mapping[str, bytes], force: bool = False) -> Path:
    """Writes a folder of files whole or not at all, and returns its path.

    A name that is taken gets _2, _3, ...; an empty folder is not. With `force` the files go into the folder that is
    there, each in place of one with its name, and what else lies there stays.

    Args:
        path: of the folder; the folders above it are made.
        contents: {path in the folder: content}.
        force: write into a folder that is there.

    Raises:
        OSError: one line that names what could not be written; no new folder is left behind.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        for name, content in contents.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            (temporary / name).write_bytes(content)
        if force and path.exists():
            for name in contents:
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (temporary / name).replace(path / name)
            return path
        return _moved(temporary, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _moved(folder: Path, wanted: Path) -> Path:
    """Moves a folder to a name that is free: two commands at once cannot take the same."""
    for number in itertools.count(1):
        free = wanted if number == 1 else wanted.with_name(f"{wanted.name}_{number}")
        try:
            return folder.rename(free)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise
    raise AssertionError("itertools.count has no end")


def unwritable(path: str | Path, error: OSError) -> OSError:
    """The error as one line that names what could not be written."""
    return OSError(error.errno, f"cannot write {shown(path)}: {error.strerror or error}")


def shown(path: str | Path) -> str:
    """The path fit for any terminal, undecodable bytes escaped."""
    return os.fspath(path).encode("utf8", "backslashreplace").decode("utf8")
