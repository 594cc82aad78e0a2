"""Settings of the process that a command runs in: threads, malloc, XLA flags, compile cache, interrupts."""

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_ARENAS, _MAPPINGS, _TRIM = -8, -4, -1  # M_ARENA_MAX, M_MMAP_MAX, M_TRIM_THRESHOLD of <malloc.h>


@contextlib.contextmanager
def late_interrupts() -> Iterator[Callable[[], None]]:
    """Notes a Ctrl-C, and raises it where the function it gives is called, or at the end; a second one at once.

    jax has Python call it whenever garbage is collected. What is raised in there is lost: so would be that Ctrl-C.
    """
    noted = []

    def note(number: int, frame: Any) -> None:
        if noted:
            signal.default_int_handler(number, frame)
        noted.append(number)

    def check() -> None:
        if noted:
            raise KeyboardInterrupt

    # Elsewhere Python does not let signals be handled; and where they are ignored, as behind nohup, they stay so.
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, note)
        try:
            yield check
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        check()
    else:
        yield check


def cache_compilations() -> None:
    """Keeps compiled code in the user's cache folder: the second start on a machine compiles nothing."""
    import jax

    if jax.config.jax_compilation_cache_dir:
        return
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    jax.config.update("jax_compilation_cache_dir", os.path.join(base, "drumjax"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


def tune_for_training() -> None:
    """Makes training steps on a CPU a sixth faster, in a process that has not used jax yet."""
    keep_freed_memory()
    # What reads the same numbers goes over them once, as Adam's moments and weights do. The option is a field of no
    # type that `jax.jit` takes.
    flags, option = os.environ.get("XLA_FLAGS", ""), "--xla_backend_extra_options="
    if option not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {option}xla_cpu_use_multi_output_fusion".strip()


def keep_freed_memory() -> None:
    """Lets the C library (glibc) keep what is freed, for threads that have not started yet.

    By itself it gives the hundreds of MB that a training step computes in back to the kernel, which hands them
    out again page by page, zeroed: a tenth of the step's time.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        for option, value in ((_ARENAS, 1), (_MAPPINGS, 0), (_TRIM, -1)):
            mallopt(option, value)


def give_back_freed_memory() -> None:
    """Makes the C library (glibc) give back what is freed: compiling leaves a hundred MB with it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim:
        trim(0)


def spread_workers() -> None:
    """Gives every thread that XLA computes with a core of its own, where there are as many of them as cores (Linux).

    A scheduler that packs threads wakes all of them on one core after a pause, and they have finished before it moves
    any: a sound then takes half as long again.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):  # no /proc, or a thread that has just ended: the scheduler decides
        names = {int(task.name): (task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()}
        workers = sorted(task for task, name in names.items() if name == "tf_XLAEigen")
        cores = sorted(os.sched_getaffinity(0))
        if len(workers) == len(cores):
            for worker, core in zip(workers, cores, strict=True):
                os.sched_setaffinity(worker, {core})
