"""The benchmark: groups of measurements, each of drumjax and its peers in turn, in one process on one machine.

Peers are PyTorch for training steps; for playing, onnxruntime with the same parameters, and the matrix products alone;
for the start, `import jax`.
"""

import contextlib
import os
import platform
import re
import warnings
from collections.abc import Callable, Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from drumjax.bench import peers, playing, training
from drumjax.bench.plan import Plan
from drumjax.bench.timing import Row
from drumjax.config import Config
from drumjax.process import setup_player, tune_for_training

GROUPS = playing.GROUPS | training.GROUPS
"""{name: function from a `Plan` to the rows of the group}."""

DEFAULT = [name for name in GROUPS if name != "train-full"]

CALLS = 1000
"""Calls for one sound: enough for a p99."""


def run(config: Config, groups: Sequence[str], log: Callable[[str], None]) -> tuple[list[Row], dict[str, str]]:
    """Measures these groups of GROUPS.

    Args:
        config: the networks to measure.
        groups: names.
        log: receives a line at the start of each group.

    Returns:
        The rows of the table, and {peer that is left out: reason}.
    """
    if not training.GROUPS.keys().isdisjoint(groups):
        tune_for_training()  # the settings of `drumjax train`
    setup_player()
    absent = peers.missing_peers()
    plan, rows = Plan(config, CALLS, absent), []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="torch")  # its compiler warns about its own code
        for name in groups:
            log(f"{name} ...")
            rows += GROUPS[name](plan)
    return rows, absent


def machine() -> list[str]:
    """Processor, number of cores, and versions of the libraries."""
    versions = [f"{name} {metadata.version(name)}" for name in ("jax", "torch", "onnxruntime") if find_spec(name)]
    return [_processor(), f"{os.cpu_count()} cores", *versions]


def _processor() -> str:
    """The processor's name from the kernel, or else its architecture."""
    with contextlib.suppress(OSError):
        text = Path("/proc/cpuinfo").read_text(encoding="utf8")
        name = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
        if name:
            return name[1]
    return platform.machine()
