"""The fuzz: junk, then requests of every kind, some with wrong values or damaged files, then good ones."""

import argparse
import contextlib
import logging
import random
import sys

from websockets.exceptions import ConnectionClosed

from drumjax.server.trial import junk
from drumjax.server.trial.harness import Client, Server, open_page, request_sound, start_stocked_server
from drumjax.server.trial.mixed import Mixed, Outcomes
from drumjax.server.trial.report import Report

WRONG = 0.4
"""Share of the requests that are wrong."""


def fuzz(options: argparse.Namespace) -> Report:
    """The report of `options.datagrams` and `options.frames` of junk and `options.requests` over each door, seeded."""
    rng = random.Random(options.seed)
    with start_stocked_server(*options.server) as (server, files):
        _send_datagrams(server, rng, options.datagrams)
        frames, dropped = _send_frames(server, rng, options.frames)
        mixed = Mixed(options.seed, files, WRONG)
        outcomes = _ask(server, mixed, options.requests)
        with Client(server) as client:
            file = client.request("/drum/generate", 0.1, -0.3, 0.5, "kick", 5)
        with open_page(server) as page:
            reply = request_sound(page, 6, {"class": "kick"})
        log, wavs, code = server.log(), len(server.wavs()), server.stop()
    report = Report(f"fuzz, seed {options.seed}")
    report.add("datagrams", options.datagrams)
    report.add("WebSocket frames", frames)
    report.add("connections that the server closed", dropped)
    for door, counts in outcomes.items():
        lost = counts["unanswered"] + counts["failed"]
        report.add(f"{door}: done, refused", f"{counts['done']}, {counts['refused']}")
        report.add(f"{door}: neither", lost, "0", not lost)
    report.add("lines on stderr", len(log.splitlines()), "0", not log)
    report.add("next good OSC request", file[0], "/drum/file", file[0] == "/drum/file" and file[2] == 5)
    report.add("next good page request", f"{len(reply)} bytes", "sound", isinstance(reply, bytes))
    report.add("WAVs in the folder", wavs, "256", wavs <= 256)
    report.add("exit code", code, "0", code == 0)
    print(*mixed.lost, log[-2000:], sep="\n", end="", file=sys.stderr)
    return report


def _ask(server: Server, mixed: Mixed, count: int) -> dict[str, Outcomes]:
    """Outcomes of requests of every kind by door, the page's uploads first: its sounds are then made from them."""
    with Client(server) as client, open_page(server) as page:
        return {
            "HTTP": mixed.over_http(server, count),
            "WebSocket": mixed.over_websocket(page, count),
            "OSC": mixed.over_osc(client, count),
        }


def _send_datagrams(server: Server, rng: random.Random, count: int) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(server)) for _ in range(300)]
        for at in range(count):
            # A few clients send most of it; many others send a little, so that the server has to drop some of them.
            client = clients[rng.randrange(4) if rng.random() < 0.9 else rng.randrange(len(clients))]
            client.send_bytes(junk.datagram(rng))
            if at % 64 == 63:
                # Waits for the server: datagrams that overflow its socket would test nothing.
                clients[0].await_pong(at)


def _send_frames(server: Server, rng: random.Random, count: int) -> tuple[int, int]:
    """Sends frames on as many connections as needed: (frames, connections that the server closed)."""
    sent = dropped = 0
    # The client library logs what it cannot read in the replies; only the server's log counts here.
    silent = logging.Logger("junk", logging.CRITICAL + 1)
    while sent < count:
        with open_page(server, max_size=None, logger=silent) as page:
            try:
                for at in range(rng.randrange(1, 200)):
                    kind = rng.random()
                    sent += 1
                    if kind < 0.02:
                        # Not a frame at all: reserved bits, unknown opcodes, wrong lengths.
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
                # The server closed the connection; or bytes looked like the head of a long frame, and the server
                # waits for the rest of it, as it must.
                dropped += 1
    return sent, dropped
