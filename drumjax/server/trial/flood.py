"""The flood: several clients drag at once. The newest request of each is answered, and nothing queues up."""

import argparse
import contextlib
import select
import statistics
import time

from drumjax.server.trial.harness import Client, start_server
from drumjax.server.trial.report import Report, percentile
from drumjax.server.trial.requests import generate_times, random_requests

LAST = 10**6
"""Id of each client's last request."""


def flood(options: argparse.Namespace) -> Report:
    """The report of `options.clients` OSC clients that send `options.rate` messages a second in all."""
    with start_server(*options.server) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(server)) for _ in range(options.clients)]
        generate_times(clients[0], 20)
        alone = statistics.median(generate_times(clients[0], 50, 1))
        before = server.mib()
        sent, answered = _drag(clients, options.rate, options.seconds)
        began = time.perf_counter()
        for client in clients:
            client.send("/drum/generate", 0, 0, 0, "tom", LAST)
        last = [_receive_file(client, LAST) for client in clients]
        drained = 1000 * (time.perf_counter() - began)
        late = select.select([c.socket for c in clients], [], [], 1.0)[0]
        after, log = server.mib(), server.log()
    ages = [age for ages in answered for age in ages]
    bar = 2.5 if options.clients == 1 else 6.0
    report = Report(f"flood: {options.clients} clients, {options.rate} messages/s, {options.seconds:g} s")
    report.add("messages sent", sent)
    report.add("answered, by client", " ".join(str(len(ages)) for ages in answered))
    report.add("one request alone, message to file, p50, ms", alone)
    report.add("message to reply, p50, ms", percentile(ages, 0.5))
    ratio = percentile(ages, 0.95) / alone
    report.add("message to reply, p95, ms", percentile(ages, 0.95))
    report.add("p95 / one request alone", ratio, f"{bar:g}", ratio <= bar)
    report.add("clients whose newest request was answered", sum(last), str(len(clients)), all(last))
    report.add("until the last answer, ms", drained)
    report.add("replies after the last", len(late), "0", not late)
    report.add("memory before and after, MiB", f"{before:.0f}, {after:.0f}", "+ 5 %", after < 1.05 * before)
    report.add("lines on stderr", len(log.splitlines()), "0", not log)
    return report


def _drag(clients: list[Client], rate: int, seconds: float) -> tuple[int, list[list[float]]]:
    """Sends generate messages at an even rate, clients in turn: their count, and ms to each client's answers."""
    streams = [random_requests(seed) for seed in range(len(clients))]
    times: list[float] = []
    answered: list[list[float]] = [[] for _ in clients]
    began = time.perf_counter()
    while len(times) < rate * seconds:
        wait = began + len(times) / rate - time.perf_counter()
        for ready in select.select([c.socket for c in clients], [], [], max(0.0, wait))[0]:
            at = next(i for i, c in enumerate(clients) if c.socket is ready)
            address, *values = clients[at].receive()
            if address == "/drum/file":
                answered[at].append(1000 * (time.perf_counter() - times[values[1]]))
        if time.perf_counter() >= began + len(times) / rate:
            at = len(times) % len(clients)
            message = next(streams[at])
            times.append(time.perf_counter())
            clients[at].send("/drum/generate", *message, len(times) - 1)
    return len(times), answered


def _receive_file(client: Client, id: int) -> bool:
    """Whether the file with this id comes; earlier replies are skipped."""
    try:
        while True:
            address, *values = client.receive()
            if address == "/drum/file" and values[1] == id:
                return True
    except TimeoutError:
        return False
