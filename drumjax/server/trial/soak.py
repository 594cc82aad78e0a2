"""The soak: many requests of every kind, during which memory and the folder of WAVs must not grow."""

import argparse
import contextlib

from drumjax.server.trial.harness import Client, open_page, request_sound, start_server
from drumjax.server.trial.report import Report
from drumjax.server.trial.requests import random_requests


def soak(options: argparse.Namespace) -> Report:
    """The report of `options.requests` requests, one after the other."""
    early = max(1, options.requests // 20)
    first, most = 0.0, 0
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(start_server(*options.server))
        client = stack.enter_context(Client(server))
        page = stack.enter_context(open_page(server))
        for at, (*knobs, name) in zip(range(options.requests), random_requests(2), strict=False):
            match at % 4:
                case 0:
                    done = client.request("/drum/generate", *knobs, name, at)[0] == "/drum/file"
                case 1:
                    done = client.request("/drum/variation", 0.3, at)[0] == "/drum/file"
                case 2:
                    done = client.request("/drum/sample", name, at, at)[0] == "/drum/file"
                case _:
                    done = isinstance(request_sound(page, at, {"class": name, "knobs": knobs, "seed": at}), bytes)
            if not done:
                raise RuntimeError(f"request {at} was answered with an error")
            if at + 1 == early:
                first = server.mib()
            if at % 100 == 99:
                most = max(most, len(server.wavs()))
        last, log = server.mib(), server.log()
    change = 100 * (last / first - 1)
    report = Report(f"soak: {options.requests} requests")
    report.add(f"memory after {early}, MiB", first)
    report.add(f"memory after {options.requests}, MiB", last)
    report.add("difference, %", change, "5", abs(change) < 5)
    report.add("most WAVs in the folder", most, "257", most <= 257)
    report.add("lines on stderr", len(log.splitlines()), "0", not log)
    return report
