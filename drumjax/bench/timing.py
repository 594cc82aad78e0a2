"""Timing of calls in turn, and the table of the results."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

WARM = 2
"""First calls of each function, which are not timed."""

PAUSE = 0.05
"""Seconds before every call, as between the hits of a player.

Threads of the previous call that spin while they wait for work (onnxruntime's: 25 ms) go to sleep in this time.
"""

TAIL = 100
"""Least number of calls for a p95 and p99."""


def time_in_turns(calls: Mapping[str, Callable[[], object]], count: int) -> dict[str, Float[np.ndarray, " calls"]]:
    """{name: seconds of each of `count` calls}; the functions are called in a new random order every turn.

    In a fixed order, each would always find the caches as the same other function left them.
    """
    seconds = {name: np.empty(count) for name in calls}
    rng, names = np.random.default_rng(0), list(calls)
    for turn in range(-WARM, count):
        for i in rng.permutation(len(names)):
            time.sleep(PAUSE)
            began = time.perf_counter()
            calls[names[i]]()
            if turn >= 0:
                seconds[names[i]][turn] = time.perf_counter() - began
    return seconds


def run_python(arguments: list[str], cache: str, variables: Mapping[str, str] | None = None) -> str:
    """Standard output of a new Python process.

    Args:
        arguments: of the interpreter.
        cache: folder of the compilation cache.
        variables: environment variables to set.

    Raises:
        subprocess.CalledProcessError: the process failed.
    """
    own = ("JAX_COMPILATION", "XLA_FLAGS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    environment |= {"XDG_CACHE_HOME": cache, **(variables or {})}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True
    ).stdout


@dataclass(frozen=True)
class Row:
    """A row of the table: measurements of drumjax and of a peer.

    Attributes:
        what: what was measured.
        unit: of all measurements.
        ours: measurements of drumjax.
        peer: its name; empty where there is none.
        theirs: measurements of the peer.
        bar: highest acceptable ratio of the medians.
        tail_bar: highest acceptable ratio of p99 / p50.
    """

    what: str
    unit: str
    ours: Float[np.ndarray, " calls"]
    peer: str = ""
    theirs: Float[np.ndarray, " peer_calls"] | None = None
    bar: float | None = None
    tail_bar: float | None = None

    @property
    def ratio(self) -> float | None:
        """Median of drumjax over the median of the peer; None without a peer."""
        return None if self.theirs is None else float(np.median(self.ours) / np.median(self.theirs))

    @property
    def tail_ratio(self) -> float | None:
        """p99 / p50 of drumjax over that of the peer; None with fewer than TAIL measurements."""
        if self.theirs is None or min(self.ours.size, self.theirs.size) < TAIL:
            return None
        ours, theirs = (np.quantile(values, 0.99) / np.median(values) for values in (self.ours, self.theirs))
        return float(ours / theirs)

    def plain(self) -> dict:
        """The row as plain data for JSON."""
        return {
            "what": self.what,
            "unit": self.unit,
            "drumjax": _quantiles(self.ours),
            "peer": self.peer,
            "theirs": None if self.theirs is None else _quantiles(self.theirs),
            "ratio": self.ratio,
            "bar": self.bar,
            "tail_ratio": self.tail_ratio,
            "tail_bar": self.tail_bar,
        }


def compare(
    what: str,
    times: Mapping[str, Float[np.ndarray, " _"]],
    peers: Mapping[str, float | None],
    ours: str = "drumjax",
    sounds: int = 1,
    **more: float,
) -> list[Row]:
    """Rows in milliseconds for one sound: one row for each peer that was timed, or one without a peer.

    Args:
        what: what was measured.
        times: {name: seconds of each call}.
        peers: {name: bar}.
        ours: name of drumjax's times.
        sounds: number of sounds in a call.
        more: further fields of `Row`.
    """
    scale = 1000 / sounds
    found = [name for name in peers if name in times]
    if not found:
        return [Row(what, "ms", scale * times[ours])]
    return [Row(what, "ms", scale * times[ours], name, scale * times[name], peers[name], **more) for name in found]


def table(rows: list[Row]) -> str:
    """The rows as Markdown; every ratio with its bar, bold where it exceeds the bar."""
    text = ["| | unit | drumjax p50 | p95 | p99 | peer | p50 | p95 | p99 | ratio | of p99 / p50 |", "|---" * 11 + "|"]
    for row in rows:
        theirs = ["", "", ""] if row.theirs is None else _cells(row.theirs)
        ratios = _ratio_cell(row.ratio, row.bar), _ratio_cell(row.tail_ratio, row.tail_bar)
        text.append("| " + " | ".join([row.what, row.unit, *_cells(row.ours), row.peer, *theirs, *ratios]) + " |")
    return "\n".join(text)


def _quantiles(values: np.ndarray) -> dict[str, float | int]:
    tail = {f"p{p}": float(np.quantile(values, p / 100)) for p in (95, 99) if values.size >= TAIL}
    return {"p50": float(np.median(values)), **tail, "count": values.size}


def _cells(values: np.ndarray) -> list[str]:
    quantiles = _quantiles(values)
    return [f"{quantiles[name]:.4g}" if name in quantiles else "" for name in ("p50", "p95", "p99")]


def _ratio_cell(ratio: float | None, bar: float | None) -> str:
    if ratio is None:
        return ""
    if bar is None:
        return f"{ratio:.2f}"
    return f"{ratio:.2f} ≤ {bar:g}" if ratio <= bar else f"**{ratio:.2f} > {bar:g}**"
