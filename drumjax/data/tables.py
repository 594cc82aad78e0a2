"""manifest.csv and labels.csv: CSV files as people and Excel write them, and the files that their rows mean.

Read are comma, semicolon and tab, UTF-8 with and without BOM, UTF-16 and Windows-1252. A row of labels.csv names a
file, a folder or a pattern (`Hats/*open*`; `*` stands for anything, `/` included).
"""

import codecs
import csv
import difflib
import fnmatch
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from drumjax.data.labels import parse_class

NO_CLASS = ("none", "no class", "-")  # in a CSV file: a sound outside the 11 classes
_SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Label:
    """One row of labels.csv."""

    path: str  # relative to the folder, with /
    name: str  # the class as written; "": not filled in
    row: int  # number of its line, from 1


def read_csv(file: Path, required: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a CSV file, each with its line number as `line`; empty if there is no file.

    Raises:
        ValueError: the file cannot be decoded or lacks a required column. The message is one line.
    """
    try:
        text = _text(file.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot read {file}: {error}") from error
    hint = re.match(r"(?:sep=(.))?\n*", text)  # the first line of some files of Excel's
    skipped, text = hint[0].count("\n"), text[hint.end() :]
    header = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=hint[1] or max(_SEPARATORS, key=header.count))
    try:
        rows = [row | {"line": str(skipped + reader.line_num)} for row in reader]
    except csv.Error as error:
        raise ValueError(f"cannot read {file}: {error}") from error
    names = {name: name.strip() for name in reader.fieldnames or [] if isinstance(name, str)}
    names = {
        name: clean.lower() if clean.lower() in ("path", "class", "kit") else clean for name, clean in names.items()
    }
    for name in required:
        if name not in names.values():
            found = ", ".join(names.values()) or "none"
            raise ValueError(f"{file} must have the columns {', '.join(required)}; got {found}")
    names["line"] = "line"
    return [{names[k]: v for k, v in row.items() if k in names and isinstance(v, str)} for row in rows]


def _column(name: str) -> str:
    known = name.strip().lower()
    return known if known in ("path", "class", "kit") else name.strip()


def _text(content: bytes) -> str:
    """The text of a file, with \\n at the ends of its lines."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16")
    elif b"\0" in content[:4]:
        text = content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_manifest(file: Path) -> dict[str, dict[str, str]]:
    """path -> row of a manifest.csv; empty if there is no file.

    Raises:
        ValueError: see `read_csv`.
    """
    rows = read_csv(file, ("path",))
    return {_relative(row["path"]): {k: v for k, v in row.items() if k != "line"} for row in rows if "path" in row}


def read_labels(file: Path, folder: Path | None = None) -> list[Label]:
    """The rows of a labels.csv; empty if there is no file.

    Args:
        file: the CSV file.
        folder: what its paths are relative to; absolute paths inside it are understood too.

    Raises:
        ValueError: see `read_csv`; or a class is misspelt, which would otherwise drop a sound silently.
    """
    labels = []
    for row in read_csv(file, ("path", "class")):
        if not row.get("path", "").strip():
            continue
        label = Label(_relative(row["path"], folder), row.get("class", "").strip(), int(row["line"]))
        if label.name and label.name.lower() not in NO_CLASS:
            try:
                parse_class(label.name)
            except ValueError as error:
                raise ValueError(f"{file}, {label.path}: {error}, or none") from error
        labels.append(label)
    return labels


def _relative(path: str, folder: Path | None = None) -> str:
    plain = PurePosixPath(path.strip().replace("\\", "/"))
    if folder is not None and (plain.is_absolute() or PureWindowsPath(plain).is_absolute()):
        inside = folder.as_posix().replace("\\", "/")
        if plain.is_relative_to(inside):
            plain = plain.relative_to(inside)
    return unicodedata.normalize("NFC", plain.as_posix())


def match(labels: Sequence[Label], paths: Iterable[str], file: Path) -> dict[str, str]:
    """path -> class as written, of the paths that rows name.

    A row for a file takes precedence over a pattern, a pattern over a folder, an inner folder over an outer one, and a
    later row over an earlier one. Rows without a class are left out.

    Args:
        labels: the rows.
        paths: of the files, relative to the folder, with /, in NFC.
        file: the CSV file, for messages.

    Raises:
        ValueError: a row matches no file; the message is one line and names the nearest path.
    """
    paths = list(paths)
    lower = {path: path.casefold() for path in paths}
    found: dict[str, tuple[tuple[int, int, int], str]] = {}
    for label in labels:
        if not label.name:
            continue
        rank, matched = _matches(label.path, {path: path for path in paths})
        if not matched:
            rank, matched = _matches(label.path.casefold(), lower)
        if not matched:
            raise ValueError(f"{file}, row {label.row}: {label.path!r} matches no file{_nearest(label.path, paths)}")
        for path in matched:
            place = (*rank, label.row)
            if path not in found or place >= found[path][0]:
                found[path] = place, label.name
    return {path: name for path, (_, name) in found.items()}


def _matches(wanted: str, paths: dict[str, str]) -> tuple[tuple[int, int], list[str]]:
    """How specific a row is, and the paths that it means, by their spellings."""
    if exact := [path for path, spelling in paths.items() if spelling == wanted]:
        return (2, 0), exact
    if inside := [path for path, spelling in paths.items() if wanted == "." or spelling.startswith(wanted + "/")]:
        return (0, wanted.count("/") - (wanted == ".")), inside
    if not re.search(r"[*?\[]", wanted):
        return (0, 0), []
    alone = "/" not in wanted
    pattern, within = (re.compile(fnmatch.translate(text)) for text in (wanted, wanted + "/*"))
    return (1, 0), [
        path
        for path, spelling in paths.items()
        if pattern.match(spelling) or within.match(spelling) or (alone and pattern.match(PurePosixPath(spelling).name))
    ]


def _nearest(wanted: str, paths: Sequence[str]) -> str:
    """The end of a message: the file or folder whose path is most like the wanted one."""
    folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents} - {"."}
    near = difflib.get_close_matches(wanted, [*paths, *sorted(folders)], n=1, cutoff=0.4)
    return f"; the nearest is {near[0]!r}" if near else ""
