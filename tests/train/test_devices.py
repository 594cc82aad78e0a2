"""Training on eight devices and in two processes against training on one; errors when processes do not meet.

The tests run this file as a script: the functions above the line compute in processes of their own.
"""

import dataclasses
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import flax.linen
import jax
import numpy as np
import pytest

from drumjax import checkpoint, presets
from drumjax.config import CLASSES
from drumjax.data import procedural
from drumjax.data.batches import Balanced
from drumjax.data.store import Store
from drumjax.train import assembly, devices, log, loop, stages

ROOT = Path(__file__).parents[2]
SMALL = [
    "audio.samples=1600", "audio.hop=16", "audio.window=64", "audio.fft=128", "audio.mels=32",
    "data.builtin=12", "data.per_class=12", "cwae.channels=4,6", "cwae.dense=24,16", "cwae.latent=5",
    "mcnn.heads=2", "mcnn.channels=8,6,4,2", "mcnn.length_buckets=true",
    "train.cwae.batch=88", "train.cwae.epoch_steps=2",
]  # fmt: skip
COMPONENTS = ["cwae.components=16", "cwae.dropout=0.3", "cwae.blend=0.5"]


def small_task(name, folder, *overrides):
    """(task, balanced) of a stage with fixed initial params, one sum as validation and no figures."""
    made = presets.override(presets.preset("tiny"), [*SMALL, f"data.store={folder}", *overrides])
    store = Store.open(folder) if folder.exists() else procedural.build(made, progress=False)
    balanced = Balanced(store, made.data.per_class, 0)
    held = balanced.batch(0, len(CLASSES))
    task = stages.cwae_task(made, held, dict) if name == "cwae" else stages.mcnn_task(made, held)
    blank = jax.eval_shape(lambda: assembly.blank_state(made, name))  # compiles nothing

    def init(key):
        rng = np.random.default_rng(0)
        drawn = lambda leaf: rng.normal(0, 0.2, leaf.shape).astype(np.float32)  # noqa: E731
        extra = jax.tree.map(lambda leaf: np.ones(leaf.shape, np.float32), blank.extra)
        if extra:
            extra["mean"] *= -7  # the log-mels lie around -7
        if overrides:
            extra["batch_stats"] = jax.tree.map(drawn, blank.extra["batch_stats"])
        return jax.tree.map(drawn, blank.params), extra

    def validate(params, extra):
        return {"loss": float(sum(np.abs(leaf).sum() for leaf in jax.tree.leaves(params)))}

    return task._replace(init=init, validate=validate, show=lambda *_: None), balanced


def compare_steps(folder):
    folder = Path(folder)
    flax.linen.relu = flax.linen.softplus  # the gradient of a ReLU jumps where rounding changes a sign
    for name, *overrides in (("cwae",), ("cwae", *COMPONENTS), ("mcnn",)):
        task, balanced = small_task(name, folder / "store", *overrides)
        params, extra = task.init(None)
        batches = task.source(balanced, extra, folder) if task.source else balanced
        batch, results = batches.batch(3, task.settings.batch), []
        if name == "mcnn":  # short sounds come in short waves
            most, samples = next(iter(batches.cuts.items()))
            waves, lengths = batch.waves[:, :samples], np.minimum(batch.lengths, most)
            batch = dataclasses.replace(batch, waves=waves, lengths=lengths)
        for count in (1, 8):
            mesh = jax.sharding.Mesh(jax.devices()[:count], (devices.AXIS,))
            state = loop.start(params, extra, task.settings)
            results.append(jax.tree.map(np.asarray, loop.make_step(task, 0, mesh)(state, task.frozen, batch)))
        (one, metrics), (eight, others) = results
        for key, value in metrics.items():
            np.testing.assert_allclose(others[key], value, rtol=1e-5, atol=1e-6, err_msg=f"{name} {key}")
        # Compared is Adam's first moment, which is the gradient. Its update of a parameter whose gradient is nothing
        # but rounding errors is rounding errors as well.
        for part in ("opt", "extra"):
            leaves = [jax.tree.leaves(getattr(result, part)) for result in (one, eight)]
            for a, b in zip(*leaves, strict=True):
                assert np.abs(a - b).max() <= 1e-4 * np.abs(a).max(), (name, overrides, part, a.shape)
    assert [devices.mesh(batch, "cwae").size for batch in (704, 44, 11)] == [8, 4, 1]


