"""Files written whole or not at all."""

import os
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


def unwritable(path: str | Path, error: OSError) -> OSError:
    """The error as one line that names what could not be written."""
    return OSError(error.errno, f"cannot write {shown(path)}: {error.strerror or error}")


def shown(path: str | Path) -> str:
    """The path fit for any terminal, undecodable bytes escaped."""
    return os.fspath(path).encode("utf8", "backslashreplace").decode("utf8")
