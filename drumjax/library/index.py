"""The index of a library: one row for each file, with its properties and its embedding, in one SQLite file.

A scan writes in transactions of a few files, so a kill or a full disk costs only the files of the last one. Nothing is
ever written into the folders of the sounds. A file that is gone keeps its row: a disk that comes back, or a file that
was moved, is not read again.
"""

import contextlib
import errno
import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from drumjax import files
from drumjax.config import CLASSES
from drumjax.library.features import NOT_A_SOUND, PROPERTIES, SILENT, VERSION, Analysis

_SCHEMA = f"""
CREATE TABLE files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    mtime INTEGER NOT NULL,
    gone INTEGER NOT NULL DEFAULT 0,
    problem TEXT NOT NULL,
    drum TEXT,
    digest BLOB,
    {", ".join(f"{name} REAL" for name in PROPERTIES)},
    embedding BLOB
);
CREATE INDEX moved ON files (mtime, size);
CREATE TABLE places (map TEXT NOT NULL, id INTEGER NOT NULL, x REAL, y REAL, PRIMARY KEY (id, map)) WITHOUT ROWID;
"""

_APPLICATION = 0x64724A58  # marks a database of drumjax
_WAIT_SECONDS = 30.0  # for another process that writes


def default_path() -> Path:
    """Where the index lives unless the user says otherwise: the data folder of the user's account."""
    if os.environ.get("XDG_DATA_HOME"):
        folder = Path(os.environ["XDG_DATA_HOME"])
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Application Support"
    elif sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        folder = Path.home() / ".local" / "share"
    return folder / "drumjax" / "library.sqlite"


def of_folder(folder: Path) -> Path:
    """Where the index of this folder alone lives, beside that of the account."""
    name = hashlib.sha256(os.fsencode(os.path.abspath(folder))).hexdigest()[:16]
    return default_path().parent / "against" / f"{name}.sqlite"


@dataclass(frozen=True)
class Sounds:
    """The sounds of a library, in the order of their ids.

    Attributes:
        ids: row of each in the index.
        paths: absolute.
        labels: index in CLASSES by the names of the path; -1 where they name none of the classes.
        digests: of the decoded samples; equal for copies whatever their file format.
        properties: one column for each of PROPERTIES.
        embeddings: see `drumjax.library.features`.
    """

    ids: Int[np.ndarray, " sounds"]
    paths: list[str]
    labels: Int[np.ndarray, " sounds"]
    digests: list[bytes]
    properties: Float[np.ndarray, "sounds properties"]
    embeddings: Float[np.ndarray, "sounds dimensions"]

    def __len__(self) -> int:
        return len(self.paths)

    def property(self, name: str) -> Float[np.ndarray, " sounds"]:
        """One of PROPERTIES of all sounds.

        Raises:
            ValueError: there is no such property.
        """
        if name not in PROPERTIES:
            raise ValueError(f"a property is one of {', '.join(PROPERTIES)}; got {name!r}")
        return self.properties[:, PROPERTIES.index(name)]


