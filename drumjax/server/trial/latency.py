"""Latency beside the paper's 50 ms: over OSC, over the WebSocket and HTTP, and on the page in a browser."""

import argparse
import http.client
import json
import time
from collections.abc import Callable
from typing import Any

from websockets.sync.client import ClientConnection

from drumjax.server.trial import browser, strokes
from drumjax.server.trial.harness import (
    LONGEST,
    Client,
    Server,
    open_page,
    request_sound,
    send_file,
    start_server,
    start_stocked_server,
)
from drumjax.server.trial.report import Report, percentile
from drumjax.server.trial.requests import generate_times, random_requests

PAPER_MS = 50.0
WARM_UP = 20
"""Requests of each kind before those that are timed."""
REQUESTS: dict[str, Callable[[int], tuple[str, bytes]]] = {
    "library, a search": lambda at: ("/library/find", json.dumps({"class": None, "text": f"{at % 9}"}).encode()),
    "library, sounds like a pad's": lambda at: (
        "/library/like",
        json.dumps({"sound": {"class": "kick", "seed": at}, "steps": {}, "class": None}).encode(),
    ),
    "a sound file dropped": lambda at: ("/listen?class=snare", strokes.stroke(at)),
}
"""Requests over HTTP, by a number that makes each a new one."""


def latency(options: argparse.Namespace) -> Report:
    """The report of `options.requests` single requests: message to file over OSC, to samples over the WebSocket."""
    with start_stocked_server(*options.server) as (server, _), Client(server) as client:
        generate_times(client, WARM_UP)
        report = Report(f"latency in ms, {options.requests} requests each; beside it the paper's {PAPER_MS:g}")
        _add_percentiles(report, "OSC, message to file", generate_times(client, options.requests, 1))
        with open_page(server) as page:
            keys = [send_file(server, strokes.stroke(at), "snare") for at in range(2)]
            for label, recipe in _recipes(*keys).items():
                _sound_times(page, recipe, WARM_UP, 0)
                _add_percentiles(report, label, _sound_times(page, recipe, options.requests, 1))
        for label, request in REQUESTS.items():
            _answer_times(server, request, WARM_UP, 0)
            _add_percentiles(report, label, _answer_times(server, request, options.requests, WARM_UP))
    return report


def _recipes(own: str, other: str) -> dict[str, Callable[[int, list[float], str], dict[str, Any]]]:
    """Makers of what a page requests, from a number, knobs and a class; `own` and `other` are files that it sent."""
    dropped: dict[str, Any] = {"class": "snare", "own": own}
    end: dict[str, Any] = {"class": "snare", "own": other}
    return {
        "WebSocket, message to samples": lambda at, knobs, name: {"class": name, "knobs": knobs},
        "WebSocket, a knob of a sound of yours": lambda at, knobs, name: dropped | {"knobs": knobs},
        "WebSocket, another take of it": lambda at, knobs, name: dropped | {"take": at + 1},
        "WebSocket, a blend of two of yours": lambda at, knobs, name: dropped | {"other": end, "t": at % 97 / 97},
    }


def _sound_times(
    page: ClientConnection, recipe: Callable[[int, list[float], str], dict[str, Any]], count: int, seed: int
) -> list[float]:
    """Milliseconds from message to samples, of sounds one after the other."""
    times = []
    for at, (*knobs, name) in zip(range(count), random_requests(seed), strict=False):
        sound = recipe(seed * count + at, knobs, name)
        began = time.perf_counter()
        reply = request_sound(page, at, sound)
        times.append(1000 * (time.perf_counter() - began))
        if not isinstance(reply, bytes):
            raise RuntimeError(f"expected a sound; got {reply}")
    return times


def _answer_times(server: Server, request: Callable[[int], tuple[str, bytes]], count: int, first: int) -> list[float]:
    """Milliseconds from request to answer over HTTP, of requests one after the other."""
    times, connection = [], http.client.HTTPConnection("127.0.0.1", server.http, timeout=LONGEST)
    for at in range(first, first + count):
        path, body = request(at)
        began = time.perf_counter()
        connection.request("POST", path, body)
        answer = connection.getresponse()
        answer.read()
        times.append(1000 * (time.perf_counter() - began))
        if answer.status != 200:
            raise RuntimeError(f"expected 200 for {path}; got {answer.status}")
    connection.close()
    return times


def page_latency(options: argparse.Namespace) -> Report:
    """The report of moves on the page's pad, in headless Chromium: message to the start of the sound."""
    with start_server(*options.server) as server:
        single, dragged = browser.latencies(f"http://127.0.0.1:{server.http}/", options.requests)
    report = Report(f"browser, message to audio in ms; beside it the paper's {PAPER_MS:g}")
    for label, latencies in (("single moves", single), ("a drag of 60 moves a second", dragged)):
        times, renders = ([float(value) for value in values] for values in zip(*latencies, strict=True))
        report.add(f"{label}, sounds heard", len(times))
        report.add(f"{label}, rendering alone, p50", percentile(renders, 0.5))
        _add_percentiles(report, label, times)
    return report


def _add_percentiles(report: Report, label: str, times: list[float]) -> None:
    shown = ", ".join(f"{percentile(times, share):.1f}" for share in (0.5, 0.95, 0.99))
    report.add(f"{label}: p50, p95, p99", shown, f"({PAPER_MS:g})")
