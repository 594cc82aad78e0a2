"""Datagrams as they were met in the field, by the scripts of the shared folder: each is answered."""

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_bursts_and_odd_datagrams_are_answered(server, shared_data):
    folder = shared_data.parent / "field"
    commands = [[sys.executable, folder / f"{name}.py", str(server.osc)] for name in ("osc_burst", "osc_odd")]
    scripts = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    bursts, odd = (script.communicate(timeout=120)[0].splitlines() for script in scripts)
    assert len(bursts) == 4 and all("answered 11 " in line for line in bursts), bursts
    assert len(odd) == 14 and all("-> b" in line and "/drum/" in line for line in odd), odd
