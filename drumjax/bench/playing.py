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
SECONDS = (0.1, 0.25, 0.5, 0.75, 1.0)
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
    synth, refined = Synth(plan.bundle), "4 steps"
    calls = {
        "drumjax": _generate_one(synth),
        refined: _generate_one(inputs.with_shared_params(synth, inputs.with_refinement(plan.bundle, 4))),
        FLOOR: peers.sgemm(plan.config, 1),
        **{name: functools.partial(generate, [KNOBS], ["kick"]) for name, generate in plan.onnx.items()},
    }
    times = time_in_turns(calls, plan.calls)
    yield from compare("generate, 1 s", times, {ONNX: 0.85}, tail_bar=1.15)
    yield from compare("generate, 1 s", times, {FLOOR: 1.8})
    yield from compare("generate, 1 s, 4 refinement steps", times, {ONNX: 1.3}, refined)
    packed, plain = peers.widest_layer(plan.config)
    times = time_in_turns({"drumjax": packed, FLOAT32: plain}, plan.share(0.3))
    yield from compare("the decoder's widest layer, pairs of bfloat16", times, {FLOAT32: None})


def release(plan: Plan) -> Iterator[Row]:
    """The shipped bundle: decoder alone, without refinement, whole, and the classes in turn at their own lengths."""
    shipped = checkpoint.load_bundle(checkpoint.shipped())
    second = inputs.with_length(shipped, 1.0)
    whole = Synth(second)
    z, steps = whole.place(KNOBS, "kick"), shipped.config.vocoder.refine
    plain, whole_chain, centres = "without refinement", "whole chain", "centres"
    synth, turn = inputs.with_shared_params(whole, shipped), itertools.cycle(CLASSES)
    calls = {
        "decoder": lambda: whole.decode(z, "kick"),
        plain: _generate_one(inputs.with_shared_params(whole, inputs.with_refinement(second, 0))),
        whole_chain: _generate_one(whole),
        centres: lambda: synth.generate([0, 0, 0], next(turn)),
        **{name: functools.partial(generate, [KNOBS], ["kick"]) for name, generate in plan.onnx.items()},
    }
    times = time_in_turns(calls, plan.share(0.3))
    yield from compare("shipped bundle, 1 s: decoder alone", times, {whole_chain: None}, "decoder")
    yield from compare("shipped bundle, 1 s, without refinement", times, {ONNX: None}, plain)
    yield from compare(f"shipped bundle, 1 s, {steps} refinement steps", times, {plain: None}, whole_chain)
    yield from compare(f"shipped bundle, 1 s, {steps} refinement steps", times, {ONNX: 1.3}, whole_chain)
    what = "shipped bundle, the classes in turn, at their own lengths"
    yield from compare(what, times, {ONNX: None}, centres)
    calls = {centres: calls[centres]}
    peer = "librosa, 32 iterations of Griffin-Lim"
    if "librosa" not in plan.absent:
        calls[peer] = peers.griffin_lim(synth, synth.generate(KNOBS, "kick"))
    yield from compare(what, time_in_turns(calls, plan.share(0.02)), {peer: None}, centres)


def length(plan: Plan) -> Iterator[Row]:
    """One sound of several lengths; onnxruntime always computes a full second."""
    full = f"generate, {SECONDS[-1]:g} s"
    synth = Synth(plan.bundle)
    bundles = {f"generate, {seconds:g} s": inputs.with_length(plan.bundle, seconds) for seconds in SECONDS}
    calls = {name: _generate_one(inputs.with_shared_params(synth, bundle)) for name, bundle in bundles.items()}
    calls |= {name: functools.partial(generate, [KNOBS], ["kick"]) for name, generate in plan.onnx.items()}
    times = time_in_turns(calls, plan.share(0.1))
    for seconds in SECONDS[:-1]:
        part = f"generate, {seconds:g} s"
        yield from compare(part, times, {full: 0.62 if seconds == 0.5 else None, ONNX: None}, part)


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
            yield Row(what, "MiB", np.array([mib]), "600 MB", np.array([600e6 / 2**20]), 1.0)


def _run_seconds(arguments: list[str], cache: str) -> float:
    began = time.perf_counter()
    run_python(arguments, cache)
    return time.perf_counter() - began


def _generate_one(synth: Synth) -> Callable[[], object]:
    return lambda: synth.generate(KNOBS, "kick")


GROUPS = {"play": play, "release": release, "length": length, "batch": batch, "start": start}
