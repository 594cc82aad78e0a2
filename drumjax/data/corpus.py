"""From folders of sounds to a labelled, de-duplicated, split store.

    list files -> judge each (read, trim, fit, several hits) -> class -> copies -> split by kit -> store and report

The report lists every file as kept or rejected. Reasons are `terms`, `hidden`, `not a sound`, `unreadable`, `silent`,
`too short`, `too long`, `several hits`, `no class`, `duplicate` and `near duplicate`; `detail` has more information,
for a copy the path of the sound that is kept.
"""

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np

from drumjax.config import CLASSES, Config
from drumjax.data.analysis import VERSION, Journal, JournalWaves, Verdict, discard
from drumjax.data.duplicates import find_copies
from drumjax.data.folders import Entry, list_files
from drumjax.data.report import summary
from drumjax.data.split import kit_splits
from drumjax.data.store import SPLITS, Store, StoreWriter
from drumjax.progress import bar, phase


def build(config: Config, progress: bool = True) -> Store:
    """The store of `config.data.folders`: opened if it exists and nothing has changed, otherwise built.

    An interrupted build continues where it stopped. If files were added or changed, only those are read. Equal files
    give equal stores, in any order and at any place. Only one process at a time may build in a folder.

    Args:
        config: its `audio` and `data`.
        progress: shows progress bars and, at the end, the table of classes.

    Raises:
        ValueError: a folder is missing or empty, a CSV file is wrong, or no usable sound of a known class is left. The
            message is one line.
        OSError: the store cannot be written; the message is one line. An earlier store is unchanged.
    """
    data, folder = config.data, config.store_dir
    if not data.folders:
        raise ValueError("data.folders must name at least one folder; got none")
    with phase("listing files", shown=progress):
        entries = list_files(data.folders, data.group_by, skip=folder)
    settings = _settings(config, entries)
    store = _open_store(folder, config)
    if store is None or store.settings != settings or not (folder / "report.json").exists():
        store = _build(config, entries, settings, store, progress)
    if progress:
        print(summary(store.folder))
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


def _build(config: Config, entries: list[Entry], settings: dict, old: Store | None, progress: bool) -> Store:
    """Builds the store; `old` is the store that it replaces, if any."""
    journal = None
    try:
        journal = Journal(config.store_dir, _journal_settings(config))
        if old is not None:
            journal.add_store(old)
        rejected = {e.path: (reason, "") for e in entries if (reason := _early_reason(e, config.data.terms))}
        wanted = [entry for entry in entries if entry.path not in rejected]
        verdicts = _verdicts(journal, wanted, config, progress)
        rejected |= _rejections(wanted, verdicts)
        kept = [entry for entry in wanted if entry.path not in rejected]
        rejected |= _copies(journal, kept, verdicts, config, progress)
        kept = [entry for entry in kept if entry.path not in rejected]
        if not kept:
            raise ValueError(_no_sounds_message(config, rejected))
        store = _write(journal, entries, kept, verdicts, rejected, config, settings, progress)
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


def _copies(
    journal: Journal, entries: list[Entry], verdicts: dict[str, Verdict], config: Config, progress: bool
) -> dict[str, tuple[str, str]]:
    """path -> (reason, path of the sound that is kept) of the copies.

    The best of several copies is kept: one that a manifest lists, then the highest rate, then a lossless codec, then
    the first path.
    """
    rate = config.audio.rate

    def rank(entry: Entry) -> tuple:
        lossy = entry.file.suffix.lower() in (".mp3", ".ogg", ".opus", ".m4a")
        return not entry.manifest_row, -min(verdicts[entry.path].rate, rate), lossy, entry.path

    ranked = sorted(entries, key=rank)

    def takes(a: int, b: int) -> bool:
        # Two sounds of one kit in a manifest are two takes or strengths of a stroke: a manifest is curated, and within
        # a kit a copy cannot leak from the training split to another.
        first, second = ranked[a], ranked[b]
        kits = first.manifest_row.get("kit"), second.manifest_row.get("kit")
        return first.top == second.top and bool(kits[0]) and kits[0] == kits[1]

    waves = JournalWaves(journal, [verdicts[entry.path] for entry in ranked])
    rates = [verdicts[entry.path].rate for entry in ranked]
    found = find_copies(waves, rates, rate, takes, lambda steps: bar(steps, "comparing", unit="sound", shown=progress))
    return {ranked[copy].path: (reason, f"of {ranked[original].path}") for copy, (reason, original) in found.items()}


def _write(
    journal: Journal,
    entries: list[Entry],
    kept: list[Entry],
    verdicts: dict[str, Verdict],
    rejected: dict[str, tuple[str, str]],
    config: Config,
    settings: dict,
    progress: bool,
) -> Store:
    """Writes the store and the report of every file."""
    labels = {entry.path: CLASSES.index(entry.drum_class) for entry in kept}
    kits = {entry.path: entry.kit(config.data.group_by) for entry in kept}
    counts: dict[str, np.ndarray] = {}
    for path, kit in kits.items():
        counts.setdefault(kit, np.zeros(len(CLASSES), int))[labels[path]] += 1
    splits = kit_splits(counts, config.data.shares)
    report = []
    for entry in entries:
        reason, detail = rejected.get(entry.path, ("", ""))
        row = {
            "path": entry.path,
            "outcome": "rejected" if reason else "kept",
            "class": entry.drum_class,
            "reason": reason,
            "split": None if reason else SPLITS[splits[kits[entry.path]]],
        }
        report.append(row | ({"detail": detail} if detail else {}))
    with StoreWriter(config.store_dir, config.audio) as writer:
        for entry in bar(kept, "writing", unit="sound", shown=progress):
            verdict = verdicts[entry.path]
            extra = {"size": entry.size, "mtime": entry.mtime, "rate": verdict.rate, "high_pass": verdict.high_pass}
            wave = journal.wave(verdict)
            writer.add(wave, verdict.length, labels[entry.path], kits[entry.path], entry.path, extra)
        return writer.finish(splits, report, _sources(kept), settings)


def _sources(kept: list[Entry]) -> list[dict]:
    """Source, licence, terms and count of the kept sounds that a manifest describes."""
    names = ("source", "licence", "terms")
    counts = Counter(tuple(entry.manifest_row.get(name, "") for name in names) for entry in kept)
    return [dict(zip(names, key, strict=True)) | {"count": n} for key, n in sorted(counts.items()) if any(key)]


def _no_sounds_message(config: Config, rejected: dict[str, tuple[str, str]]) -> str:
    """The message of the error for folders without any usable sound."""
    reasons = Counter(reason for reason, _ in rejected.values())
    found = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return (
        f"no usable sound of a known class in {', '.join(config.data.folders)} (files: {found}); files or folders must "
        f"be named after {', '.join(CLASSES)}, or be listed in labels.csv (path,class)"
    )
