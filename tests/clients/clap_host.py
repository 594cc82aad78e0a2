"""A CLAP host for tests (clap_host.c) from Python: blocks of MIDI and parameters in, 17 stereo outputs out.

python tests/clients/clap_host.py PLUGIN.clap [INSTANCES]: memory of an instance, and the time from knob to new sound.
"""

import ctypes
import os
import subprocess
import sys
import tempfile
import time
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
    command = [
        "gcc",
        "-shared",
        "-fPIC",
        "-O1",
        "-fno-builtin",
        f"-I{dpf}/distrho/src",
        "-o",
        str(path),
        str(SOURCE),
        "-ldl",
    ]
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


def _megabytes() -> float:
    """Memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _settled_megabytes() -> float:
    """Memory of this process once it does not grow any more: all takes are rendered."""
    before = -1.0
    while (now := _megabytes()) > before + 0.1:
        before = now
        time.sleep(2)
    return now


def _hit(host: Host, key: int) -> np.ndarray:
    """The start of a hit after silence."""
    host.process(512, [(0, 0xB9, 120, 0)])  # all sounds off
    return host.process(64, [(0, key, 127)])[0, 0]


def _knob_seconds(host: Host, key: int, rng: np.random.Generator) -> float:
    """Time from a turn of three knobs to the first hit with the new sound."""
    old = _hit(host, key)
    assert np.array_equal(old, _hit(host, key))
    start = time.perf_counter()
    host.process(1, changes=[(f"Kick Knob {i}", value) for i, value in enumerate(rng.uniform(-2, 2, 3), 1)])
    while np.array_equal(_hit(host, key), old):
        time.sleep(0.0002)
    return time.perf_counter() - start


def main(plugin: Path, count: int) -> None:
    """Measures a plugin."""
    with tempfile.TemporaryDirectory() as folder:
        library = build(Path(folder) / "clap_host.so", Path(os.environ.get("DPF", "/usr/share/dpf")))
        empty = _megabytes()
        started = time.perf_counter()
        first = Host(library, plugin, 48000)
        print(f"the first instance is ready after {time.perf_counter() - started:.2f} s")
        one = _settled_megabytes()
        others = []
        for _ in range(count - 1):
            others.append(Host(library, plugin, 48000))
            others[-1].process(64, [(0, 36, 100)])
        every = (_settled_megabytes() - one) / len(others)
        print(f"{count} instances at 48 kHz: {every:.1f} MB each, and {one - empty - every:.1f} MB that they share")
        for host in others:
            host.close()
        first.set(humanise=0)
        first.settle()
        rng = np.random.default_rng(0)
        times = 1e3 * np.array([_knob_seconds(first, 36, rng) for _ in range(100)])
        half, most = np.percentile(times, [50, 95])
        print(f"knob to new sound, 100 times: median {half:.1f} ms, 95 % {most:.1f} ms")
        first.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10)
