"""The page in Chromium: its first sound, and what it does in time while it plays, is edited and searches.

Times of hits are those at which the page schedules its voices, on the audio clock; tasks are those of Chromium's trace
and of its Long Tasks API; the heap is that of JavaScript after a collection.
"""

import argparse
import contextlib
import itertools
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from drumjax.server.trial.browser import chromium, places, until
from drumjax.server.trial.harness import start_server, start_stocked_server
from drumjax.server.trial.report import Report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TEMPO = 120
STEP_MS = 1000 * 60 / TEMPO / 4
OFF_MS, TASK_MS, HEAP_KB, OPENING_S = 1.0, 50.0, 100.0, 1.5
"""Bars: a hit's distance from the grid, a task, growth of the heap a minute, the first sound."""
TRACED_S = 60.0
"""Seconds at the start of which Chromium's trace is kept."""
HEAP_EVERY_S = 10.0
SETTLED = 0.25
"""Share of the time after which the heap is measured: by then the page's caches are filling evenly."""
MOVES, FRAME_MS = 60, 1000 / 60
WORDS = "kick 1", "snare", "wav"
LEAST_MINUTES = 2.0
"""A shorter run says nothing about the heap."""
_PATTERN = "p=" + "".join(f"{steps}0000" for steps in ("ffff", "0000", "0808", "0202", "ffff", *["0000"] * 6))
_LINK = f"{_PATTERN}&t={TEMPO}&w=50&h=0"

# Of each voice: its start, the audio clock when it was scheduled and after that task, and its end; outside of the heap.
_RECORD = """{
const [most, fields] = [2 ** 19, 4];
const voices = new Float64Array(most * fields);
const places = new WeakMap();
let count = 0;
const { start, stop } = AudioBufferSourceNode.prototype;
AudioBufferSourceNode.prototype.start = function (when, ...part) {
  const { context } = this;
  if (context instanceof AudioContext && count < most) {
    const place = fields * count++;
    places.set(this, place);
    voices.set([when, context.currentTime, 0, Infinity], place);
    scheduler.postTask(() => (voices[place + 2] = context.currentTime), { priority: "user-blocking" });
    window.firstVoice ??= performance.now();
  }
  return start.call(this, when, ...part);
};
AudioBufferSourceNode.prototype.stop = function (when) {
  if (places.has(this)) voices[places.get(this) + 3] = when;
  return stop.call(this, when);
};
window.voices = () => Array.from(voices.subarray(0, fields * count));
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) longTasks.push([startTime, duration]);
}).observe({ type: "longtask" });
}"""
_NOTE_READY = """new MutationObserver(() => {
    if (document.querySelector("#wave[aria-busy=false]")) window.readyAt ??= performance.now();
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-busy"] });"""
_READY = "document.querySelectorAll('.pad[aria-busy=false]').length === 11"


