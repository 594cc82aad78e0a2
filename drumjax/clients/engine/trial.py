"""Trials of the engine beside Synth, in one process: python -m drumjax.clients.engine.trial parity|latency|own

Each builds the engine, writes the instrument file of a bundle to a temporary folder, and prints a Markdown table.
Where there is a Node, the engine in WebAssembly takes part. `parity` exits with code 1 where fewer than `SHARE` of the
sounds differ by `FARTHEST` at most. `own` compares edits of sounds of the user's, of which `--sounds` names a folder.
"""

import ctypes
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from drumjax import checkpoint
from drumjax.clients.engine import binding, instrument
from drumjax.clients.engine.node import Node
from drumjax.commands import Parser, command, positive, whole
from drumjax.config import CLASSES
from drumjax.data.labels import class_of_file, to_class_mix
from drumjax.synth import Synth

FARTHEST = 1e-3
"""Largest difference of a sample, of full scale."""

SHARE = 0.99
"""Of the sounds. The phases of a bin belong to one peak or another: where two are equally near, rounding decides, in
Synth too, and that bin starts with another phase."""

NATIVE, WASM = "engine", "engine in WebAssembly, in Node"

_TAKES = 2**62


@runtime_checkable
class Engine(Protocol):
    """What an engine is compared by; `binding.Engine` and `Node` have it, and mypy checks that they do."""

    def render(
        self,
        knobs: Float[np.ndarray, "3"],
        mix: Float[np.ndarray, " classes"],
        take: int | None = 0,
        base: Float[np.ndarray, " latent"] | None = None,
    ) -> Float[np.ndarray, " samples"]:
        """A sound, as `Synth.generate` gives it, at least up to its end; `take` None: smooth."""

    def draw(self, mix: Float[np.ndarray, " classes"], n: int, seed: int) -> Float[np.ndarray, "n latent"]:
        """Latents of new sounds, as `Synth.draw` gives them."""


class Call(NamedTuple):
    """Arguments of one sound: `drawn` is the seed of its base, None for the centre of its classes."""

    knobs: np.ndarray
    mix: dict[str | int, float]
    take: int | None
    drawn: int | None


