"""The page in headless Chromium: who opens it, and how long a hand on its pad waits for the sound."""

import contextlib
import itertools
import math
import shutil
import time
from collections.abc import Iterator

FLAGS = (
    "headless no-sandbox disable-gpu no-first-run disable-background-networking disable-component-update disable-sync"
)
_PATIENCE_SECONDS = 30.0
_MEASURE = "performance.getEntriesByName('message to audio').map(entry => [entry.duration, entry.detail.render])"


@contextlib.contextmanager
def chromium() -> Iterator:
    """A Playwright browser, for a while: the chromium of this machine.

    Raises:
        FileNotFoundError: there is none, or no Playwright.
    """
    path = shutil.which("chromium")
    if path is None:
        raise FileNotFoundError("no chromium on the PATH (Debian: apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise FileNotFoundError("no Playwright: pip install playwright") from None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[f"--{flag}" for flag in FLAGS.split()])
        try:
            yield browser
        finally:
            browser.close()


Waits = list[tuple[float, float]]
"""Of each sound: milliseconds from the page's message to its start, and those of its rendering."""


def waits(url: str, count: int) -> tuple[Waits, Waits]:
    """How long the page at `url` waits for sounds: `count` of each kind, or a few more.

    Returns:
        Of single moves, each made when the one before was heard; and of the sounds heard in a drag of 60 moves a
        second, in which most moves are overtaken.
    """
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(url)
        _until(page, "document.querySelectorAll('.pad[aria-busy=false]').length === 11")
        box = page.locator("#xy").bounding_box()
        places = _places(box)
        page.mouse.move(*next(places))
        page.mouse.down()
        single: Waits = []
        for _ in range(count):
            page.evaluate("performance.clearMeasures()")
            page.mouse.move(*next(places))
            single += _until(page, _MEASURE)
        page.evaluate("performance.clearMeasures()")
        dragged: Waits = []
        while len(dragged) < count:
            page.mouse.move(*next(places))
            page.wait_for_timeout(1000 / 60)
            dragged = page.evaluate(_MEASURE)
        page.mouse.up()
    return single, dragged


def _places(box: dict[str, float]) -> Iterator[tuple[float, float]]:
    """A way over the pad that never comes back to where it was: what was heard before is not asked for again."""
    for step in itertools.count():
        share = 0.45 * (step % 977 + 1) / 977
        turn = 0.2 * step
        yield (
            box["x"] + box["width"] * (0.5 + share * math.cos(turn)),
            box["y"] + box["height"] * (0.5 + share * math.sin(turn)),
        )


def _until(page, expression: str):
    """The expression's value, once it is true or not empty. (Playwright's own wait needs eval, which is forbidden.)"""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not (value := page.evaluate(expression)):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the page did not come to: {expression}")
        page.wait_for_timeout(2)
    return value