@dataclass
class Played:
    """What was recorded while the page played.

    Attributes:
        voices: of each scheduled hit its start, the audio clock when it was scheduled and after that task, its end, s.
        long_tasks: (start, duration) of tasks over 50 ms, ms by the page's clock.
        traced: (duration, time on the CPU) of each task in the trace, ms.
        heap: (minutes, kB) after each collection.
        collections: (start, end) of each, ms by the page's clock.
        moves, letters: of the hand, and typed into the search.
    """

    voices: Float[np.ndarray, "hits 4"] = field(default_factory=lambda: np.zeros((0, 4)))
    long_tasks: list[tuple[float, float]] = field(default_factory=list)
    traced: list[tuple[float, float]] = field(default_factory=list)
    heap: list[tuple[float, float]] = field(default_factory=list)
    collections: list[tuple[float, float]] = field(default_factory=list)
    moves: int = 0
    letters: int = 0

    @property
    def last_minute(self) -> float:
        """When the heap was measured last."""
        return self.heap[-1][0] if self.heap else -np.inf

    def is_collection(self, start: float, duration: float) -> bool:
        """Whether a task is one of those that collect."""
        return any(began < start + duration and start < ended for began, ended in self.collections)

    @property
    def off_ms(self) -> float:
        """The largest distance of a hit from the grid of the first."""
        steps = self._steps
        return float(np.abs(steps - steps.round()).max()) * STEP_MS

    @property
    def missing(self) -> int:
        """Steps of the grid, up to the last one that sounded, on which no hit sounded."""
        sounded = self._steps[self.voices[:, 3] > self.voices[:, 0]].round()
        return int(sounded.max()) + 1 - len(np.unique(sounded))

    @property
    def late(self) -> int:
        """Hits whose time had passed when the task that scheduled them ended."""
        return int(np.sum(self.voices[:, 2] > self.voices[:, 0]))

    @property
    def heap_growth(self) -> float:
        """kB a minute, of the line through the heap from `SETTLED` of the time on."""
        minutes, kilobytes = np.array(self.heap[int(SETTLED * len(self.heap)) :]).T
        return float(np.polyfit(minutes, kilobytes, 1)[0]) if len(minutes) > 1 else float("nan")

    @property
    def _steps(self) -> Float[np.ndarray, " hits"]:
        return (self.voices[:, 0] - self.voices[:, 0].min()) * 1000 / STEP_MS


def trace(options: argparse.Namespace) -> Report:
    """The report of a page that plays for `options.minutes` while a hand drags, turns and searches."""
    with start_stocked_server(*options.server) as (server, _), chromium() as browser:
        return report_of(play(browser, f"http://127.0.0.1:{server.http}/", 60 * options.minutes), options.minutes)


def report_of(played: Played, minutes: float) -> Report:
    """The report of what was recorded in so many minutes."""
    tasks, cpu = zip(*played.traced, strict=True)
    report = Report(f"trace: a pattern plays for {minutes:g} minutes")
    report.add("moves of the hand, letters searched", f"{played.moves}, {played.letters}")
    report.add("hits scheduled", len(played.voices))
    report.add("farthest from the grid, ms", f"{played.off_ms:.4f}", f"{OFF_MS:g}", played.off_ms <= OFF_MS)
    report.add("steps without a hit", played.missing, "0", not played.missing)
    report.add("hits scheduled after their time", played.late, "0", not played.late)
    longest = max((duration for _, duration in played.long_tasks), default=0.0)
    report.add(f"tasks over {TASK_MS:g} ms", len(played.long_tasks), "0", not played.long_tasks)
    report.add("longest of them, ms", longest)
    report.add(f"longest task in {min(TRACED_S, 60 * minutes):g} s of trace, ms", max(tasks))
    report.add("longest time of a task on the CPU, ms", max(cpu))
    heap = [kilobytes / 1000 for _, kilobytes in played.heap]
    report.add("heap after collections: first, last, most, MB", f"{heap[0]:.2f}, {heap[-1]:.2f}, {max(heap):.2f}")
    judged = minutes >= LEAST_MINUTES
    growth = played.heap_growth
    report.add("heap, kB a minute", growth, f"{HEAP_KB:g}" if judged else "", growth <= HEAP_KB if judged else None)
    return report


def opening(options: argparse.Namespace) -> Report:
    """The report of `options.requests` fresh windows: from navigation to the first sound."""
    with start_server(*options.server) as server, chromium() as browser:
        ready, heard = zip(*_first_sounds(browser, f"http://127.0.0.1:{server.http}/", options.requests), strict=True)
    report = Report(f"opening: {options.requests} fresh windows, s from navigation")
    for label, times in (("first sound ready", ready), ("first sound heard, after a key pressed at once", heard)):
        median = statistics.median(times)
        report.add(f"{label}, median", f"{median:.2f}", f"{OPENING_S:g}", median <= OPENING_S)
        report.add(f"{label}, longest", f"{max(times):.2f}")
    return report


