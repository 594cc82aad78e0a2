"""From folders of sounds to a labelled, de-duplicated, split store.

    list files -> judge each (read, trim, fit, several hits) -> class -> kits -> copies -> split by kit -> store, report

The report lists every file as kept or rejected. Reasons are `terms`, `hidden`, `not a sound`, `unreadable`, `silent`,
`too short`, `too long`, `several hits`, `no class`, `duplicate` and `near duplicate`; `detail` has more information,
for a copy the path of the sound that is kept, for a sound that was cut what it lost. A sound whose class nothing says
has a `guess` from its sound and the `certainty` of that.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from drumjax.config import CLASSES, Config
from drumjax.data import kits
from drumjax.data.analysis import VERSION, Journal, JournalWaves, Verdict, discard
from drumjax.data.duplicates import find_copies
from drumjax.data.folders import Entry, list_files
from drumjax.data.report import report_rows, summary, write_labels
from drumjax.data.split import kit_splits
from drumjax.data.store import PEAK, SPLITS, Store, StoreWriter
from drumjax.progress import bar, phase

Guess = Callable[[np.ndarray], Sequence[tuple[str, float]]]
"""Waves, float32 (sounds, samples) with peaks at 1 -> (class, certainty) of each."""

CERTAIN = 0.5
"""Certainty from which `data.guess` takes a guess: 73 % of real sounds of unseen kits reach it, and 90 % of those
guesses are right."""

GUESSED = 64
"""Sounds guessed at once."""

_SOURCE = ("source", "licence", "terms")
"""Columns of a manifest that say where a sound is from."""


def build(config: Config, progress: bool = True, guess: Guess | None = None) -> Store:
    """The store of `config.data.folders`: opened if it exists and nothing has changed, otherwise built.

    An interrupted build continues where it stopped. If files were added or changed, only those are read. Equal files
    give equal stores, in any order and at any place. Only one process at a time may build in a folder.

    Args:
        config: its `audio`, `data` and `run_dir`, whose labels.csv counts.
        progress: shows progress bars and, at the end, the table of classes, and writes a labels.csv to be filled in
            into the run's folder where files were not understood.
        guess: classifies sounds; None leaves those without a class without a guess.

    Raises:
        ValueError: a folder is missing or empty, a CSV file is wrong, or no usable sound of a known class is left. The
            message is one line.
        OSError: the store cannot be written; the message is one line. An earlier store is unchanged.
    """
    data, folder = config.data, config.store_dir
    if not data.folders:
        raise ValueError("data.folders must name at least one folder; got none")
    labels = config.run_dir / "labels.csv"
    with phase("listing files", shown=progress):
        entries = list_files(data.folders, data.group_by, skip=folder, labels=labels)
    settings = _settings(config, entries)
    store = _open_store(folder, config)
    if store is None or store.settings != settings or not (folder / "report.json").exists():
        store = _build(config, entries, settings, store, progress, guess)
    if progress:
        print(summary(store.folder, labels))
    return store


def _settings(config: Config, entries: list[Entry]) -> dict:
    """All inputs of the store: equal settings give equal stores."""
    data = config.data
    files = [[e.path, e.size, e.mtime, e.top, e.label, sorted(e.manifest_row.items())] for e in entries]
    return {
        "files": hashlib.blake2b(json.dumps(files).encode("ascii"), digest_size=16).hexdigest(),
        "group_by": data.group_by,
        "shares": list(data.shares),
        "terms": data.terms,
        "guess": data.guess,
        "journal": _journal_settings(config),
    }


def _journal_settings(config: Config) -> dict:
    """All inputs of the verdict on a single file."""
    shape = {"rate": config.audio.rate, "samples": config.audio.samples}
    limits = [config.data.min_seconds, config.data.max_seconds, config.data.most_lost]
    return {"version": VERSION, "audio": shape, "limits": limits}


def _open_store(folder: Path, config: Config) -> Store | None:
    """The finished store in `folder`, or None."""
    try:
        return Store.open(folder, config.audio)
    except ValueError:
        return None


def _build(
    config: Config, entries: list[Entry], settings: dict, old: Store | None, progress: bool, guess: Guess | None
) -> Store:
    """Builds the store; `old` is the store that it replaces, if any."""
    journal = None
    try:
        journal = Journal(config.store_dir, _journal_settings(config))
        if old is not None:
            journal.add_store(old)
        rejected = {e.path: (reason, "") for e in entries if (reason := _early_reason(e, config.data.terms))}
        wanted = [entry for entry in entries if entry.path not in rejected]
        verdicts = _verdicts(journal, wanted, config, progress)
        guesses = _guesses(journal, wanted, verdicts, guess, progress)
        if config.data.guess:
            wanted = [_with_guess(entry, guesses) for entry in wanted]
            verdicts |= _verdicts(journal, [entry for entry in wanted if entry.guess], config, progress=False)
        rejected |= _rejections(wanted, verdicts)
        kept = [entry for entry in wanted if entry.path not in rejected]
        by_file = config.data.group_by == "auto" and not kits.are_folders(kept)
        copies, groups = _copies(journal, kept, verdicts, config, by_file, progress)
        rejected |= copies
        kept = [entry for entry in kept if entry.path not in rejected]
        changed = {entry.path: entry for entry in wanted}
        rows = report_rows([changed.get(e.path, e) for e in entries], verdicts, rejected, guesses, config)
        notes = [kits.BY_FILE] if by_file else []
        if not kept:
            labels = config.run_dir / "labels.csv"
            asked = progress and write_labels(rows, labels)
            raise ValueError(_no_sounds_message(config, rejected) + (f"; {labels} is to be filled in" if asked else ""))
        store = _write(journal, kept, verdicts, groups, rows, notes, config, settings, progress)
        journal.keep_only(verdicts[entry.path] for entry in wanted if entry.path in rejected)
        return store
    except (OSError, ValueError):
        discard(config.store_dir)  # frees a full disk and removes the folder if it is empty
        raise
    finally:
        if journal is not None:
            journal.close()


def _early_reason(entry: Entry, terms: str) -> str:
    """Why a file is rejected before it is read; empty if it is not."""
    if entry.hidden:
        return "hidden"
    return "terms" if terms not in ("any", entry.manifest_row.get("terms", "").strip()) else ""


def _verdicts(journal: Journal, wanted: list[Entry], config: Config, progress: bool) -> dict[str, Verdict]:
    """path -> verdict, from the journal for files already read."""
    missing = [entry for entry in wanted if journal.find(entry) is None]
    with bar(None, "reading and judging", len(wanted), unit="file", shown=progress) as reading:
        reading.update(len(wanted) - len(missing))
        for done in journal.read_files(missing, config.audio, config.data):
            reading.update(done)
    return {entry.path: journal.verdict(entry) for entry in wanted}


def _rejections(entries: list[Entry], verdicts: dict[str, Verdict]) -> dict[str, tuple[str, str]]:
    """path -> (reason, detail) of the files without a usable sound or without a class."""
    unfit = {e.path: (verdicts[e.path].reason, verdicts[e.path].detail) for e in entries if verdicts[e.path].reason}
    return unfit | {e.path: ("no class", "") for e in entries if e.path not in unfit and e.drum_class is None}


def _guesses(
    journal: Journal, entries: list[Entry], verdicts: dict[str, Verdict], guess: Guess | None, progress: bool
) -> dict[str, tuple[str, float]]:
    """path -> (class, certainty) by the sound, of usable sounds that nothing else classifies."""
    unknown = [e for e in entries if e.understood is None and not verdicts[e.path].reason]
    if guess is None or not unknown:
        return {}
    found = {}
    for start in bar(range(0, len(unknown), GUESSED), "guessing classes", unit="block", shown=progress):
        block = unknown[start : start + GUESSED]
        waves = np.stack([journal.wave(verdicts[entry.path]) for entry in block]).astype(np.float32) / PEAK
        found |= {entry.path: result for entry, result in zip(block, guess(waves), strict=True)}
    return found


def _with_guess(entry: Entry, guesses: dict[str, tuple[str, float]]) -> Entry:
    name, certainty = guesses.get(entry.path, (None, 0.0))
    return replace(entry, guess=name) if certainty >= CERTAIN else entry


def _copies(
    journal: Journal,
    entries: list[Entry],
    verdicts: dict[str, Verdict],
    config: Config,
    by_file: bool,
    progress: bool,
) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """path -> (reason, path of the sound that is kept) of the copies, and path -> kit of the other sounds.

    The best of several copies is kept: one that a manifest lists, then the highest rate, then a lossless codec, then
    the first path. Near duplicates inside one kit are takes of a stroke and stay. Where every file is a kit, they stay
    together.
    """
    rate = config.audio.rate

    def rank(entry: Entry) -> tuple:
        lossy = entry.file.suffix.lower() in (".mp3", ".ogg", ".opus", ".m4a")
        return not entry.manifest_row, -min(verdicts[entry.path].rate, rate), lossy, entry.path

    ranked = sorted(entries, key=rank)
    group_by = "file" if by_file else config.data.group_by
    inside = [(entry.top, kits.together(entry, group_by)) for entry in ranked]

    def takes(a: int, b: int) -> bool:
        return group_by != "file" and inside[a] == inside[b]

    waves = JournalWaves(journal, [verdicts[entry.path] for entry in ranked])
    rates = [verdicts[entry.path].rate for entry in ranked]
    found = find_copies(waves, rates, rate, takes, lambda steps: bar(steps, "comparing", unit="sound", shown=progress))
    groups = {entry.path: entry.kit(group_by) for entry in ranked}
    dropped = {}
    for copy, (reason, original) in sorted(found.items()):
        if reason == "near duplicate" and inside[copy] == inside[original]:
            groups[ranked[copy].path] = groups[ranked[original].path]
        else:
            dropped[ranked[copy].path] = reason, f"of {ranked[original].path}"
    return dropped, groups


def _write(
    journal: Journal,
    kept: list[Entry],
    verdicts: dict[str, Verdict],
    groups: dict[str, str],
    rows: list[dict],
    notes: list[str],
    config: Config,
    settings: dict,
    progress: bool,
) -> Store:
    """Writes the store and the report of every file."""
    labels = {entry.path: CLASSES.index(entry.drum_class) for entry in kept}
    counts: dict[str, np.ndarray] = {}
    for path, label in labels.items():
        counts.setdefault(groups[path], np.zeros(len(CLASSES), int))[label] += 1
    splits = kit_splits(counts, config.data.shares)
    for row in rows:
        if row["outcome"] == "kept":
            row["split"] = SPLITS[splits[groups[row["path"]]]]
    sources = _sources(kept)
    numbers = {_source(source): number for number, source in enumerate(sources)}
    with StoreWriter(config.store_dir, config.audio) as writer:
        for entry in bar(kept, "writing", unit="sound", shown=progress):
            verdict = verdicts[entry.path]
            extra = {"size": entry.size, "mtime": entry.mtime, "rate": verdict.rate, "high_pass": verdict.high_pass}
            extra |= {"seconds": verdict.seconds, "lost": verdict.lost}
            extra |= {"source": numbers.get(_source(entry.manifest_row), -1)}
            wave = journal.wave(verdict)
            writer.add(wave, verdict.length, labels[entry.path], groups[entry.path], entry.path, extra)
        return writer.finish(splits, rows, sources, settings, notes)


def _sources(kept: list[Entry]) -> list[dict]:
    """Source, licence, terms and count of the kept sounds that a manifest describes."""
    counts = Counter(_source(entry.manifest_row) for entry in kept)
    return [dict(zip(_SOURCE, key, strict=True)) | {"count": n} for key, n in sorted(counts.items()) if any(key)]


def _source(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row.get(name, "") for name in _SOURCE)


def _no_sounds_message(config: Config, rejected: dict[str, tuple[str, str]]) -> str:
    """The message of the error for folders without any usable sound."""
    reasons = Counter(reason for reason, _ in rejected.values())
    found = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return (
        f"no usable sound of a known class in {', '.join(config.data.folders)} (files: {found}); files or folders must "
        f"be named after {', '.join(CLASSES)}, or be listed in labels.csv (path,class)"
    )
