"""The flood: several clients drag at once. Every request is answered or overtaken, and none queues up."""

import argparse
import contextlib
import itertools
import statistics
import time
from collections.abc import Iterator
from typing import Any

from drumjax.config import CLASSES
from drumjax.server.trial import strokes
from drumjax.server.trial.drags import Drag, Knobs, OscDrag, PageDrag
from drumjax.server.trial.harness import LONGEST, Client, Server, open_page, send_file, start_server
from drumjax.server.trial.report import Report, percentile
from drumjax.server.trial.requests import random_requests

ALONE, WARM_UP = 30, 10
"""Moves of each drag while nobody else drags, and moves before them."""
LOST_AFTER = 2.0
"""Seconds after the last answer in which nothing more may come."""


def flood(options: argparse.Namespace) -> Report:
    """Has `options.clients`, over OSC and on pages in turn, send `options.rate` moves a second in all."""
    with start_server(*options.server) as server, contextlib.ExitStack() as stack:
        drags = [_drag(stack, server, at) for at in range(options.clients)]
        pages = [drag for drag in drags if isinstance(drag, PageDrag)]
        # The first ones fit the classifier of strict sampling and fill caches.
        for page in pages:
            page.draw("kick", 0)
            while page.drawn and page.receive(LONGEST):
                pass
        streams = [_knobs(seed) for seed in range(len(drags))]
        for drag, stream in zip(drags, streams, strict=True):
            drag.alone(list(itertools.islice(stream, WARM_UP)))
        alone = [drag.alone(list(itertools.islice(stream, ALONE))) for drag, stream in zip(drags, streams, strict=True)]
        before = server.mib()
        for seed, page in enumerate(pages, 1):
            page.draw("snare", seed)
        _run(drags, streams, options.rate, options.seconds)
        ended = time.perf_counter()
        while any(drag.unanswered for drag in drags) and time.perf_counter() < ended + LONGEST:
            _receive(drags)
        drained = 1000 * (time.perf_counter() - ended)
        time.sleep(LOST_AFTER)
        late = sum(drag.receive(0.0) for drag in drags)
        after, log = server.mib(), server.log()
    ages = [age for drag in drags for age in drag.ages]
    bar = 2.5 if options.clients == 1 else 1.5 * options.clients
    report = Report(f"flood: {options.clients} clients, {options.rate} moves/s, {options.seconds:g} s")
    report.add("moves sent", sum(len(drag.times) for drag in drags))
    report.add("answered, by client", " ".join(str(len(drag.ages)) for drag in drags))
    report.add("overtaken, by client", " ".join(str(drag.overtaken) for drag in drags))
    unanswered = sum(drag.unanswered for drag in drags)
    report.add("neither answered nor overtaken, kits, seeds and maps included", unanswered, "0", unanswered == 0)
    report.add("one move alone, to its sound, p50, ms, by client", " ".join(f"{ms:.0f}" for ms in alone))
    report.add("move to sound, p50, ms", percentile(ages, 0.5))
    report.add("move to sound, p95, ms", percentile(ages, 0.95))
    ratio = percentile(ages, 0.95) / statistics.fmean(alone)
    report.add("p95 / mean of the moves alone", ratio, f"{bar:g}", ratio <= bar)
    newest = sum(drag.newest or not drag.times for drag in drags)
    report.add("clients whose newest move was answered", newest, str(len(drags)), newest == len(drags))
    report.add("until the last answer, ms", drained)
    report.add("replies after the last", late, "0", not late)
    report.add("memory before and after, MiB", f"{before:.0f}, {after:.0f}", "+ 5 %", after < 1.05 * before)
    report.add("lines on stderr", len(log.splitlines()), "0", not log)
    return report


def _drag(stack: contextlib.ExitStack, server: Server, at: int) -> Drag:
    """The drag of a client: in turn the knobs of a class over OSC and on a page, a sound of the user's, a morph."""
    name = CLASSES[at % len(CLASSES)]
    if at % 4 in (0, 2):
        return OscDrag(stack.enter_context(Client(server)), name)
    page = stack.enter_context(open_page(server))
    own: dict[str, Any] = {"class": name, "own": send_file(server, strokes.stroke(at), name)}
    if at % 4 == 1:
        return PageDrag(page, lambda knobs: own | {"knobs": knobs})
    other: dict[str, Any] = {"class": "tom", "seed": at}
    return PageDrag(page, lambda knobs: own | {"other": other, "t": (knobs[0] + 2) / 4})


def _knobs(seed: int) -> Iterator[Knobs]:
    for up, right, third, _ in random_requests(seed):
        yield up, right, third


def _run(drags: list[Drag], streams: list[Iterator[Knobs]], rate: int, seconds: float) -> None:
    """Sends moves at an even rate, clients in turn, and receives replies meanwhile."""
    began, sent = time.perf_counter(), 0
    while sent < rate * seconds:
        if time.perf_counter() < began + sent / rate:
            _receive(drags)
            continue
        at = sent % len(drags)
        drags[at].send(next(streams[at]))
        sent += 1
        _receive(drags)


def _receive(drags: list[Drag]) -> None:
    """Takes what has come, at most a reply of each client; where nothing has, waits for a moment."""
    if not any([drag.receive(0.0) for drag in drags]):
        time.sleep(0.0005)
