"""The page in headless Chromium, and the latency of moves on its pad."""

import contextlib
import itertools
import math
import shutil
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = (
    "headless no-sandbox disable-gpu no-first-run disable-background-networking disable-component-update disable-sync"
)
_TIMEOUT_SECONDS = 300.0
"""For a page on a machine that is busy with other work."""
_POLL_MS = 10
"""The page works meanwhile: asking more often would slow it down."""
_MEASURE = "performance.getEntriesByName('message to audio').map(entry => [entry.duration, entry.detail.render])"


@contextlib.contextmanager
def chromium() -> Iterator["Browser"]:
    """This machine's Chromium under Playwright; leaving the context closes it.

    Raises:
        FileNotFoundError: Chromium or Playwright is missing.
        OSError: what the browser was last asked for failed; one line.
    """
    path = shutil.which("chromium")
    if path is None:
        raise FileNotFoundError("no chromium on the PATH (Debian: apt-get install chromium)")
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise FileNotFoundError("no Playwright: pip install playwright") from None
    with sync_playwright() as playwright:
        browser = None
        try:
            flags = [f"--{flag}" for flag in FLAGS.split()]
            browser = playwright.chromium.launch(executable_path=path, args=flags, timeout=1000 * _TIMEOUT_SECONDS)
            yield browser
        except Error as error:
            raise OSError(f"Chromium: {error.message.splitlines()[0]}") from error
        finally:
            if browser is not None:
                browser.close()


@contextlib.contextmanager
def window(browser: "Browser", script: str) -> Iterator["Page"]:
    """A page of a fresh profile that runs a script before its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(1000 * _TIMEOUT_SECONDS)
    page = context.new_page()
    page.add_init_script(script)
    yield page
    context.close()


Latencies = list[tuple[float, float]]
"""For each sound: milliseconds from the page's message to its start, and those of its rendering."""


def latencies(url: str, count: int) -> tuple[Latencies, Latencies]:
    """Latencies on the page at `url`: `count` of each kind, or a few more.

    Returns:
        Those of single moves, each made after the sound of the one before; and those of the sounds heard in a drag of
        60 moves a second, in which newer moves replace most of the older ones.
    """
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(url)
        until(page, "document.querySelectorAll('.pad[aria-busy=false]').length === 11")
        path = places(page)
        page.mouse.move(*next(path))
        page.mouse.down()
        single: Latencies = []
        for _ in range(count):
            page.evaluate("performance.clearMeasures()")
            page.mouse.move(*next(path))
            single += until(page, _MEASURE)
        page.evaluate("performance.clearMeasures()")
        dragged: Latencies = []
        while len(dragged) < count:
            page.mouse.move(*next(path))
            page.wait_for_timeout(1000 / 60)
            dragged = page.evaluate(_MEASURE)
        page.mouse.up()
    return single, dragged


def places(page: "Page") -> Iterator[tuple[float, float]]:
    """A path over the map that never visits a place twice: the page requests no sound that it already has.

    It starts away from the centre, so that the first steps are long enough to count as moves.
    """
    box = page.locator("#xy").bounding_box()
    assert box is not None
    for step in itertools.count(200):
        share = 0.45 * (step % 977 + 1) / 977
        turn = 0.2 * step
        yield (
            box["x"] + box["width"] * (0.5 + share * math.cos(turn)),
            box["y"] + box["height"] * (0.5 + share * math.sin(turn)),
        )


def until(page: "Page", expression: str) -> Any:
    """The value of an expression, once it is true or not empty. (Playwright's own wait needs eval: forbidden.)"""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while not (value := page.evaluate(expression)):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the page: not true within {_TIMEOUT_SECONDS:g} s: {expression}")
        page.wait_for_timeout(_POLL_MS)
    return value
