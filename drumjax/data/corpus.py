"""From folders of sounds to a labelled, de-duplicated, split store.

    list files -> judge each (read, trim, fit, several hits) -> class -> copies -> split by kit -> store and report

Every file ends in the report, kept or rejected with one of the reasons `terms`, `hidden`, `not a sound`,
`unreadable`, `silent`, `too short`, `too long`, `several hits`, `no class`, `duplicate`, `near duplicate`; `detail`
says more, for a copy the path of the sound that is kept.
"""

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np

from drumjax.config import CLASSES, Config
from drumjax.data.analysis import VERSION, Journal, Judged, Waves, discard
from drumjax.data.duplicates import copies
from drumjax.data.folders import Entry, listed
from drumjax.data.report import summary
from drumjax.data.split import kit_splits
from drumjax.data.store import SPLITS, Store, StoreWriter
from drumjax.progress import bar, phase


def build(config: Config, progress: bool = True) -> Store:
    """The store of `config.data.folders`: opened when it is there and nothing has changed, made otherwise.

    Killed, it goes on where it was; with files added or changed, only those are read. The same files give the same
    store, in whatever order and wherever they are. One process at a time may build in a folder.

    Args:
        progress: show progress bars and, at the end, the table of classes.

    Raises:
        ValueError: one line: a folder is missing or empty, a CSV file is wrong, nothing of a known class is left.
        OSError: one line: the store cannot be written; the store that was there before is still whole.
    """
    data, folder = config.data, config.store_dir
    if not data.folders:
        raise ValueError("no data folder given")
    with phase("listing files", shown=progress):
        entries = listed(data.folders, data.group_by, skip=folder)
    settings = _settings(config, entries)
    store = _finished(folder, config)
    if store is None or store.settings != settings or not (folder / "report.json").exists():
        store = _made(config, entries, settings, store, progress)
    if progress:
        print(summary(store.folder))
    return store


def _settings(config: Config, entries: list[Entry]) -> dict:
    """What the store depends on: equal settings, equal store."""
    data = config.data
    files = [[e.path, e.size, e.mtime, e.top, e.label, sorted(e.row.items())] for e in entries]
    return {
        "files": hashlib.blake2b(json.dumps(files).encode("ascii"), digest_size=16).hexdigest(),
        "group_by": data.group_by,
        "shares": list(data.shares),
        "terms": data.terms,
        "journal": _journal_settings(config),
    }


def _journal_settings(config: Config) -> dict:
    """What the verdict on a single file depends on."""
    shape = {"rate": config.audio.rate, "samples": config.audio.samples}
    return {"version": VERSION, "audio": shape, "seconds": [config.data.min_seconds, config.data.max_seconds]}


def _finished(folder: Path, config: Config) -> Store | None:
    try:
        return Store.open(folder, config.audio)
    except ValueError:
        return None


def _made(config: Config, entries: list[Entry], settings: dict, old: Store | None, progress: bool) -> Store:
    journal = None
    try:
        journal = Journal(config.store_dir, _journal_settings(config))
        if old is not None:
            journal.also(old)
        rejected = {e.path: (reason, "") for e in entries if (reason := _unread(e, config.data.terms))}
        wanted = [entry for entry in entries if entry.path not in rejected]
        verdicts = _verdicts(journal, wanted, config, progress)
        rejected |= _unfit(wanted, verdicts)
        kept = [entry for entry in wanted if entry.path not in rejected]
        rejected |= _copied(journal, kept, verdicts, config, progress)
        kept = [entry for entry in kept if entry.path not in rejected]
        if not kept:
            raise ValueError(_nothing_left(config, rejected))
        store = _written(journal, entries, kept, verdicts, rejected, config, settings, progress)
        journal.keep_only(verdicts[entry.path] for entry in wanted if entry.path in rejected)
        return store
    except (OSError, ValueError):
        discard(config.store_dir)  # frees a full disk, and leaves nothing behind where there is nothing to keep
        raise
    finally:
        if journal is not None:
            journal.close()


