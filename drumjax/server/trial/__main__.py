"""What the server bears, measured over real sockets: python -m drumjax.server.trial flood|fuzz|soak|latency|browser

Each starts a server of its own, prints a Markdown table, and ends with code 1 when a bar is missed.
"""

import contextlib
import json
import logging
import random
import select
import statistics
import sys
import time
from pathlib import Path

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from drumjax.commands import Parser, command
from drumjax.server.trial import browser, junk
from drumjax.server.trial.harness import LONGEST, Client, Report, Server, percentile, requests, running, timed

PAPER_MS = 50.0


def flood(options) -> Report:
    """A drag by several hands: the newest request of each is answered, and nothing queues up."""
    with running(*options.server) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(server)) for _ in range(options.clients)]
        timed(clients[0], 20)
        render = statistics.median(timed(clients[0], 50, 1))
        before = server.mib()
        sent, answered = _drag(clients, options.rate, options.seconds)
        began = time.perf_counter()
        for client in clients:
            client.send("/drum/generate", 0, 0, 0, "tom", 10**6)
        last = [_hears_file(client, 10**6) for client in clients]
        drained = 1000 * (time.perf_counter() - began)
        late = select.select([c.socket for c in clients], [], [], 1.0)[0]
        after, said = server.mib(), server.said()
    ages = [age for ages in answered for age in ages]
    most = 2.5 if options.clients == 1 else 6.0
    report = Report(f"flood: {options.clients} clients, {options.rate} messages/s, {options.seconds:g} s")
    report.add("messages sent", sent)
    report.add("answered, by client", " ".join(str(len(ages)) for ages in answered))
    report.add("one request alone, message to file, p50, ms", render)
    report.add("message to reply, p50, ms", percentile(ages, 0.5))
    ratio = percentile(ages, 0.95) / render
    report.add("message to reply, p95, ms", percentile(ages, 0.95))
    report.add("p95 / one request alone", ratio, f"{most:g}", ratio <= most)
    report.add("clients whose newest request was answered", sum(last), str(len(clients)), all(last))
    report.add("until the last answer, ms", drained)
    report.add("replies after the last", len(late), "0", not late)
    report.add("memory before and after, MiB", f"{before:.0f}, {after:.0f}", "+ 5 %", after < 1.05 * before)
    report.add("lines on stderr", len(said.splitlines()), "0", not said)
    return report


def _drag(clients: list[Client], rate: int, seconds: float) -> tuple[int, list[list[float]]]:
    """Sends generate messages at an even rate, clients in turn: how many, and each client's answered ages in ms."""
    streams = [requests(seed) for seed in range(len(clients))]
    times: list[float] = []
    answered: list[list[float]] = [[] for _ in clients]
    began = time.perf_counter()
    while len(times) < rate * seconds:
        wait = began + len(times) / rate - time.perf_counter()
        for ready in select.select([c.socket for c in clients], [], [], max(0.0, wait))[0]:
            at = next(i for i, c in enumerate(clients) if c.socket is ready)
            address, *values = clients[at].hear()
            if address == "/drum/file":
                answered[at].append(1000 * (time.perf_counter() - times[values[1]]))
        if time.perf_counter() >= began + len(times) / rate:
            at = len(times) % len(clients)
            values = next(streams[at])
            times.append(time.perf_counter())
            clients[at].send("/drum/generate", *values, len(times) - 1)
    return len(times), answered


def _hears_file(client: Client, id: int) -> bool:
    """Whether the file with this id comes; what comes before it is passed over."""
    try:
        while True:
            address, *values = client.hear()
            if address == "/drum/file" and values[1] == id:
                return True
    except TimeoutError:
        return False


