"""What was recorded while the page played: hits, tasks and the heap, and the goals that they are held to."""

import json
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from drumjax.server.trial.report import Report

TEMPO = 120
STEP_MS = 1000 * 60 / TEMPO / 4
OFF_MS, TASK_MS, HEAP_KB = 1.0, 50.0, 100.0
"""Bars: a hit's distance from the grid, a task, growth of the heap a minute."""
SETTLED = 0.25
"""Share of the time after which the heap is measured: by then the page's caches are filling evenly."""
LEAST_MINUTES = 2.0
"""A shorter run says nothing about the heap."""


@dataclass(repr=False)
class Played:
    """What was recorded while the page played.

    Attributes:
        voices: of each scheduled hit its start, the audio clock when it was scheduled and after that task, its end, s.
        long_tasks: (start, duration) of tasks over 50 ms, ms by the page's clock.
        traced: (duration, time on the CPU) of each task in the trace, ms.
        heap: (minutes, kB) after each collection.
        held_up: (start, end) of what the trial itself had the browser do, ms by the page's clock.
        traced_seconds: how long Chromium's trace was kept.
        moves, letters: of the hand, and typed into the search.
    """

    voices: Float[np.ndarray, "hits 4"] = field(default_factory=lambda: np.zeros((0, 4)))
    long_tasks: list[tuple[float, float]] = field(default_factory=list)
    traced: list[tuple[float, float]] = field(default_factory=list)
    heap: list[tuple[float, float]] = field(default_factory=list)
    held_up: list[tuple[float, float]] = field(default_factory=list)
    traced_seconds: float = 0.0
    moves: int = 0
    letters: int = 0

    @property
    def last_minute(self) -> float:
        """When the heap was measured last."""
        return self.heap[-1][0] if self.heap else -np.inf

    def is_own(self, start: float, duration: float) -> bool:
        """Whether a task overlaps what the trial itself had the browser do."""
        return any(began < start + duration and start < ended for began, ended in self.held_up)

    @property
    def off_ms(self) -> float:
        """The largest distance of a hit from the grid of the first; infinite without hits."""
        if not len(self.voices):
            return float("inf")
        steps = self._steps
        return float(np.abs(steps - steps.round()).max()) * STEP_MS

    @property
    def missing(self) -> int:
        """Steps of the grid, up to the last one that sounded, on which no hit sounded."""
        if not np.any(self.voices[:, 3] > self.voices[:, 0]):
            return 0
        sounded = self._steps[self.voices[:, 3] > self.voices[:, 0]].round()
        return int(sounded.max()) + 1 - len(np.unique(sounded))

    @property
    def late(self) -> int:
        """Hits whose time had passed when the task that scheduled them ended."""
        return int(np.sum(self.voices[:, 2] > self.voices[:, 0]))

    @property
    def heap_growth(self) -> float:
        """kB a minute, of the line through the heap from `SETTLED` of the time on."""
        settled = np.array(self.heap[int(SETTLED * len(self.heap)) :])
        return float(np.polyfit(settled[:, 0], settled[:, 1], 1)[0]) if len(settled) > 1 else float("nan")

    @property
    def _steps(self) -> Float[np.ndarray, " hits"]:
        return (self.voices[:, 0] - self.voices[:, 0].min()) * 1000 / STEP_MS

    def report(self, minutes: float) -> Report:
        """The report of so many minutes."""
        report = Report(f"trace: a pattern plays for {minutes:g} minutes")
        report.add("moves of the hand, letters searched", f"{self.moves}, {self.letters}")
        report.add("hits scheduled", len(self.voices), "some", len(self.voices) > 0)
        report.add("farthest from the grid, ms", f"{self.off_ms:.4f}", f"{OFF_MS:g}", self.off_ms <= OFF_MS)
        report.add("steps without a hit", self.missing, "0", not self.missing)
        report.add("hits scheduled after their time", self.late, "0", not self.late)
        longest = max((duration for _, duration in self.long_tasks), default=0.0)
        report.add(f"tasks over {TASK_MS:g} ms", len(self.long_tasks), "0", not self.long_tasks)
        report.add("longest of them, ms", longest)
        whole, cpu = (max(times) for times in zip(*self.traced, strict=True))
        report.add(f"longest task in {self.traced_seconds:.0f} s of trace, ms", whole)
        report.add("most time of a task on the CPU in the trace, ms", cpu, f"{TASK_MS:g}", cpu <= TASK_MS)
        heap = [kilobytes / 1000 for _, kilobytes in self.heap]
        report.add("heap after collections: first, last, most, MB", f"{heap[0]:.2f}, {heap[-1]:.2f}, {max(heap):.2f}")
        growth, label = self.heap_growth, "heap, kB a minute"
        if minutes < LEAST_MINUTES:
            shown = f"{growth:.1f}" if np.isfinite(growth) else "one measurement"
            report.add(label, shown, f"{HEAP_KB:g}, judged from {LEAST_MINUTES:g} minutes on")
        else:
            report.add(label, growth, f"{HEAP_KB:g}", growth <= HEAP_KB)
        return report


def tasks_of(trace: bytes) -> list[tuple[float, float]]:
    """(duration, time on the CPU), ms, of the tasks of the busiest main thread of a page in a trace."""
    threads: dict[tuple[int, int], list[tuple[float, float]]] = {}
    events = json.loads(trace)["traceEvents"]
    mains = {(e["pid"], e["tid"]) for e in events if e.get("args", {}).get("name") == "CrRendererMain"}
    for event in events:
        thread = event["pid"], event["tid"]
        if event["name"] == "RunTask" and "dur" in event and thread in mains:
            threads.setdefault(thread, []).append((event["dur"] / 1000, event.get("tdur", 0) / 1000))
    return max(threads.values(), key=lambda tasks: sum(cpu for _, cpu in tasks), default=[(0.0, 0.0)])
