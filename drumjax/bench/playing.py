"""Groups of measurements of playing: drumjax, its peers, and the acceptable ratios of their times."""

import functools
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from drumjax import checkpoint
from drumjax.bench import inputs, peers
from drumjax.bench.plan import ONNX, Plan
from drumjax.bench.timing import Row, compare, run_python, time_in_turns
from drumjax.config import CLASSES
from drumjax.synth import Synth

KNOBS = [0.1, -0.3, 0.5]
FLOOR, FLOAT32 = "sgemm alone", "in float32"
SOUNDS = (1, 4, 16, 64, 256)
SCRIPT = Path(__file__).parents[2] / "generate.py"
"""The script of a checkout; an installed package has none."""

PLAYER = """
import os, subprocess
from drumjax import process
from drumjax.synth import Synth
process.setup_player()
synth = Synth.load()
for _ in range(3):
    for name in synth.classes:
        synth.generate([0.1, -0.3, 0.5], name)
process.release_memory()
print(subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, text=True).stdout)
"""
"""Plays every class three times and prints the resident memory in KiB."""


def play(plan: Plan) -> Iterator[Row]:
    """One sound of full length, from knobs to waveform, with the paper's decoder and MCNN."""
    calls = {
        "drumjax": _generate_one(Synth(plan.bundle)),
        FLOOR: peers.sgemm(plan.config, 1),
        **{name: functools.partial(generate, [KNOBS], ["kick"]) for name, generate in plan.onnx.items()},
    }
    times = time_in_turns(calls, plan.calls)
    yield from compare("generate, 1 s", times, {ONNX: 0.85}, tail_bar=1.15)
    yield from compare("generate, 1 s", times, {FLOOR: 1.8})
    packed, plain = peers.widest_layer(plan.config)
    times = time_in_turns({"drumjax": packed, FLOAT32: plain}, plan.share(0.3))
    yield from compare("the decoder's widest layer, pairs of bfloat16", times, {FLOAT32: None})


def release(plan: Plan) -> Iterator[Row]:
    """The shipped bundle: decoder alone, a full second, half of it, and the classes in turn at their own lengths.

    onnxruntime plays the paper's networks, which always compute a full second.
    """
    shipped = checkpoint.load_bundle(checkpoint.shipped())
    whole = Synth(inputs.with_length(shipped, 1.0))
    z, turn = whole.place(KNOBS, "kick"), itertools.cycle(CLASSES)
    half = inputs.with_shared_params(whole, inputs.with_length(shipped, 0.5))
    synth = inputs.with_shared_params(whole, shipped)
    second, part, centres = "a second", "half of it", "centres"
    calls = {
        "decoder": lambda: whole.decode(z, "kick"),
        second: _generate_one(whole),
        part: _generate_one(half),
        centres: lambda: synth.generate([0, 0, 0], next(turn)),
        **{name: functools.partial(generate, [KNOBS], ["kick"]) for name, generate in plan.onnx.items()},
    }
    times = time_in_turns(calls, plan.share(0.3))
    yield from compare("shipped bundle, 1 s: decoder alone", times, {second: None}, "decoder")
    yield from compare("shipped bundle, 1 s", times, {ONNX: 0.45}, second)
    yield from compare("shipped bundle, 0.5 s", times, {second: 0.7}, part)
    what = "shipped bundle, the classes in turn, at their own lengths"
    yield from compare(what, times, {ONNX: 0.3}, centres)
    calls = {centres: calls[centres]}
    peer = "librosa, 32 iterations of Griffin-Lim"
    if "librosa" not in plan.absent:
        calls[peer] = peers.griffin_lim(synth, synth.generate(KNOBS, "kick"))
    yield from compare(what, time_in_turns(calls, plan.share(0.02)), {peer: None}, centres)


def batch(plan: Plan) -> Iterator[Row]:
    """Several sounds in one call."""
    synth = Synth(plan.bundle)
    for count in SOUNDS:
        points = np.random.default_rng(0).standard_normal((count, 3))
        classes = [CLASSES[i % len(CLASSES)] for i in range(count)]
        calls = {name: functools.partial(generate, points, classes) for name, generate in plan.onnx.items()}
        calls |= {"drumjax": functools.partial(synth.generate, points, classes), FLOOR: peers.sgemm(plan.config, count)}
        times = time_in_turns(calls, plan.share(0.1 / count))
        bars = {FLOOR: 1.6 if count == 64 else None, ONNX: None}
        yield from compare(f"generate, {count} in one call, per sound", times, bars, sounds=count)


def start(plan: Plan) -> Iterator[Row]:
    """A process from its start to a WAV, and the memory of a process that plays.

    The command is the checkout's generate.py, or `python -m drumjax generate` of an installed package.
    """
    script = SCRIPT.is_file()
    command, name = ([str(SCRIPT)], "generate.py") if script else (["-m", "drumjax", "generate"], "drumjax generate")
    imports, first, second = [], [], []
    for _ in range(plan.share(0.005)):
        with tempfile.TemporaryDirectory() as folder:
            arguments = [*command, "--class", "kick", "--z", *map(str, KNOBS), "--out"]
            imports.append(_run_seconds(["-c", "import jax"], folder))
            first.append(_run_seconds([*arguments, str(Path(folder, "first.wav"))], folder))
            second.append(_run_seconds([*arguments, str(Path(folder, "second.wav"))], folder))
    for what, seconds, bar in (("first", first, 6.0), ("second", second, 2.2)):
        theirs = np.array(imports)
        yield Row(f"{name}, {what} run on a machine", "s", np.array(seconds), "python -c 'import jax'", theirs, bar)
    with tempfile.TemporaryDirectory() as folder:
        for run in ("first", "second"):
            mib = int(run_python(["-c", PLAYER], folder)) / 1024
            what = f"resident memory of a player, {run} run on a machine"
            yield Row(what, "MiB", np.array([mib]), "400 MiB", np.array([400.0]), 1.0)


def _run_seconds(arguments: list[str], cache: str) -> float:
    began = time.perf_counter()
    run_python(arguments, cache)
    return time.perf_counter() - began


def _generate_one(synth: Synth) -> Callable[[], object]:
    return lambda: synth.generate(KNOBS, "kick")


GROUPS = {"play": play, "release": release, "batch": batch, "start": start}