def fuzz(options) -> Report:
    """Junk of many kinds at every door; then a good request."""
    rng = random.Random(options.seed)
    with running(*options.server) as server:
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(Client(server)) for _ in range(300)]
            for at in range(options.datagrams):
                # A few senders throw most of it; now and then one more of many, so that some are forgotten.
                client = clients[rng.randrange(4) if rng.random() < 0.9 else rng.randrange(len(clients))]
                client.throw(junk.datagram(rng))
                if at % 64 == 63:
                    # The server's turn: what overflows a socket would test nothing.
                    clients[0].await_pong(at)
            frames, dropped = _throw_frames(server, rng, options.frames)
        with Client(server) as client:
            file = client.ask("/drum/generate", 0.1, -0.3, 0.5, "kick", 5)
        with connect(f"ws://127.0.0.1:{server.http}/ws", compression=None) as page:
            heard = _heard(page, 6, {"class": "kick"})
        said, wavs, code = server.said(), len(server.wavs()), server.stop()
    report = Report(f"fuzz, seed {options.seed}")
    report.add("datagrams", options.datagrams)
    report.add("WebSocket frames", frames)
    report.add("connections that were closed for theirs", dropped)
    report.add("lines on stderr", len(said.splitlines()), "0", not said)
    report.add("next good OSC request", file[0], "/drum/file", file[0] == "/drum/file" and file[2] == 5)
    report.add("next good page request", f"{len(heard)} bytes", "sound", isinstance(heard, bytes))
    report.add("WAVs in the folder", wavs, "256", wavs <= 256)
    report.add("exit code", code, "0", code == 0)
    if said:
        print(said[-2000:], file=sys.stderr)
    return report


def _throw_frames(server: Server, rng: random.Random, count: int) -> tuple[int, int]:
    """Sends frames on as many connections as it takes: (frames, connections the server closed)."""
    thrown = dropped = 0
    # The client library, too, stumbles over what comes back; the server is what is looked at.
    unheard = logging.Logger("junk", logging.CRITICAL + 1)
    while thrown < count:
        with connect(f"ws://127.0.0.1:{server.http}/ws", compression=None, max_size=None, logger=unheard) as page:
            try:
                for at in range(rng.randrange(1, 200)):
                    kind = rng.random()
                    thrown += 1
                    if kind < 0.02:
                        # Not a frame at all: reserved bits, unknown opcodes, lengths that lie.
                        page.socket.sendall(rng.randbytes(rng.randrange(1, 40)))
                    elif kind < 0.03:
                        page.send("[" * 20_000)
                    else:
                        page.send(junk.frame(rng), text=kind < 0.9)
                    if at % 16 == 15:
                        page.send('{"type":"ping","id":123456}')
                        while '"id":123456' not in str(page.recv(1.0)):
                            pass
            except (ConnectionClosed, OSError):
                # Closed already (bytes past the library meet a dead socket), or after bytes that look like the head
                # of a long frame: for the rest of it the server waits, as it must.
                dropped += 1
    return thrown, dropped


def _heard(page: ClientConnection, id: int, sound: dict) -> str | bytes:
    """What a page hears that asks for a sound."""
    page.send(json.dumps({"type": "render", "id": id, "slot": "main", "sound": sound}))
    return page.recv(LONGEST)


