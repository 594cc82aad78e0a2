"""The page in Chromium: its first sound, and what it does in time while it plays, is edited and searches.

Times of hits are those at which the page schedules its voices, on the audio clock; tasks are those of Chromium's trace
and of its Long Tasks API; the heap is that of JavaScript after a collection.
"""

import argparse
import contextlib
import itertools
import statistics
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from drumjax.progress import bar
from drumjax.server.trial.browser import chromium, places, until, window
from drumjax.server.trial.harness import start_server, start_stocked_server
from drumjax.server.trial.played import TEMPO, Played, tasks_of
from drumjax.server.trial.report import Report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

OPENING_S = 1.5
"""Bar: the first sound."""
TRACED_S, TRACED = 60.0, 0.5
"""Seconds at the start of which Chromium's trace is kept, and share of a shorter run."""
HEAP_EVERY_S = 10.0
MOVES, FRAME_MS = 60, 1000 / 60
ACT_S = 3.0
"""What the hand does at most before it does something else, however slow the machine is."""
WORDS = "kick 1", "snare", "wav"
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


def trace(options: argparse.Namespace) -> Report:
    """The report of a page that plays for `options.minutes` while a hand drags, turns and searches."""
    # Chromium first: where it is missing, nobody waits for a server.
    with chromium() as browser, start_stocked_server(*options.server) as (server, _):
        return play(browser, f"http://127.0.0.1:{server.http}/", 60 * options.minutes).report(options.minutes)


def opening(options: argparse.Namespace) -> Report:
    """The report of `options.requests` fresh windows: from navigation to the first sound."""
    with chromium() as browser, start_server(*options.server) as server:
        found = first_sounds(browser, f"http://127.0.0.1:{server.http}/", options.requests)
        ready, heard = zip(*bar(found, "opening", options.requests, "window"), strict=True)
    report = Report(f"opening: {options.requests} fresh windows, s from navigation")
    for label, times in (("first sound ready", ready), ("first sound heard, after a key pressed at once", heard)):
        median = statistics.median(times)
        report.add(f"{label}, median", f"{median:.2f}", f"{OPENING_S:g}", median <= OPENING_S)
        report.add(f"{label}, longest", f"{max(times):.2f}")
    return report


def first_sounds(browser: "Browser", url: str, count: int) -> Iterator[tuple[float, float]]:
    """Of fresh windows: seconds until the selected pad has its sound, and until its first voice is started."""
    for _ in range(count):
        with window(browser, _RECORD + _NOTE_READY) as page:
            page.goto(url, wait_until="commit")
            ready = until(page, "window.readyAt")
            page.keyboard.press("Enter")
            yield ready / 1000, until(page, "window.firstVoice") / 1000


def play(browser: "Browser", url: str, seconds: float, search: bool = True) -> Played:
    """Plays a pattern on the page at `url`, while a hand drags, turns and, if `search`, searches."""
    played = Played()
    acts = itertools.cycle((_drag_point, _turn_knob, _search) if search else (_drag_point, _turn_knob))
    with window(browser, _RECORD) as page, bar(None, "playing", round(seconds), "s") as shown:
        page.goto(f"{url}#{_LINK}")
        until(page, _READY)
        path = places(page)
        page.keyboard.press("Space")
        until(page, "voices().length")
        _start_trace(page)
        page.evaluate("longTasks.length = 0")
        began, traced = time.monotonic(), min(TRACED_S, TRACED * seconds)
        while (elapsed := time.monotonic() - began) < seconds:
            shown.update(round(elapsed) - shown.n)
            if elapsed > traced and not played.traced:
                _stop_trace(page, played, elapsed)
            if played.traced and elapsed > 60 * played.last_minute + HEAP_EVERY_S:
                _collect(page, played, elapsed)
            next(acts)(page, played, path, min(began + seconds, time.monotonic() + ACT_S))
        if not played.traced:
            _stop_trace(page, played, elapsed)
        _collect(page, played, elapsed)
        page.keyboard.press("Space")
        tasks = [(float(at), float(took)) for at, took in page.evaluate("longTasks")]
        played.long_tasks = [task for task in tasks if not played.is_own(*task)]
        voices = np.array(page.evaluate("voices()"), np.float64).reshape(-1, 4)
    # What the hand strikes starts at once, what the pattern schedules later.
    played.voices = voices[voices[:, 0] > voices[:, 1]]
    return played


def _drag_point(page: "Page", played: Played, path: Iterator[tuple[float, float]], ends: float) -> None:
    page.locator("#tab-map").click()
    _drag(page, played, [next(path) for _ in range(MOVES + 1)], ends)


def _turn_knob(page: "Page", played: Played, path: Iterator[tuple[float, float]], ends: float) -> None:
    box = page.locator("#fine").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    _drag(page, played, [(x, y + 60 * np.sin(2 * np.pi * step / MOVES)) for step in range(MOVES + 1)], ends)


def _drag(page: "Page", played: Played, way: list[tuple[float, float]], ends: float) -> None:
    """Moves the pressed mouse along a way, a place in each frame; no farther than it comes by the time `ends`."""
    page.mouse.move(*way[0])
    page.mouse.down()
    for place in way[1:]:
        page.mouse.move(*place)
        page.wait_for_timeout(FRAME_MS)
        played.moves += 1
        if time.monotonic() > ends:
            break
    page.mouse.up()


def _search(page: "Page", played: Played, path: Iterator[tuple[float, float]], ends: float) -> None:
    page.locator("#tab-library").click()
    page.locator("#library-class").select_option("")
    for word in WORDS:
        page.locator("#library-text").fill("")
        page.locator("#library-text").press_sequentially(word, delay=60)
        page.locator(".hit").first.wait_for()
        for hit in (page.locator(".hit").first, page.locator(".hit").last):  # one and the same for some words
            hit.hover()
        played.letters += len(word)
        if time.monotonic() > ends:
            break


def _start_trace(page: "Page") -> None:
    browser = page.context.browser
    assert browser is not None
    browser.start_tracing(page=page, categories=["-*", "disabled-by-default-devtools.timeline"])


def _stop_trace(page: "Page", played: Played, elapsed: float) -> None:
    browser = page.context.browser
    assert browser is not None
    with _held_up(page, played):
        trace = browser.stop_tracing()
    played.traced, played.traced_seconds = tasks_of(trace), elapsed


def _collect(page: "Page", played: Played, elapsed: float) -> None:
    """Notes the heap after a collection."""
    with _held_up(page, played):
        chrome = page.context.new_cdp_session(page)
        chrome.send("HeapProfiler.collectGarbage")
        played.heap.append((elapsed / 60, chrome.send("Runtime.getHeapUsage")["usedSize"] / 1000))
        chrome.detach()


@contextlib.contextmanager
def _held_up(page: "Page", played: Played) -> Iterator[None]:
    """Notes when the trial itself has the browser do something."""
    before = float(page.evaluate("performance.now()"))
    yield
    played.held_up.append((before, float(page.evaluate("performance.now()"))))
