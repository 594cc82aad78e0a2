"""The analysis of single files (read, mix to mono, resample, fit, judge) and the journal that records it.

An interrupted build continues where it stopped: the journal in the store's folder records every file analysed so far.
After the build it keeps only what the store does not contain, so adding files later reads only the new ones.
"""

import json
import math
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int16

from drumjax.config import Audio, Data
from drumjax.data.folders import Entry
from drumjax.data.hits import has_several_hits
from drumjax.data.store import Store, to_int16
from drumjax.sound import audio

VERSION = 4  # of the processing; journals and stores of another version are rebuilt
MAX_READ_SECONDS = 60.0  # the part of a file that is read; a longer sound is no drum
SUFFIXES = frozenset(
    [".wav", ".wave", ".aif", ".aiff", ".aifc", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2"]
    + [".w64", ".rf64", ".caf", ".au", ".snd"]
    + [".m4a", ".aac", ".wma", ".wv", ".ape"]  # sound formats that libsndfile cannot read
)
RUMBLE_HZ = {"snap": 100.0}
"""Class -> frequency below which its sounds hold nothing of the instrument: fingers are recorded in rooms that rumble
(-11 dB below 100 Hz, where clean recordings have -36)."""


@dataclass(frozen=True)
class Verdict:
    """The outcome for one file, before its class and its similarity to other files are considered."""

    path: str
    size: int
    mtime: int
    reason: str  # why it is rejected; empty: usable
    detail: str
    rate: int  # of the file, Hz
    length: int  # samples up to the sound's own end
    seconds: float  # of sound, before it was cut to the length of the store
    lost: float  # share of its energy that the cut costs; 0: it was not cut
    high_pass: float  # Hz below which the wave was filtered out, by its class; 0: it was not


def judge(entry: Entry, shape: Audio, data: Data) -> tuple[Verdict, Int16[np.ndarray, " samples"] | None]:
    """The verdict on a file and, if it is usable, its wave, int16 (samples,); bad file contents never raise."""
    rate, length, seconds, lost, wave = 0, 0, 0.0, 0.0, None
    reason, detail = "", ""
    corner = RUMBLE_HZ.get(entry.drum_class or "", 0.0)
    try:
        raw, rate = audio.read(entry.file, MAX_READ_SECONDS)
        if len(raw) >= MAX_READ_SECONDS * rate:
            raise audio.Unfit("too long", f"more than {MAX_READ_SECONDS:g} s, of which no drum is made")
        mono = audio.resample(audio.mono(raw), rate, shape.rate)
        if corner:
            mono = audio.high_pass(mono, shape.rate, corner)
        trimmed = audio.trim(mono, shape.rate)
        fitted = audio.fit_trimmed(trimmed, shape, data.max_seconds, data.min_seconds, data.most_lost)
        if has_several_hits(trimmed, shape.rate):
            raise audio.Unfit("several hits", "another hit begins well after the first")
        length, seconds, lost = fitted.length, fitted.seconds, fitted.lost
        wave = to_int16(fitted.wave)
    except audio.Unfit as error:
        reason, detail = error.reason, str(error).partition(": ")[2] + _cure(error, data)
        seconds, lost = error.seconds, error.lost
    except ValueError as error:
        reason, detail = "unreadable" if looks_like_sound(entry.file, entry.size) else "not a sound", str(error)
    verdict = Verdict(entry.path, entry.size, entry.mtime, reason, detail, rate, length, seconds, lost, corner)
    return verdict, wave


def _cure(error: audio.Unfit, data: Data) -> str:
    """The settings that keep a sound that is too long."""
    settings = []
    if error.seconds > data.max_seconds:
        settings.append(f"data.max_seconds={math.ceil(error.seconds)}")
    if error.lost > data.most_lost:
        settings.append(f"data.most_lost={math.ceil(100 * error.lost) / 100:g}")
    return f"; --set {' '.join(settings)} keeps it, cut with a fade" if settings else ""


def looks_like_sound(path: Path, size: int) -> bool:
    """Whether the name or the first bytes of a file of `size` bytes are those of a sound."""
    if path.suffix.lower() in SUFFIXES or path.is_dir():  # a folder is only listed if it cannot be read
        return True
    if size < 12:  # includes -1, not a regular file: opening a pipe would block
        return False
    try:
        with open(path, "rb") as file:
            head = file.read(12)
    except OSError:
        return False
    riff = head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE"
    return riff or head[:4] in (b"fLaC", b"OggS") or (head[:4] == b"FORM" and head[8:11] == b"AIF")


class Journal:
    """Verdicts and waves on disk, appended as they come; complete entries survive a kill.

    Raises:
        OSError: a method cannot write; the message is one line.
    """

    def __init__(self, folder: Path, settings: dict):
        self.folder, self.settings = folder / "journal", settings
        self._samples = settings["audio"]["samples"]
        self._read: dict[tuple[str, int, int], tuple[Verdict, int]] = {}  # with the row of the wave or -1
        self._store: Store | None = None
        self._stored: dict[tuple[str, int, int], tuple[Verdict, int]] = {}
        rows = self._restore()
        self._open(rows)

    def _restore(self) -> int:
        """Reads the journal of an earlier build up to where it was cut; returns the number of complete waves."""
        rows = 0
        try:
            lines = (self.folder / "verdicts.jsonl").read_text(encoding="ascii").splitlines()
            whole = (self.folder / "waves.i16").stat().st_size // (2 * self._samples)
            if json.loads(lines[0]) != self.settings:
                return 0
            for line in lines[1:]:
                row, *values = json.loads(line)
                if row < whole:
                    verdict = Verdict(*values)
                    self._read[verdict.path, verdict.size, verdict.mtime] = verdict, row
                    rows = max(rows, row + 1)
        except (OSError, ValueError, IndexError, TypeError):
            pass  # no journal yet, or one cut in the middle of a line: the entries before it are valid
        return rows

    def _open(self, rows: int) -> None:
        """Opens the files to append after the last complete wave and line."""
        with _one_line_write_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lines = open(self.folder / "verdicts.jsonl.new", "w", encoding="ascii")
            self._lines.write(json.dumps(self.settings) + "\n")
            for verdict, row in self._read.values():
                self._lines.write(_line(row, verdict))
            self._lines.flush()
            os.replace(self.folder / "verdicts.jsonl.new", self.folder / "verdicts.jsonl")
            self._waves = open(self.folder / "waves.i16", "r+b" if rows else "w+b")
            self._waves.truncate(rows * 2 * self._samples)
            self._waves.seek(0, os.SEEK_END)
        self._rows = rows

    def add_store(self, store: Store) -> None:
        """Adds the sounds of a finished store that was made with the same settings."""
        if store.settings.get("journal") == self.settings:
            self._store = store
            for row, (path, extra) in enumerate(zip(store.paths, store.extras, strict=True)):
                length = int(store.lengths[row])
                names = ("rate", "length", "seconds", "lost", "high_pass")
                rest = [{**extra, "length": length}[name] for name in names]
                verdict = Verdict(path, extra["size"], extra["mtime"], "", "", *rest)
                self._stored[verdict.path, verdict.size, verdict.mtime] = verdict, row

    def find(self, entry: Entry) -> Verdict | None:
        """The verdict on a file that has not changed since it was read, or None."""
        key = entry.path, entry.size, entry.mtime
        found, _ = self._read.get(key) or self._stored.get(key) or (None, -1)
        # An unreadable file is tried again: its disk may have been missing. So is one of another class by now.
        corner = RUMBLE_HZ.get(entry.drum_class or "", 0.0)
        return found if found and found.reason != "unreadable" and found.high_pass == corner else None

    def verdict(self, entry: Entry) -> Verdict:
        """The verdict on a file that was read before or in this run."""
        key = entry.path, entry.size, entry.mtime
        return (self._read.get(key) or self._stored[key])[0]

    def wave(self, verdict: Verdict) -> Int16[np.ndarray, " samples"]:
        """The wave of a usable sound."""
        key = verdict.path, verdict.size, verdict.mtime
        if key in self._read:
            with _one_line_write_errors(self.folder):
                self._waves.flush()
            start = self._read[key][1] * self._samples
            return np.fromfile(self.folder / "waves.i16", np.int16, self._samples, offset=2 * start)
        return np.array(self._store.waves[self._stored[key][1]])

    def add(self, found: Iterable[tuple[Verdict, np.ndarray | None]]) -> None:
        """Appends verdicts and their waves; on return they are safe from a kill."""
        with _one_line_write_errors(self.folder):
            lines = []
            for verdict, wave in found:
                row = -1
                if wave is not None:
                    self._waves.write(wave.tobytes())
                    row, self._rows = self._rows, self._rows + 1
                self._read[verdict.path, verdict.size, verdict.mtime] = verdict, row
                lines.append(_line(row, verdict))
            self._waves.flush()  # waves first, then the lines that refer to them
            self._lines.writelines(lines)
            self._lines.flush()

    def read_files(self, entries: list[Entry], shape: Audio, data: Data) -> Iterator[int]:
        """Judges the files on all cores; after each block is saved, yields its number of files."""
        with ThreadPoolExecutor() as pool:
            for start in range(0, len(entries), 32):
                block = entries[start : start + 32]
                self.add(list(pool.map(lambda entry: judge(entry, shape, data), block)))
                yield len(block)

    def keep_only(self, verdicts: Iterable[Verdict]) -> None:
        """Drops all entries but these and closes the journal: the finished store contains the others."""
        lines, waves = self.folder / "verdicts.jsonl", self.folder / "waves.i16"
        new_lines, new_waves = lines.with_suffix(".new"), waves.with_suffix(".new")
        with _one_line_write_errors(self.folder):
            with open(new_lines, "w", encoding="ascii") as text, open(new_waves, "wb") as samples:
                text.write(json.dumps(self.settings) + "\n")
                rows = 0
                for verdict in verdicts:
                    if not verdict.reason:
                        samples.write(self.wave(verdict).tobytes())
                    text.write(_line(-1 if verdict.reason else rows, verdict))
                    rows += not verdict.reason
            self.close()
            # A kill after this point loses the journal but cannot combine the lines of one with the waves of another.
            lines.unlink()
            os.replace(new_waves, waves)
            os.replace(new_lines, lines)

    def close(self) -> None:
        """Closes the files."""
        for file in (self._lines, self._waves):
            try:
                file.close()
            except OSError:
                pass  # a full disk: missing entries are read again in the next build


class JournalWaves(Sequence):
    """The waves of verdicts as a sequence that reads each wave on access."""

    def __init__(self, journal: Journal, verdicts: list[Verdict]):
        self._journal, self._verdicts = journal, verdicts

    def __len__(self) -> int:
        return len(self._verdicts)

    def __getitem__(self, index: int) -> Int16[np.ndarray, " samples"]:
        return self._journal.wave(self._verdicts[index])


def discard(folder: Path) -> None:
    """Removes the journal of the store in `folder`, and the folder if it is empty then."""
    shutil.rmtree(folder / "journal", ignore_errors=True)
    try:
        folder.rmdir()
    except OSError:
        pass  # it holds a store or does not exist


def _line(row: int, verdict: Verdict) -> str:
    return json.dumps([row, *asdict(verdict).values()]) + "\n"


class _one_line_write_errors:
    """Replaces an OSError by one whose single line names the folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __enter__(self) -> None:
        pass

    def __exit__(self, _, error: BaseException | None, __) -> None:
        if isinstance(error, OSError):
            raise OSError(error.errno, f"cannot write in {self.folder}: {error.strerror or error}") from error
