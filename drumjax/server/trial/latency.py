"""Latency beside the paper's 50 ms: over OSC, over the WebSocket, and on the page in a browser."""

import argparse
import time

from drumjax.server.trial import browser
from drumjax.server.trial.harness import Client, open_page, request_sound, start_server
from drumjax.server.trial.report import Report, percentile
from drumjax.server.trial.requests import generate_times, random_requests

PAPER_MS = 50.0


def latency(options: argparse.Namespace) -> Report:
    """The report of `options.requests` single requests: message to file over OSC, to samples over the WebSocket."""
    with start_server(*options.server) as server, Client(server) as client:
        generate_times(client, 20)
        over_osc, over_web = generate_times(client, options.requests, 1), []
        with open_page(server) as page:
            for at, (*knobs, name) in zip(range(options.requests), random_requests(1), strict=False):
                began = time.perf_counter()
                request_sound(page, at, {"class": name, "knobs": knobs})
                over_web.append(1000 * (time.perf_counter() - began))
    report = Report(f"latency in ms, {options.requests} requests each; beside it the paper's {PAPER_MS:g}")
    _add_percentiles(report, "OSC, message to file", over_osc)
    _add_percentiles(report, "WebSocket, message to samples", over_web)
    return report


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
    for share in (0.5, 0.95, 0.99):
        report.add(f"{label}, p{100 * share:.0f}", percentile(times, share), f"({PAPER_MS:g})")