def _unread(entry: Entry, terms: str) -> str:
    """Why a file is rejected before it is read; empty when it is not."""
    if entry.hidden:
        return "hidden"
    return "terms" if terms not in ("any", entry.row.get("terms", "").strip()) else ""


def _verdicts(journal: Journal, wanted: list[Entry], config: Config, progress: bool) -> dict[str, Judged]:
    """path -> verdict, from the journal where it knows the file."""
    missing = [entry for entry in wanted if journal.find(entry) is None]
    with bar(None, "reading and judging", len(wanted), unit="file", shown=progress) as reading:
        reading.update(len(wanted) - len(missing))
        for done in journal.read(missing, config.audio, config.data):
            reading.update(done)
    return {entry.path: journal.latest(entry) for entry in wanted}


def _unfit(entries: list[Entry], verdicts: dict[str, Judged]) -> dict[str, tuple[str, str]]:
    """path -> (reason, detail) of what is no sound for the store, or of no class."""
    unfit = {e.path: (verdicts[e.path].reason, verdicts[e.path].detail) for e in entries if verdicts[e.path].reason}
    return unfit | {e.path: ("no class", "") for e in entries if e.path not in unfit and e.drum_class is None}


def _copied(
    journal: Journal, entries: list[Entry], verdicts: dict[str, Judged], config: Config, progress: bool
) -> dict[str, tuple[str, str]]:
    """path -> (reason, path of the sound kept) of the copies. The best of several is kept: the one a manifest
    lists, the highest rate, the one without a lossy codec, the first by path."""
    rate = config.audio.rate

    def rank(entry: Entry) -> tuple:
        lossy = entry.file.suffix.lower() in (".mp3", ".ogg", ".opus", ".m4a")
        return not entry.row, -min(verdicts[entry.path].rate, rate), lossy, entry.path

    ranked = sorted(entries, key=rank)

    def takes(a: int, b: int) -> bool:
        # What a manifest lists as two sounds of one kit are two takes or strengths of a stroke: it was curated, and
        # within a kit a copy cannot leak from the training side to another.
        first, second = ranked[a], ranked[b]
        kits = first.row.get("kit"), second.row.get("kit")
        return first.top == second.top and bool(kits[0]) and kits[0] == kits[1]

    waves = Waves(journal, [verdicts[entry.path] for entry in ranked])
    rates = [verdicts[entry.path].rate for entry in ranked]
    found = copies(waves, rates, rate, takes, lambda steps: bar(steps, "comparing", unit="sound", shown=progress))
    return {ranked[copy].path: (reason, f"of {ranked[original].path}") for copy, (reason, original) in found.items()}


def _written(
    journal: Journal,
    entries: list[Entry],
    kept: list[Entry],
    verdicts: dict[str, Judged],
    rejected: dict[str, tuple[str, str]],
    config: Config,
    settings: dict,
    progress: bool,
) -> Store:
    """The finished store, with its report of every file."""
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
            extra = {"size": entry.size, "mtime": entry.mtime, "rate": verdict.rate}
            writer.add(journal.wave(verdict), verdict.length, labels[entry.path], kits[entry.path], entry.path, extra)
        return writer.finish(splits, report, _sources(kept), settings)


def _sources(kept: list[Entry]) -> list[dict]:
    """Source, licence, terms and count of what is kept, where a manifest says so."""
    names = ("source", "licence", "terms")
    counts = Counter(tuple(entry.row.get(name, "") for name in names) for entry in kept)
    return [dict(zip(names, key, strict=True)) | {"count": n} for key, n in sorted(counts.items()) if any(key)]


def _nothing_left(config: Config, rejected: dict[str, tuple[str, str]]) -> str:
    reasons = Counter(reason for reason, _ in rejected.values())
    found = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return (
        f"no usable sound of a known class in {', '.join(config.data.folders)} (files: {found}); name files or folders "
        f"after {', '.join(CLASSES)}, or list them in labels.csv (path,class)"
    )
