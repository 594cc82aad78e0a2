"""One file on its way into the store: read, made mono, resampled, fitted, judged; and the journal that remembers it.

A build that is killed goes on where it was: the journal in the store's folder holds what was read so far. After the
build it keeps only what the store itself does not hold, so that adding files later reads nothing but those.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from drumjax.config import Audio, Data
from drumjax.data.folders import Entry
from drumjax.data.hits import several_hits
from drumjax.data.store import Store, to_int16
from drumjax.sound import audio

VERSION = 1  # of what is done to a sound: another number makes old journals and stores stale
LONGEST = 60.0  # s read of a file: what is longer is no drum
SUFFIXES = frozenset(
    [".wav", ".wave", ".aif", ".aiff", ".aifc", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2"]
    + [".w64", ".rf64", ".caf", ".au", ".snd"]
    + [".m4a", ".aac", ".wma", ".wv", ".ape"]  # sounds that libsndfile cannot read
)


@dataclass(frozen=True)
class Judged:
    """What became of one file, before its class and its likeness to others are looked at."""

    path: str
    size: int
    mtime: int
    reason: str  # empty: fit for the store
    detail: str
    rate: int  # Hz of the file
    length: int  # samples up to the sound's own end


def judged(entry: Entry, shape: Audio, data: Data) -> tuple[Judged, np.ndarray | None]:
    """The verdict on a file and, when it is fit, its wave, int16 [samples]. Never raises for what a file holds."""
    rate, length, wave = 0, 0, None
    reason, detail = "", ""
    try:
        raw, rate = audio.read(entry.file, LONGEST)
        if len(raw) >= LONGEST * rate:
            raise audio.Unfit("too long", f"more than {LONGEST:g} s")
        mono = audio.resample(audio.mono(raw), rate, shape.rate)
        trimmed = audio.trim(mono, shape.rate)
        fitted, length = audio.fit(mono, shape, data.max_seconds, data.min_seconds)
        if several_hits(trimmed, shape.rate):
            raise audio.Unfit("several hits", "another hit begins a while after the first")
        wave = to_int16(fitted)
    except audio.Unfit as error:
        reason, detail = error.reason, str(error).partition(": ")[2]
    except ValueError as error:
        reason, detail = "unreadable" if _claims_sound(entry) else "not a sound", str(error)
    return Judged(entry.path, entry.size, entry.mtime, reason, detail, rate, length), wave


def _claims_sound(entry: Entry) -> bool:
    """Whether the name or the first bytes say that this is a sound."""
    if entry.file.suffix.lower() in SUFFIXES or entry.file.is_dir():  # a folder is listed only if it is closed to us
        return True
    if entry.size < 12:  # also what is no regular file: never open a pipe
        return False
    try:
        with open(entry.file, "rb") as file:
            head = file.read(12)
    except OSError:
        return False
    riff = head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE"
    return riff or head[:4] in (b"fLaC", b"OggS") or (head[:4] == b"FORM" and head[8:11] == b"AIF")


class Journal:
    """Verdicts and waves on disk, appended as they come; whatever was complete survives a kill.

    Raises:
        OSError: one line, from any method that writes.
    """

    def __init__(self, folder: Path, settings: dict):
        self.folder, self.settings = folder / "journal", settings
        self._samples = settings["audio"]["samples"]
        self._known: dict[tuple[str, int, int], tuple[Judged, int]] = {}  # with the row of the wave, or -1
        self._store: Store | None = None
        self._kept: dict[tuple[str, int, int], tuple[Judged, int]] = {}
        rows = self._restore()
        self._open(rows)

    def _restore(self) -> int:
        """Reads what an earlier build left, up to where it was cut; returns the number of whole waves."""
        rows = 0
        try:
            lines = (self.folder / "verdicts.jsonl").read_text(encoding="ascii").splitlines()
            whole = (self.folder / "waves.i16").stat().st_size // (2 * self._samples)
            if json.loads(lines[0]) != self.settings:
                return 0
            for line in lines[1:]:
                row, *values = json.loads(line)
                if row < whole:
                    verdict = Judged(*values)
                    self._known[verdict.path, verdict.size, verdict.mtime] = verdict, row
                    rows = max(rows, row + 1)
        except (OSError, ValueError, IndexError, TypeError):
            pass  # none yet, or cut in the middle of a line: what was read until there counts
        return rows

    def _open(self, rows: int) -> None:
        """Goes on after the last whole wave and line."""
        with _writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lines = open(self.folder / "verdicts.jsonl.new", "w", encoding="ascii")
            self._lines.write(json.dumps(self.settings) + "\n")
            for verdict, row in self._known.values():
                self._lines.write(_line(row, verdict))
            self._lines.flush()
            os.replace(self.folder / "verdicts.jsonl.new", self.folder / "verdicts.jsonl")
            self._waves = open(self.folder / "waves.i16", "r+b" if rows else "w+b")
            self._waves.truncate(rows * 2 * self._samples)
            self._waves.seek(0, os.SEEK_END)
        self._rows = rows

    def also(self, store: Store) -> None:
        """Takes the sounds of a finished store as read, if it was made with the same settings."""
        if store.settings.get("journal") == self.settings:
            self._store = store
            for row, (path, extra) in enumerate(zip(store.paths, store.extras, strict=True)):
                verdict = Judged(path, extra["size"], extra["mtime"], "", "", extra["rate"], int(store.lengths[row]))
                self._kept[verdict.path, verdict.size, verdict.mtime] = verdict, row

    def find(self, entry: Entry) -> Judged | None:
        """The verdict on a file that has not changed since."""
        key = entry.path, entry.size, entry.mtime
        found = self._known.get(key) or self._kept.get(key)
        # What could not be read may have been a disk that was not there: it is tried again.
        return found[0] if found and found[0].reason != "unreadable" else None

    def latest(self, entry: Entry) -> Judged:
        """The verdict on a file that was read before or in this run."""
        key = entry.path, entry.size, entry.mtime
        return (self._known.get(key) or self._kept[key])[0]

    def wave(self, verdict: Judged) -> np.ndarray:
        """int16 [samples] of a fit sound."""
        key = verdict.path, verdict.size, verdict.mtime
        if key in self._known:
            with _writing(self.folder):
                self._waves.flush()
            start = self._known[key][1] * self._samples
            return np.fromfile(self.folder / "waves.i16", np.int16, self._samples, offset=2 * start)
        return np.array(self._store.waves[self._kept[key][1]])

    def add(self, found: Iterable[tuple[Judged, np.ndarray | None]]) -> None:
        """Appends a few verdicts and their waves; they are safe from a kill when this returns."""
        with _writing(self.folder):
            lines = []
            for verdict, wave in found:
                row = -1
                if wave is not None:
                    self._waves.write(wave.tobytes())
                    row, self._rows = self._rows, self._rows + 1
                self._known[verdict.path, verdict.size, verdict.mtime] = verdict, row
                lines.append(_line(row, verdict))
            self._waves.flush()  # first the waves, then the lines that speak of them
            self._lines.writelines(lines)
            self._lines.flush()

    def read(self, entries: list[Entry], shape: Audio, data: Data) -> Iterator[int]:
        """Judges the files on all cores; yields, as they are done and safe, how many at a time."""
        with ThreadPoolExecutor() as pool:
            for start in range(0, len(entries), 32):
                some = entries[start : start + 32]
                self.add(list(pool.map(lambda entry: judged(entry, shape, data), some)))
                yield len(some)

    def keep_only(self, verdicts: Iterable[Judged]) -> None:
        """Forgets all but these, and closes: what the finished store holds need not be here too."""
        lines, waves = self.folder / "verdicts.jsonl", self.folder / "waves.i16"
        new_lines, new_waves = lines.with_suffix(".new"), waves.with_suffix(".new")
        with _writing(self.folder):
            with open(new_lines, "w", encoding="ascii") as text, open(new_waves, "wb") as samples:
                text.write(json.dumps(self.settings) + "\n")
                rows = 0
                for verdict in verdicts:
                    if not verdict.reason:
                        samples.write(self.wave(verdict).tobytes())
                    text.write(_line(-1 if verdict.reason else rows, verdict))
                    rows += not verdict.reason
            self.close()
            # A kill from here on loses the journal, but never mixes the lines of one with the waves of another.
            lines.unlink()
            os.replace(new_waves, waves)
            os.replace(new_lines, lines)

    def close(self) -> None:
        for file in (self._lines, self._waves):
            try:
                file.close()
            except OSError:
                pass  # a full disk: what is missing is read again


class Waves(Sequence):
    """The waves of verdicts, read when asked for."""

    def __init__(self, journal: Journal, verdicts: list[Judged]):
        self._journal, self._verdicts = journal, verdicts

    def __len__(self) -> int:
        return len(self._verdicts)

    def __getitem__(self, index: int) -> np.ndarray:
        return self._journal.wave(self._verdicts[index])


def discard(folder: Path) -> None:
    """Removes the journal of the store in `folder`, and the folder if nothing else is in it."""
    shutil.rmtree(folder / "journal", ignore_errors=True)
    try:
        folder.rmdir()
    except OSError:
        pass  # a store is in it, or it was never made


def _line(row: int, verdict: Judged) -> str:
    return json.dumps([row, *asdict(verdict).values()]) + "\n"


class _writing:
    """Turns an OSError into one that says in one line what could not be written."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __enter__(self) -> None:
        pass

    def __exit__(self, _, error: BaseException | None, __) -> None:
        if isinstance(error, OSError):
            raise OSError(error.errno, f"cannot write in {self.folder}: {error.strerror or error}") from error