def train(coordinator, process, store, folder, steps):
    """Trains the component CWAE up to a step, as one of two processes."""
    with devices.joined(coordinator, 2, int(process)):
        train_small(Path(store), Path(folder), int(steps))


def train_small(store, folder, steps):
    task, balanced = small_task("cwae", store, *COMPONENTS)
    task = task._replace(settings=dataclasses.replace(task.settings, steps=steps))
    blank = loop.start(*task.init(None), task.settings)
    loop.run(task, balanced, folder, blank)
    with checkpoint.Checkpoints(folder / "checkpoints") as checkpoints:
        state = checkpoints.latest(blank)
    assert int(state.step) == steps
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(state.params)])


# ------------------------------------------------------------------------------------------------------------------


def started(*command, flags="", **variables):
    settings = {
        **os.environ, "PYTHONPATH": str(ROOT), "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip(),
        **{name: str(value) for name, value in variables.items()},
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, *map(str, command)], env=settings, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finished(*processes):
    """(exit code, stdout, stderr) of each."""
    outputs = [process.communicate(timeout=300) for process in processes]
    return [(process.returncode, *output) for process, output in zip(processes, outputs, strict=True)]


def address():
    """localhost and a port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        return f"localhost:{listener.getsockname()[1]}"


@pytest.mark.slow
def test_eight_devices_take_the_step_of_one_and_gather_only_codes(tmp_path):
    flags = "--xla_force_host_platform_device_count=8 --xla_dump_hlo_module_re=jit_step"
    process = started(__file__, "compare_steps", tmp_path, flags=f"{flags} --xla_dump_to={tmp_path / 'hlo'}")
    ((code, _, errors),) = finished(process)
    assert code == 0, errors
    programs = [path.read_text() for path in (tmp_path / "hlo").glob("*after_optimizations.txt")]
    # Devices exchange sums, the codes (88, 5) for the MMD, and the components (88, 16) for blending; no sounds, spectra
    # or activations.
    partitioned = [text for text in programs if " all-reduce(" in text]
    assert len(programs) == 6 and len(partitioned) == 3
    crossing = re.findall(r"= (.*?) (?:all-gather|all-to-all|collective-permute)(?:-start)?\(", "".join(partitioned))
    assert crossing and {shape.split("{")[0] for shape in crossing} == {"f32[88,5]", "f32[88,16]"}


@pytest.mark.slow
def test_two_processes_killed_and_resumed_train_as_one(tmp_path):
    store, one, two = tmp_path / "store", tmp_path / "one", tmp_path / "two"
    task, _ = small_task("cwae", store, *COMPONENTS)

    def pair(steps):
        where = address()
        return [started(__file__, "train", where, process, store, two, steps) for process in range(2)]

    processes, deadline = pair(10**9), time.monotonic() + 200
    while len(log.read(two / "metrics.jsonl")) < 3 and time.monotonic() < deadline:
        assert all(process.poll() is None for process in processes), finished(*processes)
        time.sleep(0.05)
    for process in processes:
        process.kill()
    assert [code for code, *_ in finished(*processes)] == [-signal.SIGKILL] * 2
    steps = log.read(two / "metrics.jsonl")[-1]["step"] + 2
    for code, _, errors in finished(*pair(steps)):
        assert code == 0, errors
    expected, got = train_small(store, one, steps), train_small(store, two, steps)
    moved = expected - np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(task.init(None)[0])])
    # Adam's steps are as large for the few parameters whose gradient is nothing but rounding errors.
    differ = np.abs(got - expected) / np.median(np.abs(moved))
    assert np.quantile(differ, 0.5) < 1e-5 and np.quantile(differ, 0.99) < 1e-2
    logs = [log.read(folder / "metrics.jsonl") for folder in (one, two)]
    assert [row["step"] for row in logs[0]] == [row["step"] for row in logs[1]] == list(range(0, steps + 1, 2))
    for row, other in zip(*logs, strict=True):
        for key in {"train/mse", "train/mmd", "train/gradient", "validation/loss"} & set(row):
            assert row[key] == pytest.approx(other[key], rel=1e-4), key


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "EMPTY"], "EMPTY holds no files"),
        (["--set", "train.cwae.batch=33"], "train.cwae.batch must be a multiple of the 2 processes; got 33"),
    ],
)
def test_a_mistake_is_one_line_in_every_process(tmp_path, arguments, message):
    (tmp_path / "EMPTY").mkdir()
    where, stage = address(), ["--preset", "tiny", "--stage", "cwae", "--set", f"run.dir={tmp_path / 'run'}"]
    command = [ROOT / "train.py", *stage, *(str(tmp_path / a) if a == "EMPTY" else a for a in arguments)]
    ends = finished(*(started(*command, "--coordinator", where, "--processes", 2, "--process", i) for i in range(2)))
    assert [code for code, *_ in ends] == [2, 2], ends
    assert message in ends[0][2].splitlines()[-1]
    assert message in ends[1][2] or ends[1][2].splitlines()[-1].endswith("process 0 failed; see its log")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, 2, 0), "need --coordinator HOST:PORT"),
        (("here", 2, 0), "must be HOST:PORT or auto; got 'here'"),
        (("here:70000", 2, 0), "must be HOST:PORT or auto; got 'here:70000'"),
        (("here:1234", 2, None), "0 to N - 1; got 2 and None"),
        (("here:1234", 2, 2), "0 to N - 1; got 2 and 2"),
        (("here:1234", 2, -1), "0 to N - 1; got 2 and -1"),
    ],
)
def test_contradicting_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)), devices.joined(*arguments):
        pass


JOIN = """
import sys
import jax
from drumjax.commands import command
from drumjax.train import devices

