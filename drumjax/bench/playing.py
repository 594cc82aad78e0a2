"""Groups of measurements of playing: drumjax, its peers, and the acceptable ratios of their times."""

import functools
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import numpy as np

from drumjax import checkpoint
from drumjax.bench import inputs, peers
from drumjax.bench.plan import ONNX, Plan
from drumjax.bench.timing import Row, compare, run_python, time_in_turns
from drumjax.config import CLASSES
from drumjax.kernels import conv
from drumjax.play import networks
from drumjax.sound import inversion
from drumjax.synth import Synth

KNOBS = [0.1, -0.3, 0.5]
FLOOR, FLOAT32, WHOLE = "sgemm alone", "in float32", "the whole"
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
    """One sound of the paper's decoder and MCNN, from knobs to waveform: a second, ended by the mask."""
    calls = {"drumjax": _generate_one(Synth(plan.bundle)), FLOOR: peers.sgemm(plan.config, 1), **_onnx_one(plan)}
    times = time_in_turns(calls, plan.calls)
    yield from compare("the paper's networks, 1 s", times, {ONNX: 0.85}, tail_bar=1.15)
    yield from compare("the paper's networks, 1 s", times, {FLOOR: 1.8})
    packed, plain = peers.widest_layer(plan.config)
    times = time_in_turns({"drumjax": packed, FLOAT32: plain}, plan.share(0.3))
    yield from compare("the decoder's widest layer, pairs of bfloat16", times, {FLOAT32: None})


def release(plan: Plan) -> Iterator[Row]:
    """One sound of the shipped bundle: a second, its parts and half of it, and the classes at their own lengths.

    onnxruntime plays the paper's networks, which always compute a full second.
    """
    whole = Synth(inputs.with_length(plan.release, 1.0))
    half, synth = (
        inputs.with_shared_params(whole, each) for each in (inputs.with_length(plan.release, 0.5), plan.release)
    )
    turn, in_turn, part = itertools.cycle(CLASSES), "in turn", "half"
    calls = {
        WHOLE: _generate_one(whole),
        part: _generate_one(half),
        in_turn: lambda: synth.generate([0, 0, 0], next(turn)),
        **_onnx_one(plan),
    }
    times = time_in_turns(calls, plan.share(0.1))
    yield from compare("release, 1 s", times, {ONNX: 0.45}, WHOLE)
    yield from compare("release, 0.5 s", times, {WHOLE: 0.7}, part)
    classes = "release, the classes in turn, at their own lengths"
    yield from compare(classes, times, {ONNX: 0.3}, in_turn)
    parts = _parts(whole)
    times = time_in_turns({WHOLE: _generate_one(whole), **parts}, plan.share(0.02))
    for name in parts:
        yield from compare(f"release, 1 s: {name}", times, {WHOLE: None}, name)
    calls, peer = {in_turn: calls[in_turn]}, "librosa, 32 iterations of Griffin-Lim"
    if "librosa" not in plan.absent:
        calls[peer] = peers.griffin_lim(synth, synth.generate(KNOBS, "kick"))
    times = time_in_turns(calls, plan.share(0.005))
    yield from compare(classes, times, {peer: None}, in_turn)


def _parts(synth: Synth) -> dict[str, Callable[[], object]]:
    """{part of a sound's computation: call of it alone}."""
    config, audio, settings = synth.config, synth.config.audio, synth.config.vocoder
    z, kick = synth.place([KNOBS], ["kick"]), np.eye(len(CLASSES), dtype=np.float32)[:1]
    mel = jax.device_put(synth.decode(z, ["kick"], 0))
    decode = conv.jit(functools.partial(networks.decode, config))
    nnls = conv.jit(functools.partial(inversion.nnls, audio=audio, steps=settings.nnls))
    invert, phases = (
        conv.jit(functools.partial(inversion.invert, audio=audio, steps=steps, momentum=settings.momentum))
        for steps in (settings.refine, 0)
    )
    magnitude = nnls(mel)
    return {
        "decoder": lambda: jax.block_until_ready(decode(synth._params, z, kick)),
        "decoder and take": lambda: synth.decode(z, ["kick"], 0),
        "magnitudes": lambda: jax.block_until_ready(nnls(mel)),
        "phases": lambda: jax.block_until_ready(phases(magnitude)),
        "phases and Griffin-Lim": lambda: jax.block_until_ready(invert(magnitude)),
    }


def batch(plan: Plan) -> Iterator[Row]:
    """Several sounds in one call."""
    paper, ours = Synth(plan.bundle), Synth(inputs.with_length(plan.release, 1.0))
    for count in SOUNDS:
        points = np.random.default_rng(0).standard_normal((count, 3))
        classes = [CLASSES[i % len(CLASSES)] for i in range(count)]
        calls = {name: functools.partial(generate, points, classes) for name, generate in plan.onnx.items()}
        calls |= {"drumjax": functools.partial(paper.generate, points, classes), FLOOR: peers.sgemm(plan.config, count)}
        calls["release"] = functools.partial(ours.generate, points, classes)
        times = time_in_turns(calls, plan.share(0.1 / count))
        bars = {FLOOR: 1.6 if count == 64 else None, ONNX: None}
        what = f"{count} in one call, per sound"
        yield from compare(f"the paper's networks, {what}", times, bars, sounds=count)
        yield from compare(f"release, {what}", times, {ONNX: None}, "release", sounds=count)


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
            yield _against_limit(what, "MiB", mib, 400.0)


def _run_seconds(arguments: list[str], cache: str) -> float:
    began = time.perf_counter()
    run_python(arguments, cache)
    return time.perf_counter() - began


def size(plan: Plan) -> Iterator[Row]:
    """The shipped bundle on disk, and the time its training took."""
    folder = checkpoint.shipped()
    files = {"bundle": ("bundle.json", "weights.safetensors"), "checkpoints/": ("**/*",)}
    for (what, patterns), limit in zip(files.items(), (32.0, 125.0), strict=True):
        found = [path for pattern in patterns for path in folder.glob(pattern) if path.is_file()]
        yield _against_limit(f"{what} on disk", "MB", sum(path.stat().st_size for path in found) / 1e6, limit)
    stages = plan.release.metadata.get("training", {}).get("stages", {})
    for name, stage in stages.items():
        yield Row(f"training of the shipped bundle, stage {name}", "min", np.array([60 * stage["hours"]]))


def _against_limit(what: str, unit: str, value: float, limit: float) -> Row:
    return Row(what, unit, np.array([value]), "limit", np.array([limit]), 1.0)


def _generate_one(synth: Synth) -> Callable[[], object]:
    return lambda: synth.generate(KNOBS, "kick")


def _onnx_one(plan: Plan) -> dict[str, Callable[[], object]]:
    return {name: functools.partial(generate, [KNOBS], ["kick"]) for name, generate in plan.onnx.items()}


GROUPS = {"play": play, "release": release, "batch": batch, "start": start, "size": size}
