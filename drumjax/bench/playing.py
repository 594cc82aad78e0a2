"""The groups of rows that play: what is timed against what, and the ratio that is asked for."""

import functools
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from drumjax import checkpoint
from drumjax.bench import material, peers
from drumjax.bench.plan import ONNX, Plan
from drumjax.bench.timing import Row, fresh, held_against, interleaved
from drumjax.config import CLASSES
from drumjax.synth import Synth

KNOBS = [0.1, -0.3, 0.5]
FLOOR, FLOAT32 = "sgemm alone", "in float32"
SECONDS = (0.1, 0.25, 0.5, 0.75, 1.0)
SOUNDS = (1, 4, 16, 64, 256)


def play(plan: Plan) -> Iterator[Row]:
    """One sound of full length, knobs to waveform, on the paper's decoder and MCNN."""
    synth, refined = Synth(plan.bundle), "4 steps"
    calls = {
        "drumjax": _one(synth),
        refined: _one(material.beside(synth, material.refined(plan.bundle, 4))),
        FLOOR: peers.sgemm(plan.config, 1),
        **{name: functools.partial(generate, [KNOBS], ["kick"]) for name, generate in plan.onnx.items()},
    }
    taken = interleaved(calls, plan.calls)
    yield from held_against("generate, 1 s", taken, {ONNX: 0.85}, tail_bar=1.15)
    yield from held_against("generate, 1 s", taken, {FLOOR: 1.8})
    yield from held_against("generate, 1 s, 4 refinement steps", taken, {ONNX: 1.3}, refined)
    kept, plain = peers.widest(plan.config)
    taken = interleaved({"drumjax": kept, FLOAT32: plain}, plan.share(0.3))
    yield from held_against("the decoder's widest layer, pairs of bfloat16", taken, {FLOAT32: None})


def release(plan: Plan) -> Iterator[Row]:
    """The shipped bundle at its own setting: its decoder, the MCNN, and what the refinement adds."""
    shipped = checkpoint.load_bundle(checkpoint.shipped())
    long = material.lasting(shipped, 1.0)
    whole = Synth(long)
    z, steps = whole.place(KNOBS, "kick"), shipped.config.vocoder.refine
    plain, set_, own = "without refinement", "as it is set", "centres"
    synth, turn = material.beside(whole, shipped), itertools.cycle(CLASSES)
    calls = {
        "decoder": lambda: whole.decode(z, "kick"),
        plain: _one(material.beside(whole, material.refined(long, 0))),
        set_: _one(whole),
        own: lambda: synth.generate([0, 0, 0], next(turn)),
        **{name: functools.partial(generate, [KNOBS], ["kick"]) for name, generate in plan.onnx.items()},
    }
    taken = interleaved(calls, plan.share(0.3))
    yield from held_against("shipped bundle, 1 s: decoder alone", taken, {set_: None}, "decoder")
    yield from held_against("shipped bundle, 1 s, without refinement", taken, {ONNX: None}, plain)
    yield from held_against(f"shipped bundle, 1 s, {steps} refinement steps", taken, {plain: None}, set_)
    yield from held_against(f"shipped bundle, 1 s, {steps} refinement steps", taken, {ONNX: 1.3}, set_)
    yield from held_against("shipped bundle, the classes in turn, at their own lengths", taken, {ONNX: None}, own)
    calls = {own: calls[own]}
    peer = "librosa, 32 iterations of Griffin-Lim"
    if "librosa" not in plan.absent:
        calls[peer] = peers.griffin_lim(synth, synth.generate(KNOBS, "kick"))
    what = "shipped bundle, the classes in turn, at their own lengths"
    yield from held_against(what, interleaved(calls, plan.share(0.02)), {peer: None}, own)


def length(plan: Plan) -> Iterator[Row]:
    """How the cost of a sound grows with its length; onnxruntime computes a full second always."""
    full = f"generate, {SECONDS[-1]:g} s"
    synth = Synth(plan.bundle)
    calls = {f"generate, {s:g} s": _one(material.beside(synth, material.lasting(plan.bundle, s))) for s in SECONDS}
    calls |= {name: functools.partial(generate, [KNOBS], ["kick"]) for name, generate in plan.onnx.items()}
    taken = interleaved(calls, plan.share(0.1))
    for seconds in SECONDS[:-1]:
        own = f"generate, {seconds:g} s"
        yield from held_against(own, taken, {full: 0.62 if seconds == 0.5 else None, ONNX: None}, own)


def batch(plan: Plan) -> Iterator[Row]:
    """How the cost of a sound falls with the number of sounds in one call."""
    synth = Synth(plan.bundle)
    for count in SOUNDS:
        points = np.random.default_rng(0).standard_normal((count, 3))
        classes = [CLASSES[i % len(CLASSES)] for i in range(count)]
        calls = {name: functools.partial(generate, points, classes) for name, generate in plan.onnx.items()}
        calls |= {"drumjax": functools.partial(synth.generate, points, classes), FLOOR: peers.sgemm(plan.config, count)}
        taken = interleaved(calls, plan.share(0.1 / count))
        bars = {FLOOR: 1.6 if count == 64 else None, ONNX: None}
        yield from held_against(f"generate, {count} at once, a sound", taken, bars, sounds=count)


def start(plan: Plan) -> Iterator[Row]:
    """A process from its start to a WAV, and the memory of one that plays."""
    imports, first, second = "python -c 'import jax'", [], []
    script, theirs = str(Path(__file__).parents[2] / "generate.py"), []
    for _ in range(plan.share(0.005)):
        with tempfile.TemporaryDirectory() as folder:
            own = [script, "--class", "kick", "--z", *map(str, KNOBS), "--out", str(Path(folder, "kick.wav"))]
            for kept, arguments in ((theirs, ["-c", "import jax"]), (first, own), (second, own)):
                began = time.perf_counter()
                fresh(arguments, folder)
                kept.append(time.perf_counter() - began)
    for what, taken, bar in (("first", first, 6.0), ("second", second, 2.2)):
        yield Row(f"generate.py, {what} run on a machine", "s", np.array(taken), imports, np.array(theirs), bar)
    plays = """
import os, subprocess
from drumjax.synth import Synth
synth = Synth.load()
for _ in range(3):
    for name in synth.classes:
        synth.generate([0.1, -0.3, 0.5], name)
print(subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, text=True).stdout)
"""
    with tempfile.TemporaryDirectory() as folder:
        for run in ("first", "second"):
            mib = int(fresh(["-c", plays], folder)) / 1024
            what = f"resident memory of a player, {run} run on a machine"
            yield Row(what, "MiB", np.array([mib]), "600 MB", np.array([600e6 / 2**20]), 1.0)


def _one(synth: Synth) -> Callable[[], object]:
    return lambda: synth.generate(KNOBS, "kick")


GROUPS = {"play": play, "release": release, "length": length, "batch": batch, "start": start}
