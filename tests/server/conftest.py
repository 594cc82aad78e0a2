"""The page in headless Chromium, in front of the shared server: one browser for all test files.

The screenshots stay in $DRUMJAX_SCREENSHOTS, else in pytest's temporary folder.
"""

import os
from pathlib import Path

import pytest
from player import LAPTOP, Player


@pytest.fixture(scope="session")
def browser():
    from drumjax.server.trial.browser import chromium

    try:
        with chromium() as browser:
            yield browser
    except FileNotFoundError as error:
        pytest.fail(str(error)) if os.environ.get("CI") else pytest.skip(str(error))


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory) -> Path:
    folder = Path(os.environ.get("DRUMJAX_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def visit(browser, screenshots):
    """Opens further windows; at the end no page may have logged an error or requested anything from elsewhere."""
    contexts, players = [], []

    def visit(server, viewport=LAPTOP, **options) -> Player:
        contexts.append(browser.new_context(viewport=viewport, **options))
        players.append(Player(contexts[-1].new_page(), server.http, screenshots))
        return players[-1]

    yield visit
    errors = [error for player in players for error in player.errors]
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture(scope="session")
def window(server, browser, screenshots):
    context = browser.new_context(viewport=LAPTOP)
    yield Player(context.new_page(), server.http, screenshots).open()
    context.close()


@pytest.fixture
def player(window):
    """The one window of most tests, reset and silent, with the sounds of the first kit loaded."""
    page = window.page
    page.set_viewport_size(LAPTOP)
    if window.playing:
        page.locator("#run").click()
    page.evaluate("document.activeElement.blur()")
    window.link("n=0" if page.evaluate("location.hash") == "#v=1" else "v=1")
    window.until("document.querySelector('#wave').ariaBusy === 'false' && !unanswered.size", 60)
    yield window
    assert not window.errors
