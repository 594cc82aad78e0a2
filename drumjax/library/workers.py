"""Processes that analyse sound files.

Each is a Python of its own behind a pipe: all cores read, and a file that crashes its decoder costs one process, not
the scan. Unlike those of `multiprocessing` they do not import the user's main module, so a script needs no guard.
"""

import itertools
import os
import pickle
import queue
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import drumjax
from drumjax.library.features import Analysis, analyse

CHUNK = 8
"""Files that a process is asked for at once: it need not wait for its turn between them."""

AHEAD = 3
"""Chunks of each process that are waiting or done: memory stays flat."""

Item = TypeVar("Item")


def cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """`count` processes, started when the first file is to be analysed and ended with the `with` block."""

    def __init__(self, count: int):
        self._count = count
        self._idle: queue.SimpleQueue[subprocess.Popen | None] = queue.SimpleQueue()
        for _ in range(count):
            self._idle.put(None)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for _ in range(self._count):
            process = self._idle.get()
            if process is not None:
                _end(process)

    def analysed(self, items: Iterator[Item], path_of: Callable[[Item], Path]) -> Iterator[tuple[Item, Analysis]]:
        """Each item with the analysis of its file, in their order."""
        waiting: deque[tuple[list[Item], Future[list[Analysis]]]] = deque()
        pool = ThreadPoolExecutor(self._count)
        try:
            while True:
                while len(waiting) < AHEAD * self._count and (chunk := list(itertools.islice(items, CHUNK))):
                    waiting.append((chunk, pool.submit(self._analyse, [path_of(item) for item in chunk])))
                if not waiting:
                    return
                first, future = waiting.popleft()
                yield from zip(first, future.result(), strict=True)
        finally:
            pool.shutdown(cancel_futures=True)

    def _analyse(self, paths: list[Path]) -> list[Analysis]:
        process = self._idle.get()
        try:
            if process is None:
                process = _start()
            try:
                pickle.dump([os.fsencode(path) for path in paths], process.stdin)
                process.stdin.flush()
                return pickle.load(process.stdout)
            except (EOFError, OSError, pickle.UnpicklingError):
                _end(process)
                process = None
        finally:
            self._idle.put(process)
        if len(paths) == 1:
            return [Analysis("its decoder crashed")]
        return [analysis for path in paths for analysis in self._analyse([path])]


def _start() -> subprocess.Popen:
    """A process that is ready.

    Raises:
        RuntimeError: it cannot start.
    """
    paths = [str(Path(drumjax.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    # Each process has one core: a library that starts threads of its own would only slow the others.
    own = {"PYTHONPATH": os.pathsep.join(paths)} | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    process = subprocess.Popen(
        [sys.executable, "-m", "drumjax.library.workers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # decoders print what they think of a file
        env=os.environ | own,
    )
    try:
        pickle.load(process.stdout)
    except (EOFError, OSError) as error:
        _end(process)
        raise RuntimeError(f"{sys.executable} -m drumjax.library.workers does not start") from error
    return process


def _end(process: subprocess.Popen) -> None:
    for pipe in (process.stdin, process.stdout):
        try:
            pipe.close()
        except OSError:
            pass  # it has crashed
    process.wait()


def main() -> None:
    """Analyses the files that stdin names until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the one that scans ends the others
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a decoder prints must not reach the pipe
    answer: object = None
    while True:
        pickle.dump(answer, sink)
        sink.flush()
        try:
            answer = [analyse(Path(os.fsdecode(path))) for path in pickle.load(source)]
        except EOFError:
            return


if __name__ == "__main__":
    main()
