"""The service worker: the page without its server, and never an old page where the server has a new one."""

import functools
import http.server
import os
import threading
import time

import pytest

from drumjax.server import offline, web

HTML = """<!doctype html><title>{}</title><script src="static/main.js"></script>"""
REGISTER = "window.loaded = '{}'; navigator.serviceWorker.register('sw.js');"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def site(tmp_path):
    """(folder, server) of a small site; `deliver` writes a version of it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield tmp_path, server
    server.shutdown()
    server.server_close()


def deliver(folder, version: str) -> None:
    (folder / "static").mkdir(exist_ok=True)
    contents = {"./": HTML.format(version).encode(), "static/main.js": REGISTER.format(version).encode()}
    (folder / "index.html").write_bytes(contents["./"])
    (folder / "static/main.js").write_bytes(contents["static/main.js"])
    (folder / "sw.js").write_text(offline.worker((web.PAGE / offline.WORKER).read_text(), contents))
    for file in (path for path in folder.rglob("*") if version == "two" and path.is_file()):
        os.utime(file, (time.time(), time.time() + 10))  # this server tells files apart by whole seconds


def test_a_page_opens_without_its_server_and_the_newest_one_comes_first(site, browser):
    folder, server = site
    context = browser.new_context()
    page = context.new_page()
    seen = lambda: (page.title(), page.evaluate("window.loaded"))  # noqa: E731
    address = f"http://127.0.0.1:{server.server_port}/"
    deliver(folder, "one")
    page.goto(address)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    deliver(folder, "two")
    page.goto(address)
    assert seen() == ("two", "two")  # not the kept one
    kept = """caches.keys().then(async ([name, ...others]) => {
        const file = await (await caches.open(name)).match("./");
        return !others.length && (await file?.text())?.includes("two");
    })"""
    for _ in range(200):
        if page.evaluate(kept):
            break
        page.wait_for_timeout(50)
    server.shutdown()
    server.server_close()
    page.goto(address)
    assert seen() == ("two", "two")
    context.close()


def test_a_worker_changes_with_every_file_that_it_keeps():
    source = (web.PAGE / offline.WORKER).read_text()
    made = {offline.worker(source, files) for files in ({"a": b"1"}, {"a": b"2"}, {"b": b"1"}, {"a": b"1", "b": b""})}
    assert len(made) == 4
    assert offline.worker(source, {"./": b"1", "static/a.js": b""}).count('const FILES = ["./", "static/a.js"];') == 1
