"""The store: fitted sounds in one memory-mapped array, with the class, kit and split of each.

A store is a folder. `store.json` names the sub-folder with the data and is written last, by a rename. Until then the
folder holds no store or the previous one, never an incomplete one.

    store.json            format, name of the data folder, audio config, settings, kit names, sources
    report.json           the outcome for every file
    data-.../waves.i16    int16 (sounds, samples)
    data-.../sounds.json  path, length, label, kit, split and extra of each sound
"""

import json
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Int8, Int16, Int32, Shaped

from drumjax import files
from drumjax.config import CLASSES, Audio

FORMAT = 1
SPLITS = ("train", "validation", "test")
PEAK = 32767  # int16 value of a sample at 1.0


@dataclass(frozen=True)
class Store:
    """Sounds on disk, memory-mapped; see `Store.open`."""

    waves: Int16[np.ndarray, "sounds samples"]  # memory map; 32767 is the peak of every sound
    lengths: Int32[np.ndarray, " sounds"]  # samples up to each sound's own end; zeros follow
    labels: Int32[np.ndarray, " sounds"]  # index in CLASSES
    kits: Int32[np.ndarray, " sounds"]  # index in kit_names
    splits: Int8[np.ndarray, " sounds"]  # index in SPLITS; equal for all sounds of a kit
    paths: list[str]  # source file of each sound
    kit_names: list[str]
    sources: list[dict[str, Any]]  # for the model card: source, licence, terms, count
    extras: list[dict[str, Any]]  # the `extra` argument of `StoreWriter.add`
    settings: dict[str, Any]  # the `settings` argument of `StoreWriter.finish`
    audio: Audio
    folder: Path

    @classmethod
    def open(cls, folder: str | Path, audio: Audio | None = None) -> "Store":
        """Opens the finished store in `folder`.

        Args:
            folder: as given to `StoreWriter`.
            audio: the config that the sounds must have been fitted for; None accepts any.

        Raises:
            ValueError: the store is missing, unfinished, damaged or made for other audio; the message is one line.
        """
        folder = Path(folder)
        head, sounds, waves = _read(folder)
        made_for = Audio(**head["audio"])
        if audio is not None and (made_for.rate, made_for.samples) != (audio.rate, audio.samples):
            raise ValueError(
                f"the store in {folder} holds {made_for.samples} samples at {made_for.rate} Hz, "
                f"want {audio.samples} at {audio.rate} Hz: build it again, or name another with --set data.store=DIR"
            )
        return cls(
            waves=waves,
            lengths=np.array(sounds["lengths"], np.int32),
            labels=np.array(sounds["labels"], np.int32),
            kits=np.array(sounds["kits"], np.int32),
            splits=np.array(sounds["splits"], np.int8),
            paths=sounds["paths"],
            kit_names=head["kit_names"],
            sources=head["sources"],
            extras=sounds["extras"],
            settings=head["settings"],
            audio=made_for,
            folder=folder,
        )

    def __len__(self) -> int:
        return len(self.paths)

    def indices(self, split: str, drum_class: int | None = None) -> Int[np.ndarray, " n"]:
        """The sounds of a split, of one class (its index in CLASSES) or of all, in the order of the store.

        Raises:
            ValueError: the split is not one of SPLITS.
        """
        if split not in SPLITS:
            raise ValueError(f"split must be one of {', '.join(SPLITS)}; got {split!r}")
        chosen = self.splits == SPLITS.index(split)
        if drum_class is not None:
            chosen &= self.labels == drum_class
        return np.flatnonzero(chosen)

    def wave(self, index: int | np.integer | Int[np.ndarray, " n"]) -> Float[np.ndarray, "... samples"]:
        """Float32 (samples,) of one sound or (n, samples) of several, with peaks at 1."""
        return np.asarray(self.waves[index], np.float32) / PEAK


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, list], Int16[np.ndarray, "sounds samples"]]:
    """(store.json, sounds.json, memory-mapped waves) of the store in `folder`."""
    try:
        head = json.loads((folder / "store.json").read_text(encoding="utf8"))
        data = folder / head["data"]
        sounds = json.loads((data / "sounds.json").read_text(encoding="utf8"))
        shape = (len(sounds["paths"]), Audio(**head["audio"]).samples)
        waves = np.memmap(data / "waves.i16", np.int16, "r", shape=shape) if shape[0] else np.zeros(shape, np.int16)
    except FileNotFoundError as error:
        raise ValueError(f"no finished store in {folder}: drumjax train --stage data builds one") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"the store in {folder} is damaged ({error}): delete it and build it again") from error
    if head["format"] != FORMAT:
        raise ValueError(f"the store in {folder} has format {head['format']}, want {FORMAT}: build it again")
    return head, sounds, waves


