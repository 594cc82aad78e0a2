"""The flood: several clients drag at once. Every request is answered or overtaken, and none queues up."""

import argparse
import bisect
import contextlib
import select
import statistics
import time
from dataclasses import dataclass, field

from drumjax.config import CLASSES
from drumjax.server.trial.harness import LONGEST, Client, start_server
from drumjax.server.trial.report import Report, percentile
from drumjax.server.trial.requests import generate_times, random_requests


@dataclass
class _Drag:
    """A drag of the knobs of one class by one client.

    Attributes:
        times: when each message was sent.
        ages: ms from message to file, of each file.
        overtaken: count of messages that were answered as overtaken.
        last: address of the newest reply.
    """

    client: Client
    drum_class: str
    times: list[float] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    overtaken: int = 0
    last: str = ""

    def send(self, knobs: tuple[float, ...]) -> None:
        self.times.append(time.perf_counter())
        self.client.send("/drum/generate", *knobs, self.drum_class)

    def receive(self) -> None:
        """Takes the next reply."""
        self.last, *values = self.client.receive()
        now = time.perf_counter()
        if self.last == "/drum/file":
            # Of the messages of a drag, the file answers the newest at the time that the server says it had come.
            arrived = now - values[2] / 1000
            self.ages.append(1000 * (now - self.times[bisect.bisect_right(self.times, arrived) - 1]))
        elif values == ["overtaken", -1]:
            self.overtaken += 1
        else:
            raise RuntimeError(f"expected a file or that it was overtaken; got {self.last} {values}")

    @property
    def unanswered(self) -> int:
        return len(self.times) - len(self.ages) - self.overtaken


def flood(options: argparse.Namespace) -> Report:
    """The report of `options.clients` OSC clients that send `options.rate` messages a second in all."""
    with start_server(*options.server) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(server)) for _ in range(options.clients)]
        generate_times(clients[0], 20)
        alone = statistics.median(generate_times(clients[0], 50, 1))
        before = server.mib()
        drags = [_Drag(client, CLASSES[i % len(CLASSES)]) for i, client in enumerate(clients)]
        _run(drags, options.rate, options.seconds)
        ended = time.perf_counter()
        while any(drag.unanswered for drag in drags) and _receive(drags, ended + LONGEST - time.perf_counter()):
            pass
        drained = 1000 * (time.perf_counter() - ended)
        late = _receive(drags, 1.0)
        after, log = server.mib(), server.log()
    ages = [age for drag in drags for age in drag.ages]
    bar = 2.5 if options.clients == 1 else 6.0
    report = Report(f"flood: {options.clients} clients, {options.rate} messages/s, {options.seconds:g} s")
    report.add("messages sent", sum(len(drag.times) for drag in drags))
    report.add("answered, by client", " ".join(str(len(drag.ages)) for drag in drags))
    report.add("overtaken, by client", " ".join(str(drag.overtaken) for drag in drags))
    unanswered = sum(drag.unanswered for drag in drags)
    report.add("neither answered nor overtaken", unanswered, "0", unanswered == 0)
    report.add("one request alone, message to file, p50, ms", alone)
    report.add("message to reply, p50, ms", percentile(ages, 0.5))
    ratio = percentile(ages, 0.95) / alone
    report.add("message to reply, p95, ms", percentile(ages, 0.95))
    report.add("p95 / one request alone", ratio, f"{bar:g}", ratio <= bar)
    newest = sum(drag.last == "/drum/file" for drag in drags)
    report.add("clients whose newest request was answered", newest, str(len(drags)), newest == len(drags))
    report.add("until the last answer, ms", drained)
    report.add("replies after the last", late, "0", not late)
    report.add("memory before and after, MiB", f"{before:.0f}, {after:.0f}", "+ 5 %", after < 1.05 * before)
    report.add("lines on stderr", len(log.splitlines()), "0", not log)
    return report


def _run(drags: list[_Drag], rate: int, seconds: float) -> None:
    """Sends messages at an even rate, clients in turn, and receives replies meanwhile."""
    streams = [random_requests(seed) for seed in range(len(drags))]
    began, sent = time.perf_counter(), 0
    while sent < rate * seconds:
        _receive(drags, began + sent / rate - time.perf_counter())
        if time.perf_counter() >= began + sent / rate:
            at = sent % len(drags)
            *knobs, _ = next(streams[at])
            drags[at].send(tuple(knobs))
            sent += 1


def _receive(drags: list[_Drag], seconds: float) -> int:
    """Waits so long at most for replies; takes one of each client that has any. Returns their count."""
    ready = select.select([drag.client.socket for drag in drags], [], [], max(0.0, seconds))[0]
    for drag in drags:
        if drag.client.socket in ready:
            drag.receive()
    return len(ready)
