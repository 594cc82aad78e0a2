"""Calls timed in turn, and what the table shows of them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

WARM = 2
"""Calls of each contender that do not count."""

PAUSE = 0.05
"""Seconds before every call, as between the hits of a player.

Threads of the one before that still wait for work go to sleep meanwhile: onnxruntime's turn in circles for 25 ms.
"""

TAIL = 100
"""Calls from which on the p95 and p99 are told."""


def interleaved(calls: Mapping[str, Callable[[], object]], count: int) -> dict[str, np.ndarray]:
    """{contender: seconds of each of `count` calls}, the contenders in a new order every turn.

    In a fixed order one would always find the caches as its neighbour leaves them.
    """
    taken = {name: np.empty(count) for name in calls}
    rng, names = np.random.default_rng(0), list(calls)
    for turn in range(-WARM, count):
        for i in rng.permutation(len(names)):
            time.sleep(PAUSE)
            began = time.perf_counter()
            calls[names[i]]()
            if turn >= 0:
                taken[names[i]][turn] = time.perf_counter() - began
    return taken


def fresh(arguments: list[str], cache: str, more: Mapping[str, str] | None = None) -> str:
    """What a fresh process prints, its compilation cache in the folder `cache`, with `more` in its environment."""
    own = ("JAX_COMPILATION", "XLA_FLAGS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    environment |= {"XDG_CACHE_HOME": cache, **(more or {})}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True
    ).stdout


@dataclass(frozen=True)
class Row:
    """A line of the table: ours, and what it is held against.

    Attributes:
        what: that was measured.
        unit: of all figures.
        ours: every measurement.
        peer: its name; empty where there is none.
        theirs: every measurement of the peer.
        bar: the ratio of the medians that is asked for at most.
        tail_bar: the same of p99 / p50.
    """

    what: str
    unit: str
    ours: np.ndarray
    peer: str = ""
    theirs: np.ndarray | None = None
    bar: float | None = None
    tail_bar: float | None = None

    @property
    def ratio(self) -> float | None:
        """Our median over the peer's."""
        return None if self.theirs is None else float(np.median(self.ours) / np.median(self.theirs))

    @property
    def tail_ratio(self) -> float | None:
        """Our p99 / p50 over the peer's."""
        if self.theirs is None or min(self.ours.size, self.theirs.size) < TAIL:
            return None
        ours, theirs = (np.quantile(values, 0.99) / np.median(values) for values in (self.ours, self.theirs))
        return float(ours / theirs)

    def plain(self) -> dict:
        """The row as plain data, ready for JSON."""
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


def held_against(
    what: str,
    taken: Mapping[str, np.ndarray],
    peers: Mapping[str, float | None],
    ours: str = "drumjax",
    sounds: int = 1,
    **more: float,
) -> list[Row]:
    """A row, in milliseconds a sound, for each of the `peers` {name: bar} that was timed; without any, one row."""
    scale = 1000 / sounds
    found = [name for name in peers if name in taken]
    if not found:
        return [Row(what, "ms", scale * taken[ours])]
    return [Row(what, "ms", scale * taken[ours], name, scale * taken[name], peers[name], **more) for name in found]


def table(lines: list[Row]) -> str:
    """The rows as Markdown; a ratio stands beside its bar, bold where it misses it."""
    text = ["| | unit | drumjax p50 | p95 | p99 | peer | p50 | p95 | p99 | ratio | of p99 / p50 |", "|---" * 11 + "|"]
    for row in lines:
        theirs = ["", "", ""] if row.theirs is None else _cells(row.theirs)
        ratios = _against(row.ratio, row.bar), _against(row.tail_ratio, row.tail_bar)
        text.append("| " + " | ".join([row.what, row.unit, *_cells(row.ours), row.peer, *theirs, *ratios]) + " |")
    return "\n".join(text)


def _quantiles(values: np.ndarray) -> dict[str, float | int]:
    tail = {f"p{p}": float(np.quantile(values, p / 100)) for p in (95, 99) if values.size >= TAIL}
    return {"p50": float(np.median(values)), **tail, "count": values.size}


def _cells(values: np.ndarray) -> list[str]:
    told = _quantiles(values)
    return [f"{told[name]:.4g}" if name in told else "" for name in ("p50", "p95", "p99")]


def _against(ratio: float | None, bar: float | None) -> str:
    if ratio is None:
        return ""
    if bar is None:
        return f"{ratio:.2f}"
    return f"{ratio:.2f} ≤ {bar:g}" if ratio <= bar else f"**{ratio:.2f} > {bar:g}**"
