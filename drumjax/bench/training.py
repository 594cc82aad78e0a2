"""The groups of rows that train: steps beside PyTorch's, and how their cost grows with the devices."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping

import jax
import numpy as np
from jax.sharding import Mesh

from drumjax.bench import material
from drumjax.bench.plan import Plan
from drumjax.bench.timing import Row, fresh, held_against, interleaved
from drumjax.config import Config
from drumjax.data.batches import Batch
from drumjax.presets import preset
from drumjax.process import tune_for_training
from drumjax.train import devices, loop, stages

DEVICES = (1, 2, 4, 8)


def train_call(config: Config, stage: str, batch: Batch, mesh: Mesh | None = None) -> Callable[[], object]:
    """One training step a call, features included, on a state that goes on; on a mesh, each device takes its rows."""
    blank = np.zeros((config.audio.frames, config.audio.mels), np.float32)
    if stage == "cwae":
        task = stages.cwae_task(config, batch, lambda: {"mean": blank, "std": blank + 1})
    else:
        task = stages.mcnn_task(config, batch)
    step = loop.make_step(task, 0, mesh)
    state = loop.start(*task.init(jax.random.key(0)), task.settings)
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
    code = "import sys; from drumjax.bench.steps import step_on_devices; step_on_devices(*sys.argv[1:])"
    count, taken = plan.share(0.005), {}
    for number in DEVICES:
        flags = {"XLA_FLAGS": f"--xla_force_host_platform_device_count={number}"}
        with tempfile.TemporaryDirectory() as folder:
            taken[number] = np.array(
                json.loads(fresh(["-c", code, plan.config.preset, str(number), str(count)], folder, flags))
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


GROUPS = {"train": train, "grow": grow, "train-full": train_full}