def calls(count: int, seed: int) -> Iterator[Call]:
    """Random calls: every class in turn and every third time a mix, knobs near and far, with and without base, take."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        shares = np.eye(len(CLASSES))[i % len(CLASSES)] if i % 3 else rng.dirichlet(np.full(len(CLASSES), 0.2))
        mix: dict[str | int, float] = {name: float(share) for name, share in zip(CLASSES, shares, strict=True)}
        knobs = (rng.standard_normal(3) * rng.choice([0, 1, 2, 4])).astype(np.float32)
        take = None if rng.random() < 0.1 else int(rng.integers(_TAKES))
        yield Call(knobs, mix, take, None if rng.random() < 0.5 else int(rng.integers(_TAKES)))


def differences(synth: Synth, engine: Engine, count: int, seed: int) -> Iterator[tuple[float, float]]:
    """(largest difference of a sample, of a drawn latent) between Synth and the engine, for each of `calls`."""
    for knobs, mix, take, drawn in calls(count, seed):
        weights, base, apart = to_class_mix(mix), None, 0.0
        if drawn is not None:
            base = synth.draw(mix, 1, drawn)[0]
            apart = float(np.abs(base - engine.draw(weights, 1, drawn)[0]).max())
        wave, expected = engine.render(knobs, weights, take, base), synth.generate(knobs, mix, base, take)
        expected[: len(wave)] -= wave
        yield float(np.abs(expected).max()), apart


def parity(synth: Synth, engines: dict[str, Engine], count: int, seed: int) -> bool:
    """Prints how far the engines are from Synth; whether they are near enough."""
    print(f"| {count} random calls, seed {seed} | median | 99 % | largest | above {FARTHEST} | of a drawn latent |")
    print("|---|---:|---:|---:|---:|---:|")
    passed = True
    for name, engine in engines.items():
        waves, latents = np.array(list(differences(synth, engine, count, seed))).T
        print(f"| {name} | {np.median(waves):.1e} | {np.quantile(waves, 0.99):.1e} | {waves.max():.1e} |", end="")
        print(f" {np.mean(waves > FARTHEST):.1%} | {latents.max():.1e} |")
        passed = passed and bool(np.mean(waves <= FARTHEST) >= SHARE and latents.max() < 1e-5)
    return passed


def latency(synth: Synth, engines: dict[str, Engine], count: int, seed: int) -> bool:
    """Prints the time of one sound, of all in turn, and the memory of players."""
    made = list(calls(count, seed))
    engine, node = engines[NATIVE], engines.get(WASM)
    assert isinstance(engine, binding.Engine)
    ways: dict[str, Callable[[Call], object]] = {
        "engine, a knob turned": lambda call: engine.render(call.knobs, to_class_mix(call.mix), 0),
        "engine, another take": lambda call: engine.render(call.knobs, to_class_mix(call.mix), call.take),
        "Synth, a knob turned": lambda call: synth.generate(call.knobs, call.mix),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    if node is not None:
        times[f"{WASM}, another take"] = []
    for call in made[:22] + made:
        for name, render in ways.items():
            start = time.perf_counter(), time.thread_time()
            render(call)
            times[name].append((time.perf_counter() - start[0], time.thread_time() - start[1]))
        if isinstance(node, Node):
            node.render(call.knobs, to_class_mix(call.mix), call.take)
            times[f"{WASM}, another take"].append((node.ms / 1000, np.nan))
    print("| one sound, ms | median | 95 % | median of the thread's CPU time |\n|---|---:|---:|---:|")
    for name, pairs in times.items():
        wall, cpu = 1000 * np.array(pairs[22:]).T  # the first ones compile
        print(f"| {name} | {np.median(wall):.1f} | {np.quantile(wall, 0.95):.1f} | {np.median(cpu):.1f} |")
    before, players = _megabytes(), [engine.player() for _ in range(10)]
    for player in players:
        player.render(np.zeros(3, np.float32), to_class_mix("kick"), 0)
    print(f"\nA player takes {(_megabytes() - before) / len(players):.1f} MB beyond the instrument that all share.")
    return True


KNOBS = {"near": [(0.5, 0, 0), (0, 0.5, 0)], "one knob by 1": [(0, 1, 0), (0, 0, -1)], "three by 1": [(-1, 1, 1)]}
"""Moves of `own`, by their distance."""


def own(synth: Synth, engine: binding.Engine, paths: list[Path]) -> bool:
    """Prints how far edits of sounds are from those of Synth; whether the sounds themselves come back bit for bit.

    Args:
        synth: of the bundle, whose encoder is not rounded.
        engine: of its instrument file.
        paths: sound files whose names or folders say their classes.
    """
    differences: dict[str, list[float]] = {name: [] for name in KNOBS}
    same, seconds = True, []
    for path in paths:
        sound = synth.listen(path)
        mix, name = to_class_mix(sound.drum_class), sound.drum_class
        start = time.process_time()
        heard = engine.listen(sound.wave, sound.rate, mix)
        seconds.append(time.process_time() - start)
        same = same and np.array_equal(engine.edit(heard, np.zeros(3, np.float32), mix), sound.wave)
        for distance, moves in KNOBS.items():
            for knobs in np.array(moves, np.float32):
                edited, expected = engine.edit(heard, knobs, mix), synth.generate(knobs, name, base=sound)
                length = min(len(edited), len(expected))
                differences[distance].append(float(np.abs(edited[:length] - expected[:length]).max()))
    print(f"| {len(paths)} sounds, unmoved {'the same' if same else 'NOT the same'} | median | 90 % | largest |")
    print("|---|---:|---:|---:|")
    for distance, apart in differences.items():
        print(f"| {distance} | {np.median(apart):.5f} | {np.quantile(apart, 0.9):.5f} | {max(apart):.5f} |")
    print(f"\nListening takes {np.median(seconds):.2f} s of one core.")
    return same


class _Mallinfo(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in [
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        ]
    )


def _megabytes() -> float:
    """The memory that malloc has given out (glibc)."""
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = _Mallinfo
    used = mallinfo()
    return (used.uordblks + used.hblkhd) / 1e6


@command("trial")
def main(arguments: list[str]) -> None:
    """Runs one trial."""
    parser = Parser("python -m drumjax.clients.engine.trial", description="Compares the engine with Synth.")
    parser.add_argument("trial", choices=("parity", "latency", "own"))
    parser.add_argument("--calls", type=positive, default=500, help="random sounds (500)")
    parser.add_argument("--seed", type=whole, default=0, help="of the calls (0)")
    parser.add_argument("--sounds", type=Path, help="folder of sound files, for own")
    parser.add_argument("--bundle", type=Path, help="folder of a trained bundle (the shipped one)")
    options = parser.parse_args(arguments)
    found = options.sounds.rglob("*") if options.sounds else ()
    paths = sorted(path for path in found if path.is_file() and class_of_file(path))
    if options.trial == "own" and not paths:
        raise ValueError("own needs --sounds FOLDER, with files whose names or folders say their classes")
    bundle = checkpoint.load_bundle(options.bundle or checkpoint.shipped())
    with tempfile.TemporaryDirectory() as folder:
        library = binding.load_library(binding.build(Path(folder)))
        instrument.write(bundle, Path(folder) / "instrument")
        node = {} if shutil.which("node") is None else {WASM: Node(Path(folder) / "instrument")}
        start, before = time.perf_counter(), _megabytes()
        engine = binding.Engine(library, (Path(folder) / "instrument").read_bytes())
        size = (Path(folder) / "instrument").stat().st_size / 1e6
        print(
            f"Instrument file of {size:.1f} MB, loaded with one player in {time.perf_counter() - start:.1f} s,", end=""
        )
        print(f" {_megabytes() - before:.0f} MB of memory\n")
        synth = Synth(bundle)
        if options.trial == "own":
            chosen = paths[:: max(1, len(paths) // options.calls)][: options.calls]
            passed = own(synth, engine, chosen)
        else:
            trial = {"parity": parity, "latency": latency}[options.trial]
            passed = trial(synth, {NATIVE: engine, **node}, options.calls, options.seed)
        if not passed:
            sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
