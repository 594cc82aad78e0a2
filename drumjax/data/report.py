"""The report of a build: what became of every file, the table of classes, and what was not understood."""

import csv
import io
import json
from collections import Counter
from pathlib import Path, PurePosixPath

from drumjax import files
from drumjax.config import CLASSES, Config
from drumjax.data.analysis import Verdict
from drumjax.data.folders import Entry
from drumjax.data.store import SPLITS
from drumjax.data.tables import read_csv
from drumjax.sound.m4a import INSTALL

SPLIT_HEADINGS = ("train", "valid.", "test")
NOT_UNDERSTOOD = "neither its name nor a folder's names a drum"
"""Detail of a rejected sound whose class nothing says, not even that it is another sound than a drum."""

SHOWN = 12  # folders and files that are listed on the terminal


def report_rows(
    entries: list[Entry],
    verdicts: dict[str, Verdict],
    rejected: dict[str, tuple[str, str]],
    guesses: dict[str, tuple[str, float]],
    config: Config,
) -> list[dict]:
    """The report's rows, without the split."""
    rows = []
    for entry in entries:
        reason, detail = rejected.get(entry.path, ("", ""))
        row = {
            "path": entry.path,
            "outcome": "rejected" if reason else "kept",
            "class": entry.drum_class,
            "reason": reason,
            "split": None,
        }
        verdict = verdicts.get(entry.path)
        if not reason and verdict is not None and verdict.lost > 0:
            limit = f"at most {config.data.most_lost:.2%}"
            kept = f"cut to {config.audio.samples / config.audio.rate:.2g} s"
            detail = (
                f"{verdict.seconds:.3f} s of sound, {kept} with a fade: {verdict.lost:.2%} of its energy lost, {limit}"
            )
        if entry.path in guesses:
            name, certainty = guesses[entry.path]
            row |= {"guess": name, "certainty": round(certainty, 3)}
            detail = detail or ("classified by its sound" if entry.guess else "")
        if reason == "no class" and entry.understood is None:
            detail = NOT_UNDERSTOOD
        rows.append(row | ({"detail": detail} if detail else {}))
    return rows


def summary(folder: Path, labels: Path | None = None) -> str:
    """The table and hints for the store in `folder`, from its report.json.

    Args:
        folder: of the store.
        labels: where a labels.csv to be filled in is written if files were not understood.
    """
    report = json.loads((folder / "report.json").read_text(encoding="ascii"))
    rows = report["files"]
    lines = [f"{'class':<11}{'kept':>6}" + "".join(f"{name:>13}" for name in SPLIT_HEADINGS) + "   dropped"]
    for name in (*CLASSES, None):
        entries = [entry for entry in rows if entry["class"] == name]
        if entries:
            lines.append(_line(name or "no class", entries))
    lines.append(_line("all", rows))
    lines += [*report.get("notes", []), *_hints(rows), f"store: {folder}"]
    if labels is not None:
        lines += _not_understood(rows, labels)
        write_labels(rows, labels)
    return "\n".join(lines)


def _line(name: str, entries: list[dict]) -> str:
    """One line of the table."""
    sides = Counter(entry["split"] for entry in entries if entry["outcome"] == "kept")
    kept = sides.total()
    shares = (f"{sides[side]:>6} {sides[side] / kept:>6.1%}" if kept else f"{'':>13}" for side in SPLITS)
    reasons = Counter(entry["reason"] for entry in entries if entry["outcome"] == "rejected")
    dropped = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return f"{name:<11}{kept:>6}" + "".join(shares) + (f"   {reasons.total()}: {dropped}" if dropped else "   0")


