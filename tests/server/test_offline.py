"""The service worker: the page without its server, and never an old page where the server has a new one."""

import functools
import http.server
import os
import re
import threading
import time

import matplotlib.pyplot as plt
import numpy as np
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
    source = (web.PAGE / offline.WORKER).read_text()
    patient = source.replace("PATIENCE_MS = 3000", "PATIENCE_MS = 60_000")  # a busy machine is no hung server
    assert patient != source
    (folder / "sw.js").write_text(offline.worker(patient, contents))
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


def test_the_icon_of_ios_has_the_shape_and_colours_of_the_icon():
    page = web.PAGE / "index.html"
    (name,) = re.findall(r'<link rel="apple-touch-icon" href="static/(.+?)">', page.read_text(encoding="utf8"))
    icon, svg = web.PAGE / name, (web.PAGE / "icon.svg").read_text(encoding="utf8")
    assert icon.stat().st_size < 4096
    pixels = np.round(255 * plt.imread(icon)[..., :3])
    ground, ring = ([int(text[i : i + 2], 16) for i in (0, 2, 4)] for text in re.findall(r'"#([0-9a-f]{6})"', svg)[:2])
    assert pixels.shape == (180, 180, 3)
    scale = 180 / 32  # of the view box
    places = [((16, 16), ground), ((1, 1), ground), ((19.5, 12.5), ring), ((16, 6.5), ring), ((6.5, 16), ring)]
    for (x, y), colour in places:
        np.testing.assert_array_equal(pixels[int(y * scale), int(x * scale)], colour)


def test_a_worker_changes_with_every_file_that_it_keeps():
    source = (web.PAGE / offline.WORKER).read_text()
    made = {offline.worker(source, files) for files in ({"a": b"1"}, {"a": b"2"}, {"b": b"1"}, {"a": b"1", "b": b""})}
    assert len(made) == 4
    assert offline.worker(source, {"./": b"1", "static/a.js": b""}).count('const FILES = ["./", "static/a.js"];') == 1
