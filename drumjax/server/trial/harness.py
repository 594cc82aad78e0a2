"""A server in a process of its own, an OSC client, and a table: what measures and tests talk to over real sockets."""

import contextlib
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from drumjax.config import CLASSES
from drumjax.server import osc

LONGEST = 20.0
"""Seconds an answer may take before it counts as lost."""


class Server:
    """A server in a process of its own, on free ports of this machine.

    Attributes:
        process: the process.
        osc, reply, http: its ports.
        temporary: the folder that its WAVs and its log are in.
    """

    def __init__(self, arguments: list[str], temporary: Path):
        self.temporary, self._log = temporary, temporary / "log"
        free = ("--osc-port", "0", "--reply-port", "0", "--http-port", "0")
        with open(self._log, "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "drumjax.server", *free, *arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "TMPDIR": str(temporary)},
            )
        lines = [self.process.stdout.readline() for _ in range(2)]
        found = re.search(r":(\d+)/\n.*:(\d+), replies to port (\d+)$", "".join(lines))
        if found is None:
            self.process.wait()
            self.process.stdout.close()
            raise ValueError(f"the server did not start: {self.said()}")
        self.http, self.osc, self.reply = map(int, found.groups())

    def said(self) -> str:
        """Everything on its stderr."""
        return self._log.read_text(encoding="utf8", errors="replace").strip()

    def wavs(self) -> list[Path]:
        """The WAVs there are."""
        return list(self.temporary.glob("drumjax-*/*"))

    def mib(self) -> float:
        """Its resident memory."""
        listed = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, text=True, check=True
        )
        return int(listed.stdout) / 1024

    def stop(self) -> int:
        """Ends it, and returns its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(LONGEST)
        self.process.stdout.close()
        return code


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[Server]:
    """A server with these arguments, for a while."""
    with tempfile.TemporaryDirectory(prefix="harness-") as temporary:
        server = Server(list(arguments), Path(temporary))
        try:
            yield server
        finally:
            server.stop()


class Client:
    """An OSC client: one socket that sends and hears."""

    def __init__(self, server: Server):
        self._server = "127.0.0.1", server.osc
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(LONGEST)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def throw(self, datagram: bytes) -> None:
        """Sends bytes as they are."""
        self.socket.sendto(datagram, self._server)

    def send(self, address: str, *values: int | float | str) -> None:
        self.throw(osc.encode(address, *values))

    def hear(self) -> tuple:
        """The next reply: its address and values.

        Raises:
            TimeoutError: there is none.
        """
        return osc.values(self.socket.recv(65536))

    def ask(self, address: str, *values: int | float | str) -> tuple:
        """Sends, and hears the reply."""
        self.send(address, *values)
        return self.hear()

    def await_pong(self, id: int) -> None:
        """Hears replies up to the pong with this id: all before it was looked at."""
        self.send("/drum/ping", id)
        while self.hear() != ("/drum/pong", id):
            pass


class Report:
    """A Markdown table of figures and the bars they must meet."""

    def __init__(self, title: str):
        self._rows = [f"| {title} | | bar | |", "|---|---:|---:|---|"]
        self.met = True

    def add(self, what: str, value: str | float | int, bar: str = "", met: bool | None = None) -> None:
        shown = f"{value:.1f}" if isinstance(value, float) else str(value)
        self._rows.append(f"| {what} | {shown} | {bar} | {'' if met is None else 'met' if met else 'MISSED'} |")
        self.met &= met is not False

    def __str__(self) -> str:
        return "\n".join(self._rows)


def percentile(values: list[float], share: float) -> float:
    """The smallest of the values that `share` of them do not exceed; infinite where there are none."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("inf")


def requests(seed: int) -> Iterator[tuple]:
    """The values of generate messages: all classes, knobs within the populated region."""
    rng = random.Random(seed)
    while True:
        for name in rng.sample(CLASSES, len(CLASSES)):
            yield *(rng.uniform(-2, 2) for _ in range(3)), name


def timed(client: Client, count: int, seed: int = 0) -> list[float]:
    """Milliseconds from message to file of requests one after the other."""
    times = []
    for id, values in zip(range(count), requests(seed), strict=False):
        began = time.perf_counter()
        reply = client.ask("/drum/generate", *values, id)
        times.append(1000 * (time.perf_counter() - began))
        if reply[0] != "/drum/file":
            raise RuntimeError(f"expected a file; got {reply}")
    return times
