"""Trials of a running server over real sockets: python -m drumjax.server.trial TRIAL

flood, fuzz, soak and latency need the server alone; browser, opening and trace need Chromium and Playwright.

Each trial starts its own server, prints a Markdown table, and exits with code 1 when a bar is missed.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from drumjax.commands import Parser, command
from drumjax.server.trial.flood import flood
from drumjax.server.trial.fuzz import fuzz
from drumjax.server.trial.latency import latency, page_latency
from drumjax.server.trial.report import Report
from drumjax.server.trial.soak import soak
from drumjax.server.trial.trace import opening, trace

TRIALS: dict[str, Callable[[argparse.Namespace], Report]] = {
    "flood": flood,
    "fuzz": fuzz,
    "soak": soak,
    "latency": latency,
    "browser": page_latency,
    "opening": opening,
    "trace": trace,
}

REQUESTS = {"soak": 20_000, "fuzz": 1_000, "browser": 200, "opening": 10}


def _parser() -> Parser:
    description = "Tries a server under load, with junk and for a long time, and measures its latency."
    parser = Parser(prog="python -m drumjax.server.trial", description=description)
    trials = "which trial to run; in Chromium: browser (latency), opening (first sound), trace (a page that plays)"
    parser.add_argument("trial", choices=TRIALS, help=trials)
    parser.add_argument("--clients", type=int, default=4, help="flood: clients at once (4)")
    parser.add_argument("--rate", type=int, default=1000, help="flood: messages a second, all clients together (1000)")
    parser.add_argument("--seconds", type=float, default=20, help="flood: duration (20)")
    parser.add_argument("--datagrams", type=int, default=100_000, help="fuzz: OSC datagrams (100,000)")
    parser.add_argument("--frames", type=int, default=10_000, help="fuzz: WebSocket frames (10,000)")
    parser.add_argument("--seed", type=int, default=0, help="fuzz: seed of the junk (0)")
    requests = "requests of the soak (20,000), the latency (500) and, over each door, the fuzz (1,000); moves in the "
    requests += "browser (200); windows of the opening (10)"
    parser.add_argument("--requests", type=int, help=requests)
    parser.add_argument("--minutes", type=float, default=10, help="trace: duration (10)")
    parser.add_argument("--bundle", type=Path, help="folder of a trained bundle (the shipped one)")
    return parser


@command("trial")
def main(arguments: list[str]) -> None:
    """Runs one trial; exit code 1 when a bar is missed."""
    options = _parser().parse_args(arguments)
    options.requests = options.requests or REQUESTS.get(options.trial, 500)
    options.server = ["--bundle", str(options.bundle)] if options.bundle else []
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    report = TRIALS[options.trial](options)
    report.add("before the start: processes that run, for each core", load, "below 0.5, or times say little")
    print(report, flush=True)
    if not report.met:
        sys.exit(1)


if __name__ == "__main__":
    # As Ctrl-C: the server ends with its trial, and its files go.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
