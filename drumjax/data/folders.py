"""What is in the given folders: every file, and what manifest.csv, labels.csv and the folders say of it.

`manifest.csv` at a given folder's top (columns path, class, kit, and any others) describes a curated corpus;
`labels.csv` there (path, class) are the user's overrides, `none` as the class leaves a sound out. Paths in both are
relative to their folder. CSV files are not sounds and are not listed.
"""

import csv
import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from drumjax.data.labels import class_named, class_of_path

NO_CLASS = ("", "none", "no class", "-")  # in a CSV file: this sound is none of the 11 drums


@dataclass(frozen=True)
class Entry:
    """One file of the given folders."""

    path: str  # relative to the given folder, with /; several folders: their names before it
    file: Path
    size: int  # -1: not a regular file, gone, or closed to us
    mtime: int  # ns
    inner: str  # relative to the given folder, in any case
    top: str  # name of the given folder
    row: dict[str, str] = field(default_factory=dict)  # of manifest.csv
    label: str | None = None  # of labels.csv

    @property
    def hidden(self) -> bool:
        return PurePosixPath(self.path).name.startswith(".")

    @property
    def drum_class(self) -> str | None:
        """labels.csv, else the manifest, else the names; None for a sound of none of the 11 drums."""
        if self.label is not None:
            return None if self.label.strip().lower() in NO_CLASS else class_named(self.label)
        if "class" in self.row:
            try:
                return class_named(self.row["class"])
            except ValueError:
                return None  # a manifest may well describe more than drums
        return class_of_path(self.inner, self.top)

    def kit(self, group_by: str) -> str:
        """What the split must not cut, by `data.group_by`."""
        folder = str(PurePosixPath(self.path).parent)
        if group_by == "file":
            return self.path
        if group_by == "folder":
            return folder
        if group_by == "top":
            parts = PurePosixPath(self.inner).parts
            prefix = self.path[: len(self.path) - len(self.inner)]
            return prefix + (parts[0] if len(parts) > 1 else ".")
        return self.row.get("kit" if group_by == "auto" else group_by, "").strip() or folder


def listed(folders: Sequence[str | Path], group_by: str = "auto", skip: Path | None = None) -> list[Entry]:
    """Every file of the folders, sorted by path, whatever the order in which folders and files are given.

    Links are followed, each real folder once; hidden folders are passed over, hidden files are listed.

    Args:
        group_by: `data.group_by`, checked against the manifests.
        skip: a folder not to enter: the store, should it lie within.

    Raises:
        ValueError: one line: a folder is missing or empty, or a CSV file or `group_by` is wrong.
    """
    tops = sorted({Path(folder).resolve(): Path(folder) for folder in folders}.items())
    for real, given in tops:
        if not real.is_dir():
            raise ValueError(f"data folder {given} {'is not a folder' if real.exists() else 'does not exist'}")
    names = _names([real for real, _ in tops])
    seen = {_identity(skip)} if skip is not None and skip.exists() else set()
    entries, columns = [], set()
    for (real, _), name in zip(tops, names, strict=True):
        manifest = _rows(real / "manifest.csv", ("path",))
        labels = _rows(real / "labels.csv", ("path", "class"))
        _check(labels, real / "labels.csv")
        columns |= {column for row in manifest.values() for column in row}
        for file in _walk(real, seen):
            if file.suffix.lower() == ".csv":
                continue
            inner = file.relative_to(real).as_posix()
            key = unicodedata.normalize("NFC", inner)
            label = labels.get(key, {}).get("class")
            path = f"{name}/{inner}" if name else inner
            entries.append(Entry(path, file, *_state(file), inner, real.name, manifest.get(key, {}), label))
    if not entries:
        raise ValueError(f"nothing in data folder {', '.join(str(given) for _, given in tops)}: it holds no files")
    if group_by not in ("auto", "folder", "top", "file") and group_by not in columns:
        known = ", ".join(sorted(columns - {"path", "class"})) or "there is none"
        raise ValueError(
            f"data.group_by must be auto, folder, top, file or a column of manifest.csv ({known}); got {group_by!r}"
        )
    return sorted(entries, key=lambda entry: unicodedata.normalize("NFC", entry.path))


def _names(tops: list[Path]) -> list[str]:
    """What stands before the paths of each folder: nothing for one, else as much of its path as tells it apart."""
    if len(tops) == 1:
        return [""]
    depth = 1
    while len({top.parts[-depth:] for top in tops}) < len(tops):
        depth += 1
    return [PurePosixPath(*(part for part in top.parts[-depth:] if part != top.anchor)).as_posix() for top in tops]


def _walk(top: Path, seen: set) -> Iterator[Path]:
    """The files below `top`, real folders before linked ones, so that a link never hides a real path."""
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
            yield folder  # not readable: reported rather than passed over
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
    except OSError:  # a link that leads to itself
        return False


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _state(file: Path) -> tuple[int, int]:
    """(size, time of change in ns); the size is -1 for what is no regular file or closed to us."""
    try:
        status = file.stat()
        return (status.st_size if file.is_file() and os.access(file, os.R_OK) else -1), status.st_mtime_ns
    except OSError:
        return -1, 0


def _rows(file: Path, wanted: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """path -> row of a CSV file; empty when there is none.

    Raises:
        ValueError: it is no UTF-8 CSV file with the wanted columns.
    """
    try:
        with open(file, encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            rows = list(reader)
            names = reader.fieldnames or []
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, csv.Error) as error:
        raise ValueError(f"cannot read {file}: {error}") from error
    for name in wanted:
        if name not in names:
            raise ValueError(f"{file} must have the columns {', '.join(wanted)}; got {', '.join(names) or 'none'}")
    clean = [{k: v for k, v in row.items() if isinstance(k, str) and isinstance(v, str)} for row in rows]
    return {unicodedata.normalize("NFC", _relative(row["path"])): row for row in clean if "path" in row}


def _relative(path: str) -> str:
    return PurePosixPath(path.strip().replace("\\", "/")).as_posix()


def _check(labels: dict[str, dict[str, str]], file: Path) -> None:
    """A class that is misspelt in the user's own overrides is an error: it would silently drop a sound."""
    for path, row in labels.items():
        text = row.get("class", "")
        if text.strip().lower() not in NO_CLASS:
            try:
                class_named(text)
            except ValueError as error:
                raise ValueError(f"{file}, {path}: {error}, or none") from error
