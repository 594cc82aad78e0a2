"""Scanning: from the folders of the user to the index, which only ever reads them."""

import itertools
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from drumjax.config import CLASSES
from drumjax.data import folders
from drumjax.data.folders import Entry
from drumjax.files import shown
from drumjax.library.features import NOT_A_SOUND, Analysis
from drumjax.library.index import Index, Writer
from drumjax.library.workers import Workers, cores
from drumjax.progress import bar

COMMIT_SECONDS = 1.0  # between two transactions
UNREADABLE = "it cannot be opened: its folder, its disk or its permissions forbid it"


@dataclass
class Scan:
    """What a scan has found: numbers of files, and seconds."""

    read: int = 0
    unchanged: int = 0
    moved: int = 0
    gone: int = 0
    broken: int = 0
    no_sounds: int = 0
    seconds: float = 0.0


def scan(index: Index, tops: Sequence[str | Path], workers: int | None = None) -> Scan:
    """Reads the new and changed files below the folders into the index.

    Every second what was read so far is saved: an interrupted scan goes on where it stopped.

    Args:
        index: of the library.
        tops: the folders.
        workers: number of processes; by default one a core.

    Raises:
        ValueError: a folder does not exist.
        OSError: the index cannot be written; one line.
    """
    real = [Path(os.path.abspath(top)) for top in tops]
    for top, given in zip(real, tops, strict=True):
        if not top.is_dir():
            raise ValueError(f"{shown(given)} {'is not a folder' if top.exists() else 'does not exist'}")
    found, start = Scan(), time.monotonic()
    with index.connect(write=True) as connection, Workers(workers or cores()) as pool:
        writer, saved = Writer(connection), start
        new = (entry for top in real for entry in _new(writer, top, found))
        try:
            for entry, analysis in bar(pool.analysed(new, lambda entry: entry.file), "reading sounds", unit="file"):
                writer.put(str(entry.file), entry.size, entry.mtime, _drum(entry), analysis)
                found.read += not analysis.problem
                found.broken += analysis.problem not in ("", NOT_A_SOUND)
                found.no_sounds += analysis.problem == NOT_A_SOUND
                if time.monotonic() - saved > COMMIT_SECONDS:
                    writer.commit()
                    saved = time.monotonic()
        finally:
            # Ctrl-C, too, keeps what was read; after a failed write there is nothing to save and this does nothing.
            writer.commit()
        for top in real:
            found.gone += writer.mark_gone(str(top))
        writer.commit()
    found.seconds = time.monotonic() - start
    return found


def _new(writer: Writer, top: Path, found: Scan) -> Iterator[Entry]:
    """The files below a folder that have to be read; the others are counted."""
    seen: set = set()
    # One folder at a time: whether its name is that of a drum or of a kit depends on all files inside.
    for _, inside in itertools.groupby(folders.walk(top, seen), lambda file: file.parent):
        for entry in folders.without_kit_names(_entries(top, inside)):
            path = str(entry.file)
            if writer.knows(path, entry.size, entry.mtime):
                found.unchanged += 1
            elif entry.size < 0:
                writer.put(path, entry.size, entry.mtime, None, Analysis(UNREADABLE))
                found.broken += 1
            elif writer.moved(path, entry.size, entry.mtime, _drum(entry)):
                found.moved += 1
            else:
                yield entry


def _entries(top: Path, inside: Iterator[Path]) -> list[Entry]:
    """The files of one folder, without hidden ones and tables."""
    entries = []
    for file in inside:
        inner = file.relative_to(top).as_posix()
        if not file.name.startswith(".") and file.suffix.lower() != ".csv":
            entries.append(Entry(inner, file, *folders.size_and_mtime(file), inner, top.name))
    return entries


def _drum(entry: Entry) -> str | None:
    """The class by the names of the path."""
    drum = entry.understood
    return drum if drum in CLASSES else None
