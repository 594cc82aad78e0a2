"""Progress on the terminal: a bar in every phase that takes long, and how long a stage will take.

Bars go to stderr, and only to a terminal: a log file gets none. tqdm is imported by the first bar: a player shows none.
"""

import contextlib
import time
from collections.abc import Iterable, Iterator
from typing import Any

SKIPPED, MEASURED = 20, 20
"""Steps of a stage that are not timed, since they compile, and steps that are timed after them."""

_silent = False


@contextlib.contextmanager
def silenced(silent: bool = True) -> Iterator[None]:
    """Inside, no bar is shown: for all but the first of several processes."""
    global _silent
    before, _silent = _silent, silent or _silent
    try:
        yield
    finally:
        _silent = before


def bar(
    iterable: Iterable[Any] | None, name: str, total: int | None = None, unit: str = "it", shown: bool = True
) -> Any:
    """A progress bar over the iterable; with None, one that its caller updates. It disappears when it is done.

    Args:
        iterable: what is gone through.
        name: of the phase.
        total: number of items; by default the length of the iterable.
        unit: what an item is.
        shown: False for no bar.
    """
    from tqdm import tqdm

    return tqdm(iterable, name, total, leave=False, unit=unit, dynamic_ncols=True, disable=_disabled(shown))


@contextlib.contextmanager
def phase(name: str, shown: bool = True) -> Iterator[None]:
    """Shows the name of a phase that has no items to count, while it runs."""
    from tqdm import tqdm

    with tqdm(desc=f"{name} ...", bar_format="{desc}", leave=False, disable=_disabled(shown)):
        yield


def _disabled(shown: bool) -> bool | None:
    """None has tqdm show a bar only where stderr is a terminal."""
    return None if shown and not _silent else True


class Pace:
    """Prints, once, how long a training stage takes: measured over `MEASURED` steps, after `SKIPPED`.

    Every preset's first validation comes later, so that steps alone are measured.

    Args:
        name: of the stage.
        done: steps taken before.
        total: steps of the whole stage.
    """

    def __init__(self, name: str, done: int, total: int):
        self._name, self._total = name, total
        self._first = done + SKIPPED
        self._began: tuple[int, float] | None = None
        self._printed = False

    def reached(self, done: int) -> None:
        """Notes that the results of step `done` are there. Dispatched steps do not count."""
        if self._printed or done < self._first:
            return
        now = time.perf_counter()
        if self._began is None:
            self._began = done, now
            return
        steps, seconds = done - self._began[0], now - self._began[1]
        if steps >= MEASURED:
            self._printed = True
            left = self._total - done
            from tqdm import tqdm

            tqdm.write(
                f"{self._name}: {1000 * seconds / steps:,.0f} ms a step, measured over {steps}; "
                f"about {duration(left * seconds / steps)} for the {left:,} steps left"
            )


def duration(seconds: float) -> str:
    """The seconds as a person reads them: "40 s", "6 min", "1 h 20 min"."""
    if seconds < 59.5:
        return f"{max(seconds, 1):.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
