"""One process at a time trains in a run's folder."""

import contextlib
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # not on Windows: runs are not locked there
    fcntl = None  # type: ignore[assignment]


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the lock of a run's folder, the file `lock` with process id and host in it.

    The operating system drops the lock when the process ends, however it ends: a lock file that a kill has left
    blocks nothing. The folder is made if need be, and removed again if nothing else is in it at the end.

    Raises:
        ValueError: another process holds it.
        OSError: the folder cannot be written.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "lock"
    try:
        with _opened(path) as file:
            file.truncate(0)
            file.write(f"process {os.getpid()} on {platform.node() or 'this machine'}\n")
            file.flush()
            try:
                yield
            finally:
                with contextlib.suppress(OSError):
                    path.unlink()
    finally:
        for empty in made:
            with contextlib.suppress(OSError):
                empty.rmdir()


def _opened(path: Path) -> IO[str]:
    """The lock file, locked where the file system can."""
    while True:
        file = open(path, "a+", encoding="utf8")
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except BlockingIOError:
            with file:
                file.seek(0)
                holder = file.readline().strip() or "another process"
            raise ValueError(
                f"{path.parent} is in use by {holder}: wait for its end, or choose another folder with --set run.dir="
            ) from None
        except FileNotFoundError:
            pass
        except OSError:  # a network file system without locks
            return file
        file.close()  # its holder removed the file between open and lock
