"""Settings of a command's process, each measured in a process of its own."""

import os
import platform
import subprocess
import sys

import pytest

WORKERS = """
import contextlib, os, threading, time
import jax
from drumjax.process import setup_player

def end_threads():
    while not done:
        threading.Thread(target=time.sleep, args=(1e-3,)).start()

done = []
ending = threading.Thread(target=end_threads)  # threads that end while the list of threads is read
ending.start()
setup_player()
done.append(True)
ending.join()
while threading.active_count() > 1:
    time.sleep(1e-3)
jax.numpy.zeros(1).block_until_ready()
threads = []
for task in os.listdir("/proc/self/task"):
    with contextlib.suppress(OSError):
        threads += [int(task)] * (open(f"/proc/self/task/{task}/comm").read().strip() == "tf_XLAEigen")
print(sorted(map(sorted, map(os.sched_getaffinity, threads))), [[core] for core in sorted(os.sched_getaffinity(0))])
"""

PASSES = """
import sys
import jax, jax.numpy as jnp
from drumjax.process import tune_for_training

if sys.argv[1] == "tuned":
    tune_for_training()
x = jnp.ones(2**16)
step = jax.jit(lambda mean, square, new: (0.9 * mean + 0.1 * new, 0.99 * square + 0.01 * new * new))
print(step.lower(x, x, x).compile().as_text().split("ENTRY")[1].count(" fusion("))
"""

FAULTS = """
import resource, sys, threading
from drumjax.process import keep_freed_memory

def used_twice():
    b"x" * 2**27
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    b"x" * 2**27
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

if sys.argv[1] == "kept":
    keep_freed_memory()
thread = threading.Thread(target=used_twice)
thread.start()
thread.join()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the setting is glibc's")
def test_freed_memory_is_kept_for_the_next_use():
    kept, given_back = (
        int(subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True).stdout)
        for how in ("kept", "given back")
    )
    assert kept < 20 < given_back


RELEASED = """
import ctypes, os
from drumjax.process import release_memory

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE")

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
blocks = [libc.malloc(1000) for _ in range(50_000)]
for block in blocks:
    ctypes.memset(block, 1, 1000)
for block in blocks[:-1]:
    libc.free(block)
before = resident()
release_memory()
print(before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the setting is glibc's")
def test_released_memory_leaves_the_process():
    run = subprocess.run([sys.executable, "-c", RELEASED], capture_output=True, text=True, check=True)
    assert int(run.stdout) > 40_000_000


UNKNOWN = """
import os, sys
os.environ["XLA_FLAGS"] = "--xla_backend_extra_options=xla_cpu_of_another_version"
import jax
print(jax.numpy.zeros(1).sum())
"""


def test_an_extra_option_that_xla_does_not_have_is_skipped():
    run = subprocess.run([sys.executable, "-c", UNKNOWN], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "0.0"


@pytest.mark.parametrize("flags", ["", "--xla_cpu_enable_fast_math=false"])
def test_training_reads_shared_inputs_once(flags):
    environment = {**os.environ, "XLA_FLAGS": flags}
    tuned, plain = (
        subprocess.run(
            [sys.executable, "-c", PASSES, how], env=environment, capture_output=True, text=True, check=True
        ).stdout.strip()
        for how in ("tuned", "plain")
    )
    assert (tuned, plain) == ("1", "2")


@pytest.mark.skipif(sys.platform != "linux", reason="threads are given cores on Linux only")
def test_a_player_gives_every_worker_a_core_of_its_own(tmp_path):
    cores = os.sched_getaffinity(0)
    kept = {name: value for name, value in os.environ.items() if "CACHE" not in name}
    environment = {**kept, "XDG_CACHE_HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", WORKERS], env=environment, capture_output=True, text=True, check=True)
    one_each = [[core] for core in sorted(cores)]
    assert run.stdout.strip() == f"{one_each} {one_each}"
    assert list((tmp_path / "drumjax").iterdir())  # compiled code, in the cache


CACHE = """
import jax
from drumjax.process import cache_compilations

cache_compilations()
print(jax.config.jax_compilation_cache_dir)
"""


@pytest.mark.parametrize(
    "variables, expected",
    [
        ({}, "{home}/.cache/drumjax"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/drumjax"),
        ({"JAX_COMPILATION_CACHE_DIR": "/y"}, "/y"),
    ],
)
def test_compiled_code_is_stored_in_the_users_cache_folder_or_in_the_one_that_jax_has(variables, expected, tmp_path):
    kept = {name: value for name, value in os.environ.items() if "CACHE" not in name}
    environment = {**kept, "HOME": str(tmp_path), **variables}
    done = subprocess.run([sys.executable, "-c", CACHE], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected.format(home=tmp_path)


INTERRUPTED = """
import gc, signal
from drumjax.process import late_interrupts

def collecting(phase, info):  # as jax's: what is raised in here is lost
    if phase == "start":
        signal.raise_signal(signal.SIGINT)

reached = 0
try:
    with late_interrupts() as check:
        for reached in range(9):
            check()
            if reached == 3:
                gc.callbacks.append(collecting)
                gc.collect()
                gc.callbacks.clear()
except KeyboardInterrupt:
    print("stopped at", reached)
try:
    with late_interrupts() as check:
        signal.raise_signal(signal.SIGINT)
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            print("the second at once")
except KeyboardInterrupt:
    print("the first at the end")
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
signal.signal(signal.SIGINT, signal.SIG_IGN)
with late_interrupts() as check:
    signal.raise_signal(signal.SIGINT)
    check()
print("ignored")
"""


def test_no_interrupt_is_lost():
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)" + INTERRUPTED
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert not done.stderr, done.stderr
    expected = ["stopped at 4", "the second at once", "the first at the end", "True", "ignored"]
    assert done.stdout.splitlines() == expected
