"""Sounds of the user's: files below folders that were allowed when the server started, and files that pages sent."""

import dataclasses
import hashlib
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Float

from drumjax.data.labels import class_of_file
from drumjax.files import shown
from drumjax.play import own
from drumjax.play.own import Sound
from drumjax.server.checks import excerpt
from drumjax.server.sound import KEY_DIGITS, SENT
from drumjax.sound import audio
from drumjax.synth import Synth

KEPT = 64
"""Sounds with their latents that are kept; the ones used longest ago are dropped first."""
SENT_BYTES = 1 << 28
"""Of the waves that pages sent; beyond, the ones used longest ago are dropped, and a page sends its file again."""


class Missing(ValueError):
    """A file that a page sent is not kept, or no more; `key` names it."""

    def __init__(self, key: str):
        super().__init__("the server does not have this sound file: send it to /listen")
        self.key = key


@dataclass(frozen=True)
class Listened:
    """A file that a page sent.

    Attributes:
        key: names it from now on.
        sound: the file with its class and latents.
        comment: in the file; empty if there is none.
    """

    key: str
    sound: Sound
    comment: str

    def facts(self) -> dict[str, Any]:
        """What the page is told."""
        wave = self.sound.wave
        return {
            "key": self.key,
            "class": str(self.sound.drum_class),
            "certainty": round(self.sound.certainty, 3),
            "rate": self.sound.rate,
            "channels": 1 if wave.ndim == 1 else wave.shape[1],
            "seconds": round(len(wave) / self.sound.rate, 4),
            "error_db": round(self.sound.error_db, 2),
        }


def class_of(path: str) -> str:
    """The class in the name of a sound file.

    Raises:
        ValueError: the name says none. A guess by the sound would hold up all other requests for seconds.
    """
    found = class_of_file(path)
    if found is None:
        raise ValueError(f"the name of {excerpt(path)} does not say what drum it is: give its class")
    return found


class OwnSounds:
    """Reads sound files below the allowed folders, and keeps those that pages sent in memory.

    The engine's worker asks for sounds (`listened`); other threads send files (`listen`).
    """

    def __init__(self, synth: Synth, folders: Sequence[Path] = ()):
        self._synth = synth
        self._folders = [Path(os.path.realpath(folder)) for folder in folders]
        self._kept: OrderedDict[tuple[str, str, int, int], Sound] = OrderedDict()
        self._sent: OrderedDict[str, tuple[Float[np.ndarray, "samples ..."], int]] = OrderedDict()
        self._lock = threading.Lock()  # of both
        self._listening = threading.Lock()  # files one by one
        self._guessing = threading.Lock()  # guesses too: the first one takes seconds, and files of a known class go on
        self._guesses = False  # whether the first one has been made

    @property
    def busy(self) -> bool:
        """Whether a file is being listened to."""
        return self._listening.locked() or self._guessing.locked()

    def listen(
        self, content: bytes, name: str = "", drum_class: str | None = None, fallback: str | None = None
    ) -> Listened:
        """Keeps a sound file of a page.

        Args:
            content: the file's bytes.
            name: of the file, which may say its class.
            drum_class: None: the one in the name, else a guess by the sound.
            fallback: the class, with a certainty of 0, where a guess would take seconds: the first one does.

        Raises:
            ValueError: it is no sound that can be edited, or its class cannot be guessed. The message is one line.
        """
        key = hashlib.sha256(content).hexdigest()[:KEY_DIGITS]
        safe = PurePosixPath(name.replace("\\", "/").replace("\0", "")).name[:80] or "the file"
        with tempfile.TemporaryDirectory(prefix="drumjax-sent-") as folder:
            path = Path(folder) / "sound"  # without an extension: what it holds decides
            path.write_bytes(content)
            try:
                wave, rate = own.read(path, None)
                comment = audio.comment(path)
            except ValueError as error:
                raise ValueError(" ".join(str(error).replace(shown(path), shown(safe)).split())) from None
        sound = self._heard(wave, rate, drum_class or class_of_file(safe), fallback)
        with self._lock:
            self._sent[SENT + key] = wave, rate
            self._keep((SENT + key, str(sound.drum_class), 0, 0), sound)
            self._sent.move_to_end(SENT + key)
            while len(self._sent) > 1 and sum(one.nbytes for one, _ in self._sent.values()) > SENT_BYTES:
                dropped, _ = self._sent.popitem(last=False)
                for kept in [kept for kept in self._kept if kept[0] == dropped]:
                    del self._kept[kept]
        return Listened(key, sound, comment)

    def _heard(
        self, wave: Float[np.ndarray, "samples ..."], rate: int, drum_class: str | None, fallback: str | None
    ) -> Sound:
        if drum_class is None and (self._guesses or fallback is None):
            with self._guessing:
                guessed = self._synth.listen(wave, rate)
            self._guesses = True
            return guessed
        with self._listening:
            sound = self._synth.listen(wave, rate, drum_class or fallback)
        return sound if drum_class else dataclasses.replace(sound, certainty=0.0)

    def listened(self, path: str, drum_class: str) -> Sound:
        """The sound of a file, by its path or, after SENT, its key; a file that has changed is read again.

        Raises:
            Missing: no page sent this file, or it was dropped.
            ValueError: the path is not below an allowed folder, or its file is no sound that can be edited.
        """
        if path.startswith(SENT):
            with self._lock:
                if path not in self._sent:
                    raise Missing(path.removeprefix(SENT))
                self._sent.move_to_end(path)
                source: tuple[str | Path | Float[np.ndarray, "samples ..."], int | None] = self._sent[path]
            key = path, drum_class, 0, 0
        else:
            real = self._allowed(path)
            try:
                status = real.stat()
            except OSError as error:  # removed meanwhile
                raise ValueError(f"cannot read {excerpt(path)}: {error.strerror}") from error
            source, key = (real, None), (str(real), drum_class, status.st_mtime_ns, status.st_size)
        with self._lock:
            sound = self._kept.get(key)
        if sound is None:
            sound = self._synth.listen(*source, drum_class=drum_class)
        with self._lock:
            self._keep(key, sound)
        return sound

    def _keep(self, key: tuple[str, str, int, int], sound: Sound) -> None:
        self._kept[key] = sound
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def _allowed(self, path: str) -> Path:
        """The file of a path, relative to an allowed folder or whole; links count by where they lead."""
        if not self._folders:
            raise ValueError("sounds of yours are played below folders named at start: drumjax serve --samples FOLDER")
        inside = [real for folder in self._folders if (real := _below(folder, path))]
        for real in inside:
            if real.is_file():
                return real
        if inside:
            raise ValueError(f"there is no file {excerpt(path)} below {', '.join(map(str, self._folders))}")
        raise ValueError(f"{excerpt(path)} is not below {', '.join(map(str, self._folders))}")


def _below(folder: Path, path: str) -> Path | None:
    """The real path, of one relative to the folder or whole, where it lies below the folder."""
    try:
        real = Path(os.path.realpath(folder / path))
    except (ValueError, OSError):  # a NUL in it, a loop of links
        return None
    return real if real.is_relative_to(folder) else None