def _first_sounds(browser: "Browser", url: str, count: int) -> Iterator[tuple[float, float]]:
    """Of fresh windows: seconds until the selected pad has its sound, and until its first voice is started."""
    for _ in range(count):
        with _window(browser, _RECORD + _NOTE_READY) as page:
            page.goto(url, wait_until="commit")
            ready = until(page, "window.readyAt")
            page.keyboard.press("Enter")
            yield ready / 1000, until(page, "window.firstVoice") / 1000


@contextlib.contextmanager
def _window(browser: "Browser", script: str) -> Iterator["Page"]:
    """A page of a fresh profile that runs a script before its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(script)
    yield page
    context.close()


def play(browser: "Browser", url: str, seconds: float, search: bool = True) -> Played:
    """Plays a pattern on the page at `url`, while a hand drags, turns and, if `search`, searches."""
    played = Played()
    acts = itertools.cycle((_drag_point, _turn_knob, _search) if search else (_drag_point, _turn_knob))
    with _window(browser, _RECORD) as page:
        page.goto(f"{url}#{_LINK}")
        until(page, _READY)
        path = places(page)
        page.keyboard.press("Space")
        until(page, "voices().length")
        page.evaluate("longTasks.length = 0")
        began = time.monotonic()
        browser.start_tracing(page=page, categories=["-*", "toplevel", "disabled-by-default-devtools.timeline"])
        tracing = True
        while (elapsed := time.monotonic() - began) < seconds:
            if tracing and elapsed > TRACED_S:
                played.traced, tracing = tasks_of(browser.stop_tracing()), False
            if not tracing and elapsed > 60 * played.last_minute + HEAP_EVERY_S:
                _collect(page, played, elapsed)
            next(acts)(page, played, path)
        if tracing:
            played.traced = tasks_of(browser.stop_tracing())
        _collect(page, played, elapsed)
        page.keyboard.press("Space")
        tasks = [(float(at), float(took)) for at, took in page.evaluate("longTasks")]
        played.long_tasks = [task for task in tasks if not played.is_collection(*task)]
        voices = np.array(page.evaluate("voices()"), np.float64).reshape(-1, 4)
    # What the hand strikes starts at once, what the pattern schedules later.
    played.voices = voices[voices[:, 0] > voices[:, 1]]
    return played


def _drag_point(page: "Page", played: Played, path: Iterator[tuple[float, float]]) -> None:
    page.locator("#tab-map").click()
    page.mouse.move(*next(path))
    page.mouse.down()
    for _ in range(MOVES):
        page.mouse.move(*next(path))
        page.wait_for_timeout(FRAME_MS)
    page.mouse.up()
    played.moves += MOVES


def _turn_knob(page: "Page", played: Played, path: Iterator[tuple[float, float]]) -> None:
    box = page.locator("#fine").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(MOVES):
        page.mouse.move(x, y + 60 * np.sin(2 * np.pi * step / MOVES))
        page.wait_for_timeout(FRAME_MS)
    page.mouse.up()
    played.moves += MOVES


def _search(page: "Page", played: Played, path: Iterator[tuple[float, float]]) -> None:
    page.locator("#tab-library").click()
    page.locator("#library-class").select_option("")
    for word in WORDS:
        page.locator("#library-text").fill("")
        page.locator("#library-text").press_sequentially(word, delay=60)
        page.locator(".hit").first.wait_for()
        for hit in range(2):
            page.locator(".hit").nth(hit).hover()
        played.letters += len(word)


def _collect(page: "Page", played: Played, elapsed: float) -> None:
    """Notes the heap after a collection, and when this was."""
    chrome = page.context.new_cdp_session(page)
    before = float(page.evaluate("performance.now()"))
    chrome.send("HeapProfiler.collectGarbage")
    played.heap.append((elapsed / 60, chrome.send("Runtime.getHeapUsage")["usedSize"] / 1000))
    played.collections.append((before, float(page.evaluate("performance.now()"))))
    chrome.detach()


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
