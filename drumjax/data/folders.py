"""The files of the given folders, with the entries of manifest.csv and labels.csv and the class from their names.

`manifest.csv` at the top of a given folder (columns path, class, kit and any others) describes a curated corpus.
`labels.csv` there (columns path, class) overrides it; the class `none` excludes a sound. Paths in both are relative to
their folder. A labels.csv in the run's folder overrides both; its paths are those of the report. CSV files are not
listed.
"""

import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from drumjax.config import CLASSES
from drumjax.data import tables
from drumjax.data.labels import names_of_path, parse_class, understood
from drumjax.data.spellings import NONE


@dataclass(frozen=True)
class Entry:
    """One file of the given folders."""

    path: str  # relative to the given folder, with /; with several folders, preceded by the name of its folder
    file: Path
    size: int  # bytes; -1: not a regular file, missing or not readable
    mtime: int  # ns
    relative_path: str  # relative to the given folder, even with several folders
    top: str  # name of the given folder
    manifest_row: dict[str, str] = field(default_factory=dict)  # its row in manifest.csv
    label: str | None = None  # its class in labels.csv
    in_kit: bool = False  # its folder is called like a drum, but is a kit (`Kick Ass Drums/`)
    guess: str | None = None  # its class by its sound, where nothing else says it

    @property
    def hidden(self) -> bool:
        """Whether the file name starts with a dot."""
        return PurePosixPath(self.path).name.startswith(".")

    @property
    def understood(self) -> str | None:
        """The class by labels.csv, else by the manifest, else by the names; NONE outside the 11 classes; None: no word
        about it."""
        if self.label is not None:
            return NONE if self.label.lower() in tables.NO_CLASS else parse_class(self.label)
        if "class" in self.manifest_row:
            try:
                return parse_class(self.manifest_row["class"])
            except ValueError:
                return NONE  # a manifest may describe other sounds than drums
        names = names_of_path(self.relative_path, self.top)
        return understood([names[0], *names[2:]] if self.in_kit else names)

    @property
    def drum_class(self) -> str | None:
        """The class by what is understood, else by the guess; None outside the 11 classes."""
        found = self.understood or self.guess
        return found if found in CLASSES else None

    def kit(self, group_by: str) -> str:
        """The kit of the file by `data.group_by`; the split keeps each kit whole."""
        folder = str(PurePosixPath(self.path).parent)
        if group_by == "file":
            return self.path
        if group_by == "folder":
            return folder
        if group_by == "top":
            parts = PurePosixPath(self.relative_path).parts
            prefix = self.path[: len(self.path) - len(self.relative_path)]
            return prefix + (parts[0] if len(parts) > 1 else ".")
        return self.manifest_row.get("kit" if group_by == "auto" else group_by, "").strip() or folder


def list_files(
    folders: Sequence[str | Path], group_by: str = "auto", skip: Path | None = None, labels: Path | None = None
) -> list[Entry]:
    """Every file of the folders, sorted by path, independent of the order of folders and files.

    Links are followed, but each real folder is visited once. Hidden folders are skipped, hidden files are listed.

    Args:
        folders: the given folders.
        group_by: `data.group_by`, checked against the manifests.
        skip: a folder that is not visited: the store, if it is inside a given folder.
        labels: another labels.csv, with the paths of the entries.

    Raises:
        ValueError: a folder is missing or empty, or a CSV file or `group_by` is wrong; the message is one line.
    """
    tops = sorted({Path(folder).resolve(): Path(folder) for folder in folders}.items())
    for real, given in tops:
        if not real.is_dir():
            raise ValueError(f"data folder {given} {'is not a folder' if real.exists() else 'does not exist'}")
    prefixes = _prefixes([real for real, _ in tops])
    seen = {_identity(skip)} if skip is not None and skip.exists() else set()
    entries, columns = [], set()
    for (real, _), prefix in zip(tops, prefixes, strict=True):
        manifest = tables.read_manifest(real / "manifest.csv")
        columns |= {column for row in manifest.values() for column in row}
        found = []
        for file in walk(real, seen):
            if file.suffix.lower() != ".csv":
                inner = file.relative_to(real).as_posix()
                row = manifest.get(unicodedata.normalize("NFC", inner), {})
                path = f"{prefix}/{inner}" if prefix else inner
                found.append(Entry(path, file, *size_and_mtime(file), inner, real.name, row))
        own = {unicodedata.normalize("NFC", entry.relative_path): entry for entry in found}
        entries += _labelled(own, real / "labels.csv", real)
    if not entries:
        raise ValueError(f"data folder {', '.join(str(given) for _, given in tops)} holds no files")
    _check_group_by(group_by, columns)
    if labels is not None:
        entries = _labelled({unicodedata.normalize("NFC", entry.path): entry for entry in entries}, labels)
    return sorted(without_kit_names(entries), key=lambda entry: unicodedata.normalize("NFC", entry.path))