def _hints(rows: list[dict]) -> list[str]:
    """Hints about classes without sounds, in all or on one side of the split, and about sounds that can be kept."""
    kept = [entry for entry in rows if entry["outcome"] == "kept"]
    present = {name for name in CLASSES if any(entry["class"] == name for entry in kept)}
    hints = [f"no sounds of: {', '.join(n for n in CLASSES if n not in present)}"] if len(present) < 11 else []
    for side in SPLITS[:2]:
        here = {entry["class"] for entry in kept if entry["split"] == side}
        if missing := [name for name in CLASSES if name in present - here]:
            hints.append(f"none on the {side} side of: {', '.join(missing)} (kits are never split; see --group-by)")
    cures = [row["detail"] for row in rows if row["reason"] == "too long" and "--set" in row.get("detail", "")]
    if cures:
        hints.append(f"{len(cures)} too long, such as: {cures[0]} (report.json lists them all)")
    if m4a := sum(INSTALL in row.get("detail", "") for row in rows):
        hints.append(f"{m4a} M4A files need PyAV to be read: {INSTALL}")
    if guessed := [row for row in kept if "guess" in row]:
        hints.append(f"classified by their sound: {len(guessed)} ({_classes(guessed)})")
    return hints


def _classes(rows: list[dict]) -> str:
    counts = Counter(row["guess"] for row in rows if "guess" in row)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def _open_questions(rows: list[dict]) -> dict[str, list[dict]]:
    """folder -> the rows of its sounds that were not understood."""
    folders: dict[str, list[dict]] = {}
    for row in rows:
        if row.get("detail") == NOT_UNDERSTOOD:
            folders.setdefault(str(PurePosixPath(row["path"]).parent), []).append(row)
    return folders


def _not_understood(rows: list[dict], labels: Path) -> list[str]:
    """The folders and files whose class nothing says, with guesses from their sounds, and what to do about them."""
    folders = _open_questions(rows)
    if not folders:
        return []
    unknown = [row for inside in folders.values() for row in inside]
    lines = [f"not understood: {len(unknown)} sounds in {len(folders)} folders"]
    largest = sorted(folders.items(), key=lambda item: (-len(item[1]), item[0]))
    for folder, inside in largest[:SHOWN]:
        guesses = f"   by their sound: {_classes(inside)}" if _classes(inside) else ""
        lines.append(f"  {files.shown(folder)}/  {len(inside)}{guesses}")
    lines += [f"  ... and {len(largest) - SHOWN} more folders"] if len(largest) > SHOWN else []
    for row in unknown[:SHOWN]:
        guess = f"   by its sound: {row['guess']}, {row['certainty']:.0%}" if "guess" in row else ""
        lines.append(f"  {files.shown(row['path'])}{guess}")
    lines += [f"  ... and {len(unknown) - SHOWN} more files"] if len(unknown) > SHOWN else []
    way = "; --guess takes the certain guesses" if any("guess" in row for row in unknown) else ""
    return [*lines, f"fill in the classes of folders or files in {labels} and start again{way}"]


def write_labels(rows: list[dict], labels: Path) -> bool:
    """Writes a labels.csv to be filled in: the folders and files that were not understood.

    Rows that are filled in already stay. Without anything to ask, no file is written, and False is returned.

    Raises:
        OSError: the file cannot be written; the message is one line.
    """
    folders = _open_questions(rows)
    if not folders:
        return False
    columns = ("path", "class", "guess", "certainty")
    known = [row for row in read_csv(labels, ("path", "class")) if row.get("class", "").strip()]
    table = [[row.get(name, "") for name in columns] for row in known]
    done = {row.get("path", "") for row in known}
    asked = [[folder, "", _classes(inside), ""] for folder, inside in sorted(folders.items()) if folder != "."]
    asked += [
        [row["path"], "", row.get("guess", ""), row.get("certainty", "")]
        for _, inside in sorted(folders.items())
        for row in inside
    ]
    table += [row for row in asked if row[0] not in done and row[0].isprintable()]
    text = io.StringIO()
    csv.writer(text).writerows([columns, *table])
    labels.parent.mkdir(parents=True, exist_ok=True)
    files.write(labels, text.getvalue().encode("utf-8-sig"))  # Excel needs the mark to read UTF-8
    return True
