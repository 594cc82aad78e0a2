"""Settings of the process that a command runs in: threads, malloc, XLA flags, compile cache, interrupts.

Commands call these; importing drumjax or building a `Synth` changes nothing in the process.
"""

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
    """Context that delays Ctrl-C: the first raises KeyboardInterrupt in `check()` or at the end, a second at once.

    jax registers a callback with Python's garbage collector, and Python drops exceptions raised in such a callback: a
    KeyboardInterrupt among them.

    Yields:
        check: a function that raises KeyboardInterrupt if Ctrl-C was pressed.
    """
    noted = []

    def note(number: int, frame: Any) -> None:
        if noted:
            signal.default_int_handler(number, frame)
        noted.append(number)

    def check() -> None:
        if noted:
            raise KeyboardInterrupt

    # Python handles signals in the main thread only. An ignored SIGINT, as under nohup, stays ignored.
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


def setup_player() -> None:
    """Configures a process that plays sounds: compile cache, and a core of its own for each thread of XLA.

    Call it once, before or after the first `Synth` is built. It starts jax's backend, which a `Synth` needs anyway.
    """
    cache_compilations()
    spread_workers()


def cache_compilations() -> None:
    """Stores compiled code in the user's cache folder: a second start on the same machine compiles nothing.

    A cache folder that jax already has, from JAX_COMPILATION_CACHE_DIR for one, is left as it is.
    """
    import jax

    if jax.config.jax_compilation_cache_dir:
        return
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    jax.config.update("jax_compilation_cache_dir", os.path.join(base, "drumjax"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


def spread_workers() -> None:
    """Pins each thread of XLA's CPU thread pool to a core of its own, if there are as many threads as cores (Linux).

    Some schedulers wake all threads on one core after a pause and move them too late: a sound then takes half as long
    again.
    """
    if sys.platform != "linux":
        return
    import jax

    jax.local_devices()  # starts the thread pool
    workers = []
    for task in Path("/proc/self/task").glob("*"):
        with contextlib.suppress(OSError):  # a thread that has just ended
            if (task / "comm").read_text().strip() == "tf_XLAEigen":
                workers.append(int(task.name))
    cores = sorted(os.sched_getaffinity(0))
    if len(workers) == len(cores):
        for worker, core in zip(sorted(workers), cores, strict=True):
            with contextlib.suppress(OSError):
                os.sched_setaffinity(worker, {core})


def release_memory() -> None:
    """Returns freed memory to the kernel (glibc): compiling leaves about 100 MB in the C library.

    Call it after warm-up, when the first sounds have been compiled and played.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim:
        trim(0)


def tune_for_training() -> None:
    """Makes training steps on a CPU a sixth faster; call it before jax is first used."""
    keep_freed_memory()
    # Multi-output fusion computes all results that read the same arrays in one pass, as Adam's moments and parameters
    # do. `jax.jit` has no type for this option. XLA skips names that it does not have in this list of extra options;
    # an unknown flag of its own would abort the process.
    flags, option = os.environ.get("XLA_FLAGS", ""), "--xla_backend_extra_options="
    if option not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {option}xla_cpu_use_multi_output_fusion".strip()


def keep_freed_memory() -> None:
    """Keeps freed memory in the C library (glibc), for threads that have not started yet.

    By default glibc returns the hundreds of MB that a training step computes in to the kernel, which clears them page
    by page before the next use: a tenth of a step's time.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        for option, value in ((_ARENAS, 1), (_MAPPINGS, 0), (_TRIM, -1)):
            mallopt(option, value)
