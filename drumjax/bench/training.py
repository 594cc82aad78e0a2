"""Groups of training steps: compared with PyTorch, and on several devices."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping

import jax
import numpy as np
from jax.sharding import Mesh

from drumjax.bench import inputs
from drumjax.bench.plan import Plan
from drumjax.bench.timing import Row, compare, run_python, time_in_turns
from drumjax.config import Config
from drumjax.data.batches import Batch
from drumjax.presets import preset
from drumjax.process import tune_for_training
from drumjax.train import devices, loop, stages

DEVICES = (1, 2, 4, 8)


def train_call(config: Config, stage: str, batch: Batch, mesh: Mesh | None = None) -> Callable[[], object]:
    """A function that makes one training step from waves, and updates its state; a mesh divides the batch."""
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
    """Training steps at batches that suit a CPU."""
    yield from _training(plan, {"cwae": 44, "mcnn": 16}, plan.share(0.02))


def train_full(plan: Plan) -> Iterator[Row]:
    """Training steps at the batches of the config; the paper's take minutes."""
    batches = {"cwae": plan.config.train.cwae.batch, "mcnn": plan.config.train.mcnn.batch}
    yield from _training(plan, batches, plan.share(0.003))


def _training(plan: Plan, batches: Mapping[str, int], count: int) -> Iterator[Row]:
    compiled = {"torch": False, "torch.compile": True}
    for stage, size in batches.items():
        batch = inputs.random_batch(plan.config, size)
        calls = {"drumjax": train_call(plan.config, stage, batch)}
        for name in compiled:
            if name not in plan.absent:
                from drumjax.bench import torch_twin

                calls[name] = torch_twin.train_call(plan.config, stage, batch, compiled[name])
        bars = {name: 1.0 for name in compiled}
        yield from compare(f"{stage} training step, batch {size}", time_in_turns(calls, count), bars, sounds=size)


def grow(plan: Plan) -> Iterator[Row]:
    """Training steps on several devices, simulated on the cores of this machine."""
    code = "import sys; from drumjax.bench.training import step_on_devices; step_on_devices(*sys.argv[1:])"
    count, times = plan.share(0.005), {}
    for number in DEVICES:
        flags = {"XLA_FLAGS": f"--xla_force_host_platform_device_count={number}"}
        with tempfile.TemporaryDirectory() as folder:
            printed = run_python(["-c", code, plan.config.preset, str(number), str(count)], folder, flags)
            times[number] = np.array(json.loads(printed))
    for number in DEVICES[1:]:
        what = f"mcnn training step, batch 16 on {number} simulated devices"
        yield Row(what, "ms", 1000 / 16 * times[number], "one device", 1000 / 16 * times[1])


def step_on_devices(name: str, number: str, count: str) -> None:
    """Prints, as JSON, the seconds of each of `count` training steps of a preset's MCNN on `number` devices."""
    tune_for_training()
    config = preset(name)
    mesh = Mesh(np.array(jax.devices()[: int(number)]), (devices.AXIS,))
    call = train_call(config, "mcnn", inputs.random_batch(config, 16), mesh)
    print(json.dumps(time_in_turns({"": call}, int(count))[""].tolist()))


GROUPS = {"train": train, "grow": grow, "train-full": train_full}