@command("join")
def join(arguments):
    where, *numbers = arguments
    with devices.joined(where, *map(int, numbers)):
        print(jax.process_index(), jax.process_count(), file=sys.stderr)

if sys.argv[1] != "auto":
    devices._JOIN_SECONDS = 3
sys.exit(join())
"""


def joining(where, *numbers, **variables):
    return started("-c", JOIN, where, *numbers, **variables)


def test_processes_that_do_not_meet_end_with_one_line():
    where = address()
    alone, first = joining(address(), 2, 1), joining(where, 2, 0)
    refused = joining(where, 3, 2)  # there is no process 2 for the first one
    for code, _, errors in finished(alone, first):
        lines = [line for line in errors.splitlines() if line.startswith("join: no connection to all processes at ")]
        assert code == 2 and len(lines) == 1 and "Traceback" not in errors, errors
    assert finished(refused)[0][0] in (2, -signal.SIGABRT)  # jaxlib aborts it, once it has reached the first one


def test_a_port_in_use_is_an_error():
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        message = f"cannot listen on port {port}: Address already in use"
        with pytest.raises(ValueError, match=message), devices.joined(f"localhost:{port}", 2, 0):
            pass


def test_errors_of_jax_are_one_line():
    jax.devices()  # jax.distributed must come first
    message = r"^cannot join the processes with --coordinator auto: .*$"
    with pytest.raises(ValueError, match=message), devices.joined("auto"):
        pass


@pytest.mark.parametrize("cluster", ["Slurm", "Open MPI"])
def test_processes_meet_in_a_cluster_that_jax_detects(cluster):
    port = int(address().rpartition(":")[2])
    job = 2**16 - 2**12 + port % 2**12  # the coordinator's port is taken from the end of the job's number

    def variables(process):
        if cluster == "Slurm":
            return {"SLURM_JOB_ID": job, "SLURM_STEP_NODELIST": "localhost", "SLURM_NTASKS": 2,
                    "SLURM_PROCID": process, "SLURM_LOCALID": process}  # fmt: skip
        uri = f"{job * 2**12}.0;tcp://127.0.0.1:34911"
        return {"OMPI_MCA_orte_hnp_uri": uri, "OMPI_COMM_WORLD_SIZE": 2, "OMPI_COMM_WORLD_RANK": process,
                "OMPI_COMM_WORLD_LOCAL_RANK": process}  # fmt: skip

    for process, (code, _, errors) in enumerate(finished(*(joining("auto", **variables(i)) for i in range(2)))):
        assert code == 0 and f"{process} 2" in errors.splitlines(), errors


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