def soak(options) -> Report:
    """Many requests of every kind: memory and the folder stay as they are."""
    early = max(1, options.requests // 20)
    first, most = 0.0, 0
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(running(*options.server))
        client = stack.enter_context(Client(server))
        page = stack.enter_context(connect(f"ws://127.0.0.1:{server.http}/ws", compression=None))
        for at, (*knobs, name) in zip(range(options.requests), requests(2), strict=False):
            match at % 4:
                case 0:
                    done = client.ask("/drum/generate", *knobs, name, at)[0] == "/drum/file"
                case 1:
                    done = client.ask("/drum/variation", 0.3, at)[0] == "/drum/file"
                case 2:
                    done = client.ask("/drum/sample", name, at, at)[0] == "/drum/file"
                case _:
                    done = isinstance(_heard(page, at, {"class": name, "knobs": knobs, "seed": at}), bytes)
            if not done:
                raise RuntimeError(f"request {at} was answered with an error")
            if at + 1 == early:
                first = server.mib()
            if at % 100 == 99:
                most = max(most, len(server.wavs()))
        last, said = server.mib(), server.said()
    change = 100 * (last / first - 1)
    report = Report(f"soak: {options.requests} requests")
    report.add(f"memory after {early}, MiB", first)
    report.add(f"memory after {options.requests}, MiB", last)
    report.add("difference, %", change, "5", abs(change) < 5)
    report.add("most WAVs in the folder", most, "257", most <= 257)
    report.add("lines on stderr", len(said.splitlines()), "0", not said)
    return report


def latency(options) -> Report:
    """How long one hand waits: message to file over OSC, message to samples over the WebSocket."""
    with running(*options.server) as server, Client(server) as client:
        timed(client, 20)
        over_osc, over_web = timed(client, options.requests, 1), []
        with connect(f"ws://127.0.0.1:{server.http}/ws", compression=None) as page:
            for at, (*knobs, name) in zip(range(options.requests), requests(1), strict=False):
                began = time.perf_counter()
                _heard(page, at, {"class": name, "knobs": knobs})
                over_web.append(1000 * (time.perf_counter() - began))
    report = Report(f"latency in ms, {options.requests} requests each; beside it the paper's {PAPER_MS:g}")
    for door, times in (("OSC, message to file", over_osc), ("WebSocket, message to samples", over_web)):
        for share in (0.5, 0.95, 0.99):
            report.add(f"{door}, p{100 * share:.0f}", percentile(times, share), f"({PAPER_MS:g})")
    return report


def page(options) -> Report:
    """How long a hand on the page's pad waits: message to the start of the sound, in headless Chromium."""
    with running(*options.server) as server:
        single, dragged = browser.waits(f"http://127.0.0.1:{server.http}/", options.requests)
    report = Report(f"browser, message to audio in ms; beside it the paper's {PAPER_MS:g}")
    for how, waits in (("single moves", single), ("a drag of 60 moves a second", dragged)):
        times, renders = ([float(value) for value in values] for values in zip(*waits, strict=True))
        report.add(f"{how}, sounds heard", len(times))
        report.add(f"{how}, rendering alone, p50", percentile(renders, 0.5))
        for share in (0.5, 0.95, 0.99):
            report.add(f"{how}, p{100 * share:.0f}", percentile(times, share), f"({PAPER_MS:g})")
    return report


_COMMANDS = {"flood": flood, "fuzz": fuzz, "soak": soak, "latency": latency, "browser": page}


def _parser() -> Parser:
    parser = Parser(prog="drumjax.server.trial", description="Measures what the server bears.")
    parser.add_argument("what", choices=_COMMANDS)
    parser.add_argument("--clients", type=int, default=4, help="of the flood (4)")
    parser.add_argument("--rate", type=int, default=1000, help="messages a second of the flood, in all (1000)")
    parser.add_argument("--seconds", type=float, default=20, help="of the flood (20)")
    parser.add_argument("--datagrams", type=int, default=100_000, help="of the fuzz (100,000)")
    parser.add_argument("--frames", type=int, default=10_000, help="of the fuzz (10,000)")
    parser.add_argument("--seed", type=int, default=0, help="of the fuzz (0)")
    parser.add_argument("--requests", type=int, help="of the soak (20,000), the latency (500) or the browser (200)")
    parser.add_argument("--bundle", type=Path, help="a trained bundle (the shipped one)")
    return parser


@command("load")
def _measure(arguments: list[str]) -> None:
    options = _parser().parse_args(arguments)
    options.requests = options.requests or {"soak": 20_000, "browser": 200}.get(options.what, 500)
    options.server = ["--bundle", str(options.bundle)] if options.bundle else []
    report = _COMMANDS[options.what](options)
    print(report, flush=True)
    if not report.met:
        sys.exit(1)


def main(arguments: list[str] | None = None) -> int:
    """Runs one of the measurements: its exit code."""
    return _measure(arguments)


if __name__ == "__main__":
    sys.exit(main())
