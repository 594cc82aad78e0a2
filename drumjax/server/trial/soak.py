"""The soak: requests of every kind for a long time, during which memory and the folder of WAVs must not grow."""

import argparse

from drumjax.server.trial.harness import Client, Server, open_page, start_stocked_server
from drumjax.server.trial.mixed import BATCH, Mixed, Outcomes
from drumjax.server.trial.report import Report

ROUND = 5 * BATCH
"""Requests over OSC, the WebSocket and HTTP, 2 to 2 to 1, between two looks at the server."""
EARLY = 0.2
"""Share of the requests after which memory may not grow: every cache has filled up."""


def soak(options: argparse.Namespace) -> Report:
    """The report of `options.requests` requests."""
    with start_stocked_server(*options.server) as (server, files):
        first, most, outcomes = _soaked(server, Mixed(2, files), options.requests)
        last, log = server.mib(), server.log()
    change = 100 * (last / first - 1)
    lost = outcomes["unanswered"] + outcomes["failed"] + outcomes["refused"]
    report = Report(f"soak: {options.requests} requests")
    report.add("requests done", outcomes["done"])
    report.add("refused or not answered", lost, "0", not lost)
    report.add(f"memory after {int(EARLY * options.requests)}, MiB", first)
    report.add(f"memory after {options.requests}, MiB", last)
    report.add("difference, %", change, "5", abs(change) < 5)
    report.add("most WAVs in the folder", most, "257", most <= 257)
    report.add("lines on stderr", len(log.splitlines()), "0", not log)
    return report


def _soaked(server: Server, mixed: Mixed, count: int) -> tuple[float, int, Outcomes]:
    """The memory early on, the most WAVs that lay in the folder, and the outcomes."""
    first, most, outcomes = 0.0, 0, Outcomes()
    with Client(server) as client, open_page(server) as page:
        for at in range(0, count, ROUND):
            if not first and at >= EARLY * count:
                first = server.mib()
            outcomes += mixed.over_http(server, BATCH)
            outcomes += mixed.over_websocket(page, 2 * BATCH)
            outcomes += mixed.over_osc(client, 2 * BATCH)
            most = max(most, len(server.wavs()))
    return first, most, outcomes