def to_int16(wave: Float[np.ndarray, "*shape"]) -> Int16[np.ndarray, "*shape"]:
    """The wave, clipped to -1..1, in the format of the store."""
    return np.round(np.clip(wave, -1, 1) * PEAK).astype(np.int16)


class StoreWriter:
    """Writes a store sound by sound; the store cannot be opened before `finish`.

    with StoreWriter(folder, audio) as writer:
        writer.add(wave, length, label, kit="kit 1", path="kick/1")
        store = writer.finish({"kit 1": 0}, report=[], sources=[])

    If the `with` ends without `finish`, by an error or otherwise, the writer removes its files, and the previous store
    in the folder stays. A kill leaves a data folder behind, which the next `finish` removes.

    Raises:
        OSError: from any method, if the disk is full or not writable; the message is one line and names the folder.
    """

    def __init__(self, folder: str | Path, audio: Audio):
        self.folder, self.audio = Path(folder), audio
        self._data = self.folder / f"data-{uuid.uuid4().hex[:12]}"
        self._columns: dict[str, list] = {name: [] for name in ("paths", "lengths", "labels", "kits", "extras")}
        try:
            self._data.mkdir(parents=True)
            self._waves = open(self._data / "waves.i16", "wb")
        except OSError as error:
            raise _unwritable(self.folder, error) from error

    def __enter__(self) -> "StoreWriter":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def add(
        self,
        wave: Shaped[np.ndarray, " samples"],
        length: int,
        label: int,
        kit: str,
        path: str,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Appends one sound.

        Args:
            wave: float within -1..1 with its peak at 1, or int16 in the format of the store.
            length: samples up to the sound's own end.
            label: index in CLASSES.
            kit: the split keeps each kit whole.
            path: source of the sound, for the report.
            extra: any JSON value per name.
        """
        if wave.shape != (self.audio.samples,):
            raise ValueError(f"a sound must have shape ({self.audio.samples},); got {wave.shape}")
        if not (0 <= label < len(CLASSES) and 0 < length <= self.audio.samples):
            raise ValueError(f"label or length out of range: {label}, {length} ({path})")
        content = wave if wave.dtype == np.int16 else to_int16(wave)
        try:
            self._waves.write(content.tobytes())
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        for name, value in zip(self._columns, (path, int(length), int(label), kit, dict(extra or {})), strict=True):
            self._columns[name].append(value)

    def finish(
        self,
        splits: Mapping[str, int],
        report: Iterable[Mapping[str, Any]] = (),
        sources: Iterable[Mapping[str, Any]] = (),
        settings: Mapping[str, Any] | None = None,
        notes: Sequence[str] = (),
    ) -> Store:
        """Turns the added sounds into the store of the folder with one rename, and opens it.

        Args:
            splits: kit -> index in SPLITS, for every kit.
            report: `{"path", "outcome", "class", "reason", "split"}` of every file; written to report.json.
            sources: `{"source", "licence", "terms", "count"}`, for the model card.
            settings: compared by later builds to decide whether the store is up to date.
            notes: what the user is told about all files together; written to report.json.
        """
        names = sorted(set(self._columns["kits"]))
        number = {name: i for i, name in enumerate(names)}
        sounds = {
            **self._columns,
            "kits": [number[kit] for kit in self._columns["kits"]],
            "splits": [int(splits[kit]) for kit in self._columns["kits"]],
        }
        head = {
            "format": FORMAT,
            "data": self._data.name,
            "audio": asdict(self.audio),
            "settings": dict(settings or {}),
            "kit_names": names,
            "sources": [dict(source) for source in sources],
        }
        content = {"notes": list(notes)} if notes else {}
        content |= {"files": [dict(row) for row in report]}
        try:
            self._waves.close()
            files.write(self._data / "sounds.json", _json(sounds))
            files.write(self.folder / "report.json", _json(content, indent=1))
            files.write(self.folder / "store.json", _json(head, indent=1))
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        finished, self._data = self._data, None
        for old in self.folder.glob("data-*"):
            if old != finished:
                shutil.rmtree(old, ignore_errors=True)  # fails on systems where a mapped file cannot be removed
        return Store.open(self.folder)

    def close(self) -> None:
        """Removes the written files unless the store was finished."""
        try:
            self._waves.close()
        except OSError:
            pass  # the disk is full: the last buffer does not fit either, and the file is removed next
        if self._data is not None:
            shutil.rmtree(self._data, ignore_errors=True)


def _json(value: Any, indent: int | None = None) -> bytes:
    # ASCII keeps file names that are not valid Unicode: they become escaped surrogates.
    return json.dumps(value, ensure_ascii=True, indent=indent).encode("ascii") + b"\n"


def _unwritable(folder: Path, error: OSError) -> OSError:
    return OSError(error.errno, f"cannot write the store in {folder}: {error.strerror or error}")
