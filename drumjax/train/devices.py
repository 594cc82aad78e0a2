"""Data-parallel training on all devices of one or several processes.

Every device holds a copy of the state and an equal part of each batch. Means over the batch (losses, batch norm, MMD)
are means over the whole batch, so the result does not depend on the number of devices.

Several processes train together inside `joined`. Each one makes its own part of a batch; all of them read and write the
same run folder. The first process also prints, logs, draws and releases.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec

Tree = Any

AXIS = "batch"

_JOIN_SECONDS, _LEAVE_SECONDS = 300, 20
"""Time-outs of a process that waits for the others at the start and at the end of training."""


@contextlib.contextmanager
def joined(coordinator: str | None = None, processes: int | None = None, process: int | None = None) -> Iterator[None]:
    """Context in which this process trains together with the others; only the first one prints.

    Processes meet through `jax.distributed`. jaxlib (0.10 to 0.12) aborts a process, exit status 134 with a stack
    trace, where the coordinator refuses its number (`process` is too large for the coordinator's `processes`) or where
    another process ends during training.

    Args:
        coordinator: "HOST:PORT" of process 0, a free port that the other processes can reach; "auto" where jax detects
            the cluster (Slurm, Open MPI, Kubernetes, TPU pods); None for a single process.
        processes: number of processes that train together.
        process: number of this process, 0 to processes - 1.

    Raises:
        ValueError: the arguments contradict one another, the port is taken, or a process is missing after 300 seconds.
    """
    if coordinator is None:
        if (processes, process) != (None, None):
            raise ValueError("--processes and --process need --coordinator HOST:PORT, the address of process 0")
        yield
        return
    if coordinator != "auto":
        _check(coordinator, processes, process)
        if process == 0:
            _check_port(int(coordinator.rpartition(":")[2]))
        name = f"process {process} of {processes}"
        print(f"{name} waits for the others at {coordinator}, at most {_JOIN_SECONDS} s", flush=True)
    _initialize(coordinator, processes, process)
    with contextlib.ExitStack() as stack:
        if not first():
            stack.enter_context(contextlib.redirect_stdout(stack.enter_context(open(os.devnull, "w"))))
        wait("joined")  # Gloo exchanges ports here, with a time-out of 30 s
        yield
        wait("done")


def _check(coordinator: str, processes: int | None, process: int | None) -> None:
    host, _, port = coordinator.rpartition(":")
    if not (host and port.isdecimal() and 0 < int(port) < 2**16):
        raise ValueError(f"--coordinator must be HOST:PORT or auto; got {coordinator!r}")
    if processes is None or process is None or not 0 <= process < processes:
        raise ValueError(
            f"--coordinator needs --processes N and --process I, 0 to N - 1; got {processes} and {process}"
        )


def _check_port(port: int) -> None:
    # jaxlib 0.12 sometimes ends with a segmentation fault where the port is taken.
    try:
        socket.create_server(("", port)).close()
    except OSError as error:
        raise ValueError(f"process 0 cannot listen on port {port}: {error.strerror}") from error


def _initialize(coordinator: str, processes: int | None, process: int | None) -> None:
    """Runs `jax.distributed.initialize` with a time-out that raises.

    jaxlib aborts the process at its own time-out, and Ctrl-C has no effect until then. So a thread runs it, and its
    time-out is a minute longer.
    """
    named = () if coordinator == "auto" else (coordinator, processes, process)
    limits = {"initialization_timeout": int(_JOIN_SECONDS) + 60, "shutdown_timeout_seconds": _LEAVE_SECONDS}
    done: Future[None] = Future()

    def initialize() -> None:
        try:
            done.set_result(jax.distributed.initialize(*named, **limits))
        except Exception as error:  # raised below, by `result`
            done.set_exception(error)

    # jax's preemption service would catch SIGTERM. Here SIGTERM ends a process, as it does in a run on one host, and
    # --resume continues the run.
    jax.config.update("jax_enable_preemption_service", False)
    threading.Thread(target=initialize, daemon=True).start()
    try:
        done.result(_JOIN_SECONDS)
    except TimeoutError as error:
        raise ValueError(
            f"no connection to all processes at {coordinator} within {_JOIN_SECONDS} s; check the address, and that "
            "each process has the same --coordinator and --processes and its own --process"
        ) from error
    except (ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(f"cannot join the processes with --coordinator {coordinator}: {reason}") from error


def first() -> bool:
    """Whether this is the process that prints, logs, draws and releases."""
    return jax.process_index() == 0


def wait(place: str) -> None:
    """Returns once every process has reached the call with this name."""
    multihost_utils.sync_global_devices(place)


def agreed(tree: Tree) -> Tree:
    """Broadcasts the first process's arrays to every process, as numpy arrays of the same shapes."""
    return multihost_utils.broadcast_one_to_all(tree)


def alone(work: Callable[[], Any]) -> Any:
    """Runs `work` on the first process while the others wait; its result there, None on the others.

    Raises:
        ValueError, OSError: raised by `work`; the other processes raise a ValueError then.
    """
    result = error = None
    if first():
        try:
            result = work()
        except (ValueError, OSError) as raised:
            error = raised
    failed = agreed(np.int32(error is not None))
    if error is not None:
        raise error
    if failed:
        raise ValueError("process 0 failed; see its log")
    return result


def mesh(batch: int, name: str) -> Mesh:
    """The devices that share a stage's batches: the same number in every process, the most that divide a batch evenly.

    Raises:
        ValueError: `batch` is not a multiple of the number of processes.
    """
    local = [jax.local_devices(process_index=process) for process in range(jax.process_count())]
    if batch % len(local):
        raise ValueError(f"train.{name}.batch must be a multiple of the {len(local)} processes; got {batch}")
    used = max(n for n in range(1, min(map(len, local)) + 1) if batch % (n * len(local)) == 0)
    return Mesh(np.array([devices[:used] for devices in local]).ravel(), (AXIS,))


def own_rows(batch: int) -> slice:
    """The part of a batch that this process makes."""
    count = batch // jax.process_count()
    return slice(jax.process_index() * count, (jax.process_index() + 1) * count)


def replicated(mesh: Mesh) -> NamedSharding:
    """Sharding with a copy on every device."""
    return NamedSharding(mesh, PartitionSpec())


def by_rows(mesh: Mesh) -> NamedSharding:
    """Sharding with equal parts of the leading axis on the devices."""
    return NamedSharding(mesh, PartitionSpec(AXIS))


def placed(tree: Tree, sharding: NamedSharding) -> Tree:
    """Global arrays over the devices of all processes.

    Args:
        tree: this process's data: whole arrays for `replicated`, its `own_rows` for `by_rows`.
        sharding: one of the two.
    """
    return jax.tree.map(lambda x: jax.make_array_from_process_local_data(sharding, np.asarray(x)), tree)


def own_copy(tree: Tree) -> Tree:
    """Views of replicated arrays on one device of this process, without copying."""
    return jax.tree.map(lambda x: x.addressable_data(0), tree)
