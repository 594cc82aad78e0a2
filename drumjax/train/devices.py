"""Data-parallel training: which devices share a batch, and what the first of several processes does alone.

Every device holds a copy of the state and an equal part of the rows of each batch. Means over the batch, in losses,
batch norm, the MMD, are means over all its rows: what is learned does not depend on the number of devices.

Processes train together once all of them are inside `joined`. Each makes its own rows of a batch; the run's folder
is one that all of them see.
"""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec

Tree = Any

AXIS = "batch"

_MEET_SECONDS, _LEAVE_SECONDS = 300, 20
"""How long processes wait for one another at the beginning and at the end; then those that are left stop."""


@contextlib.contextmanager
def joined(coordinator: str | None = None, processes: int | None = None, process: int | None = None) -> Iterator[None]:
    """Inside, this process trains together with the others; only the first one of them prints.

    Args:
        coordinator: "HOST:PORT" of the first process, a free port that the others reach; "auto" where jax finds
            the others itself (Slurm, Open MPI, Kubernetes, TPU pods); None for a process on its own.
        processes: how many train together.
        process: which one this is, 0 to processes - 1.

    Raises:
        ValueError: the arguments do not fit one another, or the processes do not find one another.
    """
    if coordinator is None:
        if (processes, process) != (None, None):
            raise ValueError("--processes and --process want --coordinator HOST:PORT, where process 0 runs")
        yield
        return
    named = () if coordinator == "auto" else (coordinator, processes, process)
    if named:
        _meet(*named)
    # That service would take SIGTERM for a notice; here it ends a process, as everywhere, and --resume goes on.
    jax.config.update("jax_enable_preemption_service", False)
    try:
        jax.distributed.initialize(*named, shutdown_timeout_seconds=_LEAVE_SECONDS)
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"cannot join the other processes at {coordinator}: {str(error).splitlines()[0]}") from error
    with contextlib.ExitStack() as stack:
        if not first():
            stack.enter_context(contextlib.redirect_stdout(stack.enter_context(open(os.devnull, "w"))))
        wait("joined")  # processes get to know one another's ports now, for which Gloo gives them half a minute
        yield
        wait("done")


def _meet(coordinator: str, processes: int | None, process: int | None) -> None:
    """Returns once every process has called the first one: where one of them is missing, jax would abort."""
    host, _, port = coordinator.rpartition(":")
    if not (host and port.isdecimal() and 0 < int(port) < 2**16):
        raise ValueError(f"--coordinator must be HOST:PORT or auto; got {coordinator!r}")
    if processes is None or process is None or process >= processes:
        raise ValueError(
            f"--coordinator takes --processes N and --process I, 0 to N - 1; got {processes} and {process}"
        )
    print(f"process {process} waits for all {processes} at {coordinator}, at most {_MEET_SECONDS} s", flush=True)
    names = [f"process {i} of {processes}" for i in range(processes)]
    if process:
        _call(host, int(port), names[process])
    else:
        _answer(int(port), names[1:])


def _answer(port: int, missing: list[str]) -> None:
    deadline = time.monotonic() + _MEET_SECONDS
    with contextlib.ExitStack() as calls:
        try:
            listener = calls.enter_context(socket.create_server(("", port)))
        except OSError as error:
            raise ValueError(f"process 0 cannot listen on port {port}: {error.strerror}") from error
        answered = []
        while missing:
            try:
                listener.settimeout(max(0.01, deadline - time.monotonic()))
                answered.append(calls.enter_context(listener.accept()[0]))
                answered[-1].settimeout(_LEAVE_SECONDS)
                name = answered[-1].makefile(errors="replace").readline().strip()
            except TimeoutError as error:
                raise ValueError(f"nothing was heard of {', '.join(missing)}") from error
            if name not in missing:
                raise ValueError(f"process 0 waits for {', '.join(missing)}; got a call of {name!r}")
            missing.remove(name)
        for call in answered:
            call.sendall(b"all here")


def _call(host: str, port: int, name: str) -> None:
    deadline = time.monotonic() + _MEET_SECONDS
    while True:
        try:
            with socket.create_connection((host, port), _LEAVE_SECONDS) as call:
                call.sendall(f"{name}\n".encode())
                call.settimeout(_MEET_SECONDS)
                if call.recv(64):
                    return
            raise ValueError(f"{host}:{port} does not want {name}; process 0 says why")
        except OSError as error:
            if isinstance(error, socket.gaierror) or time.monotonic() > deadline:
                raise ValueError(f"{name} cannot reach {host}:{port}: {error.strerror or error}") from error
            time.sleep(0.2)


def first() -> bool:
    """Whether this process is the one that prints, logs, draws and releases."""
    return jax.process_index() == 0


def wait(place: str) -> None:
    """Returns once every process has come to this place."""
    multihost_utils.sync_global_devices(place)


def agreed(tree: Tree) -> Tree:
    """The first process's numbers, on every process, as numpy arrays; they have the same shapes everywhere."""
    return multihost_utils.broadcast_one_to_all(tree)


def alone(work: Callable[[], Any]) -> Any:
    """What `work` returns, run by the first process while the others wait; None on the others.

    Raises:
        ValueError, OSError: as work does, on every process.
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
        raise ValueError("the first process has stopped; it says why")
    return result


def mesh(batch: int, name: str) -> Mesh:
    """The devices that share a stage's batches: as many as divide them, the same number of every process.

    Raises:
        ValueError: the processes cannot share a batch evenly.
    """
    local = [jax.local_devices(process_index=process) for process in range(jax.process_count())]
    if batch % len(local):
        raise ValueError(f"train.{name}.batch must be a multiple of the {len(local)} processes; got {batch}")
    used = max(n for n in range(1, min(map(len, local)) + 1) if batch % (n * len(local)) == 0)
    return Mesh(np.array([devices[:used] for devices in local]).ravel(), (AXIS,))


def own_rows(batch: int) -> slice:
    """The rows of a batch that this process makes."""
    count = batch // jax.process_count()
    return slice(jax.process_index() * count, (jax.process_index() + 1) * count)


def replicated(mesh: Mesh) -> NamedSharding:
    """A copy on every device."""
    return NamedSharding(mesh, PartitionSpec())


def by_rows(mesh: Mesh) -> NamedSharding:
    """The leading axis in equal parts."""
    return NamedSharding(mesh, PartitionSpec(AXIS))


def placed(tree: Tree, sharding: NamedSharding) -> Tree:
    """Arrays over the devices of all processes, of which this process has `tree`: all of it, or its own rows."""
    return jax.tree.map(lambda x: jax.make_array_from_process_local_data(sharding, np.asarray(x)), tree)


def own_copy(tree: Tree) -> Tree:
    """Replicated arrays as arrays on one device of this process, without copying."""
    return jax.tree.map(lambda x: x.addressable_data(0), tree)
