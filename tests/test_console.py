"""What every command shares."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource, sys, threading
from drumjax.console import keep_freed_memory

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
