"""A CLAP host for tests (clap_host.c) from Python: blocks of MIDI and parameters in, 17 stereo outputs out."""

import ctypes
import os
import subprocess
from ctypes import POINTER, c_char_p, c_double, c_float, c_int, c_long, c_size_t, c_uint8, c_uint32, c_void_p
from pathlib import Path

import numpy as np

SOURCE = Path(__file__).with_suffix(".c")


class _Parameter(ctypes.Structure):
    _fields_ = [("id", c_uint32), ("value", c_double)]


class _Content(ctypes.Union):
    _fields_ = [("parameter", _Parameter), ("midi", c_uint8 * 4)]


class _Event(ctypes.Structure):
    _fields_ = [("time", c_uint32), ("kind", c_uint32), ("content", _Content)]


_FUNCTIONS = {
    "open": (c_void_p, c_char_p),
    "close": (None, c_void_p),
    "activate": (c_int, c_void_p, c_double, c_uint32),
    "deactivate": (None, c_void_p),
    "ports": (c_uint32, c_void_p),
    "process": (c_long, c_void_p, c_uint32, POINTER(_Event), c_uint32, POINTER(c_float)),
    "counts": (c_long,),
    "parameters": (c_uint32, c_void_p),
    "name": (None, c_void_p, c_uint32, c_char_p),
    "value": (c_double, c_void_p, c_uint32),
    "save": (c_size_t, c_void_p, c_char_p, c_size_t),
    "load": (c_int, c_void_p, c_char_p, c_size_t),
}


def build(path: Path, dpf: Path) -> Path:
    """Compiles the host."""
    command = ["gcc", "-shared", "-fPIC", "-O1", "-fno-builtin", f"-I{dpf}/distrho/src", "-o", str(path), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return path


class Host:
    """A plugin in a host.

    Args:
        library: of `build`.
        path: of the .clap file.
        rate: Hz.
        most: frames of the longest block.
    """

    def __init__(self, library: Path, path: Path, rate: float = 44100.0, most: int = 4096):
        # Where the library has been preloaded, this is the copy whose functions replace those of the C library.
        self._calls = {}
        loaded = ctypes.CDLL(str(library))
        for name, (result, *arguments) in _FUNCTIONS.items():
            function = getattr(loaded, f"host_{name}")
            function.restype, function.argtypes = result, arguments
            self._calls[name] = function
        self._plugin = self._calls["open"](os.fsencode(path))
        assert self._plugin, f"{path} cannot be loaded"
        names = [ctypes.create_string_buffer(256) for _ in range(self._call("parameters"))]
        for i, name in enumerate(names):
            self._call("name", i, name)
        self.parameters = {name.value.decode(): i for i, name in enumerate(names)}
        self.ports = self._call("ports")
        self.counted = 0
        self.start(rate, most)

    def _call(self, name, *arguments):
        return self._calls[name](self._plugin, *arguments)

    def start(self, rate: float, most: int = 4096) -> None:
        assert self._call("activate", rate, most)
        self.rate = rate

    def stop(self) -> None:
        self._call("deactivate")

    def settle(self) -> None:
        """Stops and starts, which waits until each pad has a sound of its last settings."""
        self.stop()
        self.start(self.rate)

    def close(self) -> None:
        self.stop()
        self._call("close")

    def counts(self) -> bool:
        """Whether allocations are counted: only where the library is preloaded."""
        return self._calls["counts"]() == 2

    def process(self, frames: int, notes=(), changes=()) -> np.ndarray:
        """A block of (ports, 2, frames).

        Args:
            notes: (frame, key, velocity), or (frame, byte, byte, byte).
            changes: (name, value) of parameters, at the block's start.
        """
        events = (_Event * (len(notes) + len(changes) + 1))()
        for i, (name, value) in enumerate(changes):
            events[i].kind, events[i].content.parameter = 1, _Parameter(self.parameters[name], value)
        for i, (frame, *message) in enumerate(notes, len(changes)):
            events[i].time = frame
            events[i].content.midi = (c_uint8 * 4)(*([0x99, *message] if len(message) == 2 else message))
        out = np.full((self.ports, 2, frames), np.nan, np.float32)
        floats = out.ctypes.data_as(POINTER(c_float))
        counted = self._call("process", frames, events, len(events) - 1, floats)
        assert counted >= 0, "the plugin reports an error"
        self.counted += counted
        return out

    def set(self, **changes: float) -> None:
        """Sets parameters by name, blanks as underscores, in a block of a frame."""
        names = {name.lower().replace(" ", "_"): name for name in self.parameters}
        self.process(1, changes=[(names[name], value) for name, value in changes.items()])

    def value(self, name: str) -> float:
        return self._call("value", self.parameters[name])

    def save(self) -> bytes:
        state = ctypes.create_string_buffer(1 << 20)
        size = self._call("save", state, len(state))
        return state.raw[:size]

    def load(self, state: bytes) -> bool:
        return bool(self._call("load", state, len(state)))
