"""The engine from Python, through ctypes: its tests and measurements, and an example of a binding (`drumjax.h`)."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from ctypes import POINTER, c_char_p, c_float, c_int, c_int64, c_size_t, c_void_p
from pathlib import Path

import numpy as np
from jaxtyping import Float

from drumjax import files

SOURCES = Path(__file__).parent
LIBRARY, HEADER = "libdrumjax.so", "drumjax.h"

_SMOOTH = -1
_FLOATS = POINTER(c_float)
_SIGNATURES = {
    "drumjax_load": (c_void_p, c_char_p, c_size_t, c_char_p, c_size_t),
    "drumjax_free": (None, c_void_p),
    "drumjax_samples": (c_int, c_void_p),
    "drumjax_classes": (c_int, c_void_p),
    "drumjax_latent": (c_int, c_void_p),
    "drumjax_rate": (c_int, c_void_p),
    "drumjax_texture": (c_int, c_void_p),
    "drumjax_class_name": (c_char_p, c_void_p, c_int),
    "drumjax_knob_name": (c_char_p, c_void_p, c_int, c_int),
    "drumjax_map": (_FLOATS, c_void_p, c_int, POINTER(c_int)),
    "drumjax_dot": (c_int, c_void_p, c_int, c_int, _FLOATS),
    "drumjax_sources": (c_char_p, c_void_p),
    "drumjax_draw": (c_int, c_void_p, _FLOATS, c_int64, c_int, _FLOATS),
    "drumjax_place": (c_int, c_void_p, _FLOATS, _FLOATS, _FLOATS, _FLOATS),
    "drumjax_vary": (c_int, c_void_p, _FLOATS, c_float, c_int64, _FLOATS),
    "drumjax_read_knobs": (c_int, c_void_p, _FLOATS, _FLOATS, _FLOATS),
    "drumjax_player_new": (c_void_p, c_void_p),
    "drumjax_player_free": (None, c_void_p),
    "drumjax_render": (c_int, c_void_p, _FLOATS, _FLOATS, c_int64, _FLOATS, _FLOATS),
    "drumjax_listen": (c_int, c_void_p, _FLOATS, c_int, c_int, c_int, _FLOATS, POINTER(c_void_p)),
    "drumjax_sound_free": (None, c_void_p),
    "drumjax_sound_latents": (_FLOATS, c_void_p),
    "drumjax_sound_error_db": (c_float, c_void_p),
    "drumjax_edit_samples": (c_int, c_void_p, c_void_p),
    "drumjax_edit": (c_int, c_void_p, c_void_p, _FLOATS, _FLOATS, c_int64, _FLOATS, _FLOATS),
    "drumjax_take": (c_int, c_void_p, c_void_p, _FLOATS, c_int64, _FLOATS, _FLOATS),
    "drumjax_error": (c_char_p, c_int),
    "drumjax_stage": (c_size_t, c_void_p, c_int, _FLOATS),
}
"""{function: (result, arguments)}"""


def missing() -> str:
    """What this machine lacks to build the engine, one line; empty if nothing."""
    compiler = os.environ.get("CXX", "g++")
    for program in ("make", compiler):
        if not shutil.which(program):
            return f"the engine is built with make and {compiler}; there is no {program} on PATH"
    return ""


def build(out: Path, target: str = LIBRARY) -> Path:
    """Builds the engine in a temporary folder, copies a target of the Makefile to `out`, and returns its path.

    Args:
        out: folder, made where it is missing.
        target: the library, or another program of the Makefile.

    Raises:
        ValueError: something is missing, or the compiler fails.
    """
    if lack := missing():
        raise ValueError(lack)
    with tempfile.TemporaryDirectory() as folder:
        command = ["make", "-C", str(SOURCES), f"OUT={folder}", f"{folder}/{target}"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
            raise ValueError(f"the engine cannot be built: {errors[0].strip()}")
        out.mkdir(parents=True, exist_ok=True)
        files.write(out / target, (Path(folder) / target).read_bytes())
    (out / target).chmod(0o755)
    return out / target


def load_library(path: Path) -> ctypes.CDLL:
    """The library with the types of its functions."""
    library = ctypes.CDLL(str(path.absolute()))
    for name, (result, *arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _pointer(array: np.ndarray | None):
    return None if array is None else array.ctypes.data_as(_FLOATS)


class _Instrument:
    def __init__(self, library: ctypes.CDLL, contents: bytes):
        self._library, error = library, ctypes.create_string_buffer(400)
        self.handle = library.drumjax_load(contents, len(contents), error, len(error))
        if not self.handle:
            raise ValueError(error.value.decode("utf8", "replace"))

    def __del__(self):
        if self.handle:
            self._library.drumjax_free(self.handle)


class Sound:
    """A sound of the user's, as `Engine.listen` returns it.

    Attributes:
        channels: 0 for a wave (samples,).
        z: its latents.
        error_db: mean log-mel error of what they decode to.
    """

    def __init__(self, library: ctypes.CDLL, handle: c_void_p, channels: int, latent: int):
        self._library, self.handle, self.channels = library, handle, channels
        self.z = np.ctypeslib.as_array(library.drumjax_sound_latents(handle), (latent,)).copy()
        self.error_db = float(library.drumjax_sound_error_db(handle))

    def __del__(self):
        self._library.drumjax_sound_free(self.handle)


class Engine:
    """An instrument and a player of it.

    Args:
        library: of `load_library`.
        instrument: bytes of an instrument file, or an engine whose instrument this one shares.

    Raises:
        ValueError: the instrument file cannot be read.
    """

    def __init__(self, library: ctypes.CDLL, instrument: "bytes | Engine"):
        self._library, self._player = library, None
        shared = instrument._instrument if isinstance(instrument, Engine) else _Instrument(library, instrument)
        self._instrument = shared  # freed after the last of its engines
        self._player = library.drumjax_player_new(shared.handle)
        self.samples, self.latent, self.rate = (
            getattr(library, f"drumjax_{name}")(shared.handle) for name in ("samples", "latent", "rate")
        )
        names = range(library.drumjax_classes(shared.handle))
        self.classes = tuple(library.drumjax_class_name(shared.handle, i).decode() for i in names)
        self.sources = library.drumjax_sources(shared.handle).decode()

    def __del__(self):
        if self._player:
            self._library.drumjax_player_free(self._player)

    def player(self) -> "Engine":
        """Another player of the same instrument."""
        return Engine(self._library, self)

    def knob_names(self, label: int) -> list[str | None]:
        """Names of a class's knobs, None where they have none."""
        names = [self._library.drumjax_knob_name(self._instrument.handle, label, knob) for knob in range(3)]
        return [name and name.decode() for name in names]

    def map_points(self, label: int) -> Float[np.ndarray, "sounds 3"]:
        """Knobs one and two and the spectral centroid of training sounds of a class."""
        count = c_int()
        points = self._library.drumjax_map(self._instrument.handle, label, ctypes.byref(count))
        return np.ctypeslib.as_array(points, (count.value, 3)).copy() if points else np.zeros((0, 3), np.float32)

    def dot(self, label: int, number: int) -> Float[np.ndarray, " latent"]:
        """Latents of a dot of a class's map.

        Raises:
            ValueError: there is no such dot.
        """
        z = np.empty(self.latent, np.float32)
        self._check(self._library.drumjax_dot(self._instrument.handle, label, number, _pointer(z)))
        return z

    def render(
        self,
        knobs: Float[np.ndarray, "3"],
        mix: Float[np.ndarray, " classes"],
        take: int | None = 0,
        base: Float[np.ndarray, " latent"] | None = None,
    ) -> Float[np.ndarray, " samples"]:
        """A sound, as `Synth.generate` gives it.

        Raises:
            ValueError: a number is not finite, or the mix or the seed is none.
        """
        knobs, mix, base = self._arrays(knobs, mix, base)
        wave = np.empty(self.samples, np.float32)
        seed = _SMOOTH if take is None else take
        self._check(
            self._library.drumjax_render(
                self._player, _pointer(knobs), _pointer(mix), seed, _pointer(base), _pointer(wave)
            )
        )
        return wave

    def listen(self, wave: Float[np.ndarray, "samples ..."], rate: int, mix: Float[np.ndarray, " classes"]) -> Sound:
        """A sound of the user's, as `Synth.listen` gives it.

        Raises:
            ValueError: it is silent, too short or too long, or no sound.
        """
        wave, mix = self._arrays(wave, mix)
        channels, handle = wave.shape[1] if wave.ndim == 2 else 0, c_void_p()
        shape = len(wave), max(channels, 1), rate
        arguments = (_pointer(wave), *shape, _pointer(mix), ctypes.byref(handle))
        self._check(self._library.drumjax_listen(self._player, *arguments))
        return Sound(self._library, handle, channels, self.latent)

    def edit(
        self,
        sound: Sound,
        knobs: Float[np.ndarray, "3"],
        mix: Float[np.ndarray, " classes"],
        take: int | None = 0,
        base: Float[np.ndarray, " latent"] | None = None,
    ) -> Float[np.ndarray, "samples ..."]:
        """The sound with turned knobs, as `Synth.generate` gives it.

        Raises:
            ValueError: a number is not finite, or the mix or the seed is none.
        """
        knobs, mix = self._arrays(knobs, mix)
        arguments = _pointer(knobs), _pointer(mix), _SMOOTH if take is None else take
        return self._made(self._library.drumjax_edit, sound, *arguments, base=base)

    def take(
        self, sound: Sound, seed: int, knobs: Float[np.ndarray, "3"], base: Float[np.ndarray, " latent"] | None = None
    ) -> Float[np.ndarray, "samples ..."]:
        """Another take of the sound with turned knobs, as `Synth.takes` gives it."""
        (knobs,) = self._arrays(knobs)
        return self._made(self._library.drumjax_take, sound, _pointer(knobs), seed, base=base)

    def _made(
        self, function: Callable[..., int], sound: Sound, *arguments: object, base: np.ndarray | None
    ) -> Float[np.ndarray, "samples ..."]:
        (base,), most = self._arrays(base), self._library.drumjax_edit_samples(self._player, sound.handle)
        wave = np.empty((most, max(sound.channels, 1)), np.float32)
        count = function(self._player, sound.handle, *arguments, _pointer(base), _pointer(wave))
        self._check(count)
        return wave[:count] if sound.channels else wave[:count, 0]

    def draw(self, mix: Float[np.ndarray, " classes"], n: int, seed: int) -> Float[np.ndarray, "n latent"]:
        """Latents of new sounds, as `Synth.draw` gives them."""
        (mix,) = self._arrays(mix)
        z = np.empty((n, self.latent), np.float32)
        self._check(self._library.drumjax_draw(self._instrument.handle, _pointer(mix), seed, n, _pointer(z)))
        return z

    def place(
        self,
        knobs: Float[np.ndarray, "3"],
        mix: Float[np.ndarray, " classes"],
        base: Float[np.ndarray, " latent"] | None = None,
    ) -> Float[np.ndarray, " latent"]:
        """Latents at knob positions, as `Synth.place` gives them."""
        (knobs, mix, base), z = self._arrays(knobs, mix, base), np.empty(self.latent, np.float32)
        arguments = (_pointer(knobs), _pointer(mix), _pointer(base), _pointer(z))
        self._check(self._library.drumjax_place(self._instrument.handle, *arguments))
        return z

    def variation(
        self, z: Float[np.ndarray, " latent"], mix: Float[np.ndarray, " classes"], amount: float, seed: int
    ) -> Float[np.ndarray, " latent"]:
        """Latents near `z`, as `Synth.variation` gives them."""
        moved, mix = self._arrays(np.array(z), mix)
        self._check(self._library.drumjax_vary(self._instrument.handle, _pointer(mix), amount, seed, _pointer(moved)))
        return moved

    def controls(self, z: Float[np.ndarray, " latent"], mix: Float[np.ndarray, " classes"]) -> Float[np.ndarray, "3"]:
        """Knob positions nearest to latents, as `Synth.controls` gives them."""
        (z, mix), knobs = self._arrays(z, mix), np.empty(3, np.float32)
        arguments = (_pointer(z), _pointer(mix), _pointer(knobs))
        self._check(self._library.drumjax_read_knobs(self._instrument.handle, *arguments))
        return knobs

    def stage(self, number: int) -> Float[np.ndarray, " floats"]:
        """A stage of the last sound: see `drumjax_stage` in drumjax.h."""
        out = np.empty(self._library.drumjax_stage(self._player, number, None), np.float32)
        self._library.drumjax_stage(self._player, number, _pointer(out))
        return out

    @staticmethod
    def _arrays(*arrays: np.ndarray | None) -> tuple[np.ndarray | None, ...]:
        return tuple(None if array is None else np.ascontiguousarray(array, np.float32) for array in arrays)

    def _check(self, result: int) -> None:
        if result < 0:
            raise ValueError(self._library.drumjax_error(result).decode())