def _labelled(entries: dict[str, Entry], file: Path, folder: Path | None = None) -> list[Entry]:
    """The entries, by the paths that rows name, with their classes in a labels.csv."""
    rows = tables.read_labels(file, folder)
    named = tables.match(rows, entries, file) if rows else {}
    return [replace(entry, label=named[path]) if path in named else entry for path, entry in entries.items()]


def without_kit_names(entries: list[Entry]) -> list[Entry]:
    """The entries, marked where their folder's name is a kit's: most of its files are named after other drums."""
    folders: dict[str, list[Entry]] = {}
    for entry in entries:
        folders.setdefault(str(PurePosixPath(entry.path).parent), []).append(entry)
    kits = set()
    for folder, inside in folders.items():
        names = names_of_path(inside[0].relative_path, inside[0].top)[1:]
        drum = understood(["", *names])
        if drum in CLASSES and drum != understood(["", *names[1:]]):
            own = [found for entry in inside if (found := understood([names_of_path(entry.relative_path)[0]]))]
            others = [found for found in own if found.split("_")[-1] != drum.split("_")[-1]]
            if len(set(others)) >= 2 and 2 * len(others) > len(own):
                kits.add(folder)
    return [replace(e, in_kit=True) if str(PurePosixPath(e.path).parent) in kits else e for e in entries]


def _check_group_by(group_by: str, columns: set[str]) -> None:
    """Raises a ValueError unless `group_by` is a mode or a column of a manifest."""
    if group_by not in ("auto", "folder", "top", "file") and group_by not in columns:
        others = ", ".join(sorted(columns - {"path", "class"})) or "there are none"
        raise ValueError(
            f"data.group_by must be auto, folder, top, file or a column of manifest.csv ({others}); got {group_by!r}"
        )


def _prefixes(tops: list[Path]) -> list[str]:
    """The prefix of the paths of each folder: empty for one folder, else the shortest unique end of its path."""
    if len(tops) == 1:
        return [""]
    depth = 1
    while len({top.parts[-depth:] for top in tops}) < len(tops):
        depth += 1
    return [PurePosixPath(*(part for part in top.parts[-depth:] if part != top.anchor)).as_posix() for top in tops]


def walk(top: Path, seen: set) -> Iterator[Path]:
    """The files below `top`, real folders before linked ones, so that real paths take precedence over links."""
    waiting, linked = [top], []
    while waiting or linked:
        folder = waiting.pop() if waiting else linked.pop()
        identity = _identity(folder)
        if identity is None or identity in seen:
            continue
        seen.add(identity)
        try:
            with os.scandir(folder) as found:
                items = sorted(found, key=lambda item: item.name, reverse=True)
        except OSError:
            yield folder  # not readable: listed, so that the report mentions it
            continue
        for item in items:
            path = Path(item.path)
            if not _is_folder(item):
                yield path
            elif not item.name.startswith("."):
                (linked if item.is_symlink() else waiting).append(path)


def _is_folder(item: os.DirEntry) -> bool:
    try:
        return item.is_dir()
    except OSError:  # a link to itself
        return False


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def size_and_mtime(file: Path) -> tuple[int, int]:
    """(size, time of change in ns); the size is -1 for a file that is not regular or not readable."""
    try:
        status = file.stat()
        return (status.st_size if file.is_file() and os.access(file, os.R_OK) else -1), status.st_mtime_ns
    except OSError:
        return -1, 0
