"""The groups of rows: what is timed against what, and the ratio that is asked for."""

import functools
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
from jax.sharding import Mesh

from drumjax import checkpoint, devices, stages, training
from drumjax.bench import material, peers
from drumjax.bench.timing import Row, held_against, interleaved
from drumjax.config import CLASSES, Config
from drumjax.console import tune_for_training
from drumjax.data.batches import Batch
from drumjax.presets import preset
from drumjax.synth import Synth

KNOBS = [0.1, -0.3, 0.5]
ONNX, FLOOR = "onnxruntime", "sgemm alone"
SECONDS = (0.1, 0.25, 0.5, 0.75, 1.0)
SOUNDS = (1, 4, 16, 64, 256)
DEVICES = (1, 2, 4, 8)


@dataclass(frozen=True)
class Plan:
    """What is measured, and how often.

    Attributes:
        config: the networks.
        calls: of one sound; the rest is called less, by how long it takes.
        absent: peers to leave out.
    """

    config: Config
    calls: int
    absent: Collection[str]

    @functools.cached_property
    def bundle(self):
        return material.bundle(self.config)

    @functools.cached_property
    def onnx(self) -> dict[str, Callable]:
        """{its name: generate}, or nothing."""
        return {} if ONNX in self.absent else {ONNX: peers.onnx_generate(self.bundle)}

    def share(self, part: float) -> int:
        """A part of the calls, three or more unless there are fewer."""
        return max(min(3, self.calls), round(self.calls * part))


def train_call(config: Config, stage: str, batch: Batch, mesh: Mesh | None = None) -> Callable[[], object]:
    """One training step a call, features included, on a state that goes on; on a mesh, each device takes its rows."""
    blank = np.zeros((config.audio.frames, config.audio.mels), np.float32)
    if stage == "cwae":
        task = stages.cwae_task(config, batch, lambda: {"mean": blank, "std": blank + 1})
    else:
        task = stages.mcnn_task(config, batch)
    step = training.make_step(task, 0, mesh)
    state = training.start(*task.init(jax.random.key(0)), task.settings)
    if mesh:
        state = devices.placed(state, devices.replicated(mesh))

    def call():
        nonlocal state
        state, metrics = step(state, task.frozen, batch)
        return float(metrics["loss"])

    return call


def train(plan: Plan) -> Iterator[Row]:
    """Training steps at batches that a CPU takes."""
    yield from _training(plan, {"cwae": 44, "mcnn": 16}, plan.share(0.02))


def train_full(plan: Plan) -> Iterator[Row]:
    """Training steps at the config's own batches: minutes with the paper's."""
    batches = {"cwae": plan.config.train.cwae.batch, "mcnn": plan.config.train.mcnn.batch}
    yield from _training(plan, batches, plan.share(0.003))


def _training(plan: Plan, batches: Mapping[str, int], count: int) -> Iterator[Row]:
    contenders = {"torch": False, "torch.compile": True}
    for stage, size in batches.items():
        batch = material.batch(plan.config, size)
        calls = {"drumjax": train_call(plan.config, stage, batch)}
        for name, compiled in contenders.items():
            if name not in plan.absent:
                from drumjax.bench import twin

                calls[name] = twin.train_call(plan.config, stage, batch, compiled)
        bars = {name: 1.0 for name in contenders}
        yield from held_against(f"{stage} training step, batch {size}", interleaved(calls, count), bars, sounds=size)


def grow(plan: Plan) -> Iterator[Row]:
    """How the cost of a training step grows with the devices that share it, simulated on the cores there are."""
    code = "import sys; from drumjax.bench.groups import step_on_devices; step_on_devices(*sys.argv[1:])"
    count, taken = plan.share(0.005), {}
    for number in DEVICES:
        flags = {"XLA_FLAGS": f"--xla_force_host_platform_device_count={number}"}
        with tempfile.TemporaryDirectory() as folder:
            taken[number] = np.array(
                json.loads(_python(["-c", code, plan.config.preset, str(number), str(count)], folder, flags))
            )
    for number in DEVICES[1:]:
        what = f"mcnn training step, batch 16 on {number} simulated devices"
        yield Row(what, "ms", 1000 / 16 * taken[number], "one device", 1000 / 16 * taken[1])


def step_on_devices(name: str, number: str, count: str) -> None:
    """Prints the seconds of `count` training steps of a preset's MCNN on so many devices, as JSON."""
    tune_for_training()
    config = preset(name)
    mesh = Mesh(np.array(jax.devices()[: int(number)]), (devices.AXIS,))
    call = train_call(config, "mcnn", material.batch(config, 16), mesh)
    print(json.dumps(interleaved({"": call}, int(count))[""].tolist()))


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
                _python(arguments, folder)
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
            mib = int(_python(["-c", plays], folder)) / 1024
            what = f"resident memory of a player, {run} run on a machine"
            yield Row(what, "MiB", np.array([mib]), "600 MB", np.array([600e6 / 2**20]), 1.0)


def _python(arguments: list[str], cache: str, more: Mapping[str, str] | None = None) -> str:
    """What a fresh process prints, its compilation cache in the folder `cache`, with `more` in its environment."""
    own = ("JAX_COMPILATION", "XLA_FLAGS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    environment |= {"XDG_CACHE_HOME": cache, **(more or {})}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True
    ).stdout


def _one(synth: Synth) -> Callable[[], object]:
    return lambda: synth.generate(KNOBS, "kick")


GROUPS = {
    "play": play,
    "release": release,
    "length": length,
    "batch": batch,
    "start": start,
    "train": train,
    "grow": grow,
    "train-full": train_full,
}

TRAINING = {"train", "grow", "train-full"}
"""Groups that train, in a process tuned for it as train.py's is."""