class Index:
    """The index in the file `path`; the file and its folder are made by the first write.

    Raises:
        ValueError: from any method, if the file is no index.
        OSError: from any method, if it cannot be read or written, or the disk is full; one line that names it.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)

    @contextlib.contextmanager
    def connect(self, write: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection; of a missing index an empty one in memory, unless it is to be written."""
        connection = None
        try:
            if write:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            there = write or self.path.exists()
            connection = sqlite3.connect(self.path if there else ":memory:", timeout=_WAIT_SECONDS)
            self._prepare(connection)
            yield connection
        except sqlite3.DatabaseError as error:
            raise self._one_line(error) from error
        finally:
            if connection is not None:
                connection.close()

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Makes the tables; of an index of another version, anew: everything in it comes from the sounds."""
        if self._version(connection) == VERSION:
            return
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            if self._version(connection) == VERSION:
                return  # another process has just made them
            for table in ("files", "places"):
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")

    def _version(self, connection: sqlite3.Connection) -> int:
        """The version of an index; 0 for an empty file."""
        ((application,), (version,), (tables,)) = (
            connection.execute(query).fetchone()
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        )
        if tables and application != _APPLICATION:
            raise ValueError(
                f"{files.shown(self.path)} is the database of another program: name another file with --index"
            )
        return version

    def _one_line(self, error: sqlite3.DatabaseError) -> Exception:
        name, reason = files.shown(self.path), str(error)
        if "full" in reason or "disk I/O" in reason:
            return OSError(
                errno.ENOSPC, f"cannot write the index {name}: {reason}; what was read before is kept: scan again"
            )
        if "locked" in reason:
            return OSError(errno.EBUSY, f"the index {name} is being written by another process: try again")
        if isinstance(error, sqlite3.OperationalError):
            return OSError(errno.EIO, f"cannot use the index {name}: {reason}")
        mend = "name another with --index, or delete it if it is a damaged index"
        return ValueError(f"{name} is no index of drumjax ({reason}): {mend}")

    def sounds(self) -> Sounds:
        """All sounds that are not gone."""
        with self.connect() as connection:
            rows = connection.execute(
                f"SELECT id, path, drum, digest, embedding, {', '.join(PROPERTIES)} FROM files "
                "WHERE problem = '' AND gone = 0 ORDER BY id"
            ).fetchall()
        labels = {name: label for label, name in enumerate(CLASSES)}
        vectors = np.frombuffer(b"".join(row[4] for row in rows), np.float16)
        return Sounds(
            ids=np.array([row[0] for row in rows], np.int64),
            paths=[os.fsdecode(row[1]) for row in rows],
            labels=np.array([labels.get(row[2], -1) for row in rows], np.int64),
            digests=[row[3] for row in rows],
            properties=np.array([row[5:] for row in rows], np.float32).reshape(len(rows), len(PROPERTIES)),
            embeddings=vectors.reshape(len(rows), -1 if len(rows) else 0).astype(np.float32),
        )

    def problems(self) -> list[tuple[str, str]]:
        """(path, reason) of the files that could not be read, without those that are no sounds."""
        with self.connect() as connection:
            rows = connection.execute(
                "SELECT path, problem FROM files WHERE problem NOT IN ('', ?) AND gone = 0 ORDER BY path",
                (NOT_A_SOUND,),
            ).fetchall()
        return [(os.fsdecode(path), problem) for path, problem in rows]

    def forget(self, folder: str) -> int:
        """Removes the files of a folder from the index; returns their number."""
        with self.connect(write=True) as connection, connection:
            inside = "substr(path, 1, ?) = ?"
            prefix = _prefix(folder)
            connection.execute(
                f"DELETE FROM places WHERE id IN (SELECT id FROM files WHERE {inside})", (len(prefix), prefix)
            )
            return connection.execute(f"DELETE FROM files WHERE {inside}", (len(prefix), prefix)).rowcount

    def places(self, name: str) -> dict[int, tuple[float, float]]:
        """{row: (x, y)} of a map."""
        with self.connect() as connection:
            rows = connection.execute("SELECT id, x, y FROM places WHERE map = ?", (name,)).fetchall()
        return {row: (x, y) for row, x, y in rows}

    def put_places(self, name: str, ids: Int[np.ndarray, " n"], places: Float[np.ndarray, "n 2"], anew: bool) -> None:
        """Adds places to a map, or with `anew` to an empty one."""
        rows = [(name, int(row), float(x), float(y)) for row, (x, y) in zip(ids, places, strict=True)]
        with self.connect(write=True) as connection, connection:
            if anew:
                connection.execute("DELETE FROM places WHERE map = ?", (name,))
            connection.executemany("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?)", rows)

    def stamp(self) -> tuple[int, int]:
        """Changes with every write."""
        try:
            status = self.path.stat()
        except OSError:
            return 0, 0
        return status.st_mtime_ns, status.st_size


def _prefix(folder: str) -> bytes:
    """What the paths inside a folder begin with."""
    return os.fsencode(folder).rstrip(os.fsencode(os.sep)) + os.fsencode(os.sep)


class Writer:
    """The writing side of one scan, on an open connection."""

    def __init__(self, connection: sqlite3.Connection):
        self._connection = connection

    def knows(self, path: str, size: int, mtime: int) -> bool:
        """Whether a file has been read as it is now; a file that was gone is back then.

        A file that could not be read is tried again: its disk may have been missing, or its decoder.
        """
        row = self._connection.execute(
            "SELECT size, mtime, problem, gone FROM files WHERE path = ?", (os.fsencode(path),)
        ).fetchone()
        known = row is not None and row[:2] == (size, mtime) and row[2] in ("", NOT_A_SOUND, SILENT)
        if known and row[3]:
            self._connection.execute("UPDATE files SET gone = 0 WHERE path = ?", (os.fsencode(path),))
        return known

    def moved(self, path: str, size: int, mtime: int, drum: str | None) -> bool:
        """Whether a file was read at another path that is empty now; its row is that of the new path then."""
        rows = self._connection.execute(
            "SELECT id, path FROM files WHERE mtime = ? AND size = ?", (mtime, size)
        ).fetchall()
        for row, old in rows:
            if os.path.basename(old) == os.path.basename(os.fsencode(path)) and not os.path.lexists(old):
                self._connection.execute("DELETE FROM files WHERE path = ?", (os.fsencode(path),))
                self._connection.execute(
                    "UPDATE files SET path = ?, drum = ?, gone = 0 WHERE id = ?", (os.fsencode(path), drum, row)
                )
                return True
        return False

    def put(self, path: str, size: int, mtime: int, drum: str | None, found: Analysis) -> None:
        """Adds a file, or replaces what was known of it."""
        columns = ("path", "size", "mtime", "problem", "drum", "digest", *PROPERTIES, "embedding")
        values = [os.fsencode(path), size, mtime, found.problem, drum]
        values += [found.digest, *map(float, found.properties), found.embedding.astype(np.float16).tobytes()]
        if found.problem:
            values[5:] = [None] * (len(columns) - 5)
        self._connection.execute(  # another sound is somewhere else on a map
            "DELETE FROM places WHERE id = (SELECT id FROM files WHERE path = ?)", values[:1]
        )
        updates = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
        self._connection.execute(
            f"INSERT INTO files ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "
            f"ON CONFLICT (path) DO UPDATE SET {updates}, gone = 0",
            values,
        )

    def commit(self) -> None:
        """Ends a transaction: what was put so far is safe."""
        self._connection.commit()

    def mark_gone(self, folder: str) -> int:
        """Marks the files below a folder that are no longer there; returns their number."""
        prefix = _prefix(folder)
        rows = self._connection.execute(
            "SELECT id, path FROM files WHERE gone = 0 AND substr(path, 1, ?) = ?", (len(prefix), prefix)
        ).fetchall()
        gone = [(row,) for row, path in rows if not os.path.exists(path)]
        self._connection.executemany("UPDATE files SET gone = 1 WHERE id = ?", gone)
        return len(gone)


def present(paths: list[str]) -> Bool[np.ndarray, " paths"]:
    """Which files are there now."""
    return np.array([os.path.exists(path) for path in paths], bool)
