"""The soak: many requests of every kind, during which memory, threads, open files and temporary files must not grow."""

import argparse
import sys
from collections import Counter
from dataclasses import dataclass

import numpy as np

from drumjax.progress import bar
from drumjax.server.trial.harness import Client, Server, greeting, open_page, start_stocked_server
from drumjax.server.trial.mixed import Mixed, Outcomes
from drumjax.server.trial.report import Report

ROUNDS = 20
"""After each of which the server is measured; in each a new page and a new OSC client come and leave."""
GROWTH_PERCENT, MORE_THREADS, MORE_FILES = 5.0, 4, 8
"""Bars, from the first half to the end: memory; threads and open files, of which pools open a few when needed."""


@dataclass(frozen=True)
class Measured:
    """The server between two rounds."""

    mib: float
    threads: int
    open_files: int
    wavs: int
    left: int


def soak(options: argparse.Namespace) -> Report:
    """About `options.requests` requests: half of them over the WebSocket, the others over HTTP and OSC."""
    each = max(1, options.requests // (4 * ROUNDS))
    with start_stocked_server(*options.server) as (server, files):
        mixed = Mixed(2, files, texture=greeting(server)["texture"])
        outcomes: dict[str, Outcomes] = {door: Counter() for door in ("HTTP", "WebSocket", "OSC")}
        measured = []
        for _ in bar(range(ROUNDS), "soak", unit="round"):
            with Client(server) as client, open_page(server) as page:
                client.request("/drum/generate", 0.0, 0.0, 0.0, "kick")  # there is then a sound to vary
                outcomes["HTTP"] += mixed.over_http(server, each)
                outcomes["WebSocket"] += mixed.over_websocket(page, 2 * each)
                outcomes["OSC"] += mixed.over_osc(client, each)
            measured.append(_measure(server))
        log, code = server.log(), server.stop()
        left = len(server.temporaries())
    print(*mixed.lost, log[-2000:], sep="\n", end="", file=sys.stderr)
    report = Report(f"soak: {4 * each * ROUNDS} requests in {ROUNDS} rounds")
    for door, counts in outcomes.items():
        bad = counts["refused"] + counts["unanswered"] + counts["failed"]
        report.add(f"{door}: done", counts["done"])
        report.add(f"{door}: refused, unanswered or failed", bad, "0", not bad)
    add_growth(report, measured, 2 * each * ROUNDS)
    report.add("temporary files after the end", left, "0", not left)
    report.add("lines on stderr", len(log.splitlines()), "0", not log)
    report.add("exit code", code, "0", code == 0)
    return report


def _measure(server: Server) -> Measured:
    threads, open_files = server.threads_and_files()
    # Beside the folder of WAVs there are only folders of files that are being read.
    return Measured(server.mib(), threads, open_files, len(server.wavs()), len(server.temporaries()) - 1)


def add_growth(report: Report, measured: list[Measured], requests: int) -> None:
    """Adds what the rounds show, and judges the second half of them, in which there were so many requests."""
    mib = [one.mib for one in measured]
    late, half = mib[ROUNDS // 2 - 1 :], measured[ROUNDS // 2 - 1]
    slope = float(np.polyfit(np.linspace(0, requests, len(late)), late, 1)[0])
    growth = 100 * slope * requests / late[0]
    report.add("memory after each round, MiB", " ".join(f"{value:.0f}" for value in mib))
    report.add("its growth in the second half, %", growth, f"{GROWTH_PERCENT:g}: flat", growth <= GROWTH_PERCENT)
    report.add("the same for each request, kB", f"{1024 * slope:.2f}")
    last = measured[-1]
    more = last.threads - half.threads
    report.add("threads at half and end", f"{half.threads}, {last.threads}", f"+ {MORE_THREADS}", more <= MORE_THREADS)
    more = last.open_files - half.open_files
    report.add("open files", f"{half.open_files}, {last.open_files}", f"+ {MORE_FILES}", more <= MORE_FILES)
    most = max(one.wavs for one in measured)
    report.add("most WAVs in the folder", most, "257", most <= 257)
    left = max(one.left for one in measured)
    report.add("temporary folders between rounds", left, "0", not left)
