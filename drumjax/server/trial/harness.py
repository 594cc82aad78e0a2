"""A server in a process of its own, and clients for it: the trials and the tests use them over real sockets."""

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from drumjax.server import osc
from drumjax.server.trial import strokes

LONGEST = 60.0
"""Seconds an answer may take before it counts as lost."""
FILES = 44
"""Sound files of a stocked server."""


class Server:
    """A server in a process of its own, on free ports of this machine.

    Attributes:
        process: the process.
        osc, reply, http: its ports.
        visitors: its lines about clients so far.
        temporary: the folder of its WAVs, its log and the index of its library.
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
                env={**os.environ, "TMPDIR": str(temporary), "XDG_DATA_HOME": str(temporary / "data")},
            )
        assert self.process.stdout is not None
        self._output = self.process.stdout
        try:
            lines = [self._output.readline() for _ in range(2)]
        except BaseException:  # the trial is stopped while its server starts
            self.process.kill()
            self.process.wait()
            raise
        found = re.search(r":(\d+)/\n.*:(\d+), replies to port (\d+)$", "".join(lines))
        if found is None:
            self.process.wait()
            self._output.close()
            raise ValueError(f"the server did not start: {self.log()}")
        self.http, self.osc, self.reply = map(int, found.groups())
        self.visitors: list[str] = []
        # Read all the time: a full pipe would block the server.
        self._reading = threading.Thread(target=lambda: self.visitors.extend(self._output), daemon=True)
        self._reading.start()

    def log(self) -> str:
        """The text on its stderr."""
        return self._log.read_text(encoding="utf8", errors="replace").strip()

    def wavs(self) -> list[Path]:
        """The files in its folder of WAVs."""
        return list(self.temporary.glob("drumjax-*/*"))

    def mib(self) -> float:
        """Its resident memory, MiB."""
        listed = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, text=True, check=True
        )
        return int(listed.stdout) / 1024

    def threads_and_files(self) -> tuple[int, int]:
        """The numbers of its threads and of the files and sockets that it has open; zeros where there is no /proc."""
        process = Path("/proc", str(self.process.pid))
        if not process.exists():
            return 0, 0
        return len(list((process / "task").iterdir())), len(list((process / "fd").iterdir()))

    def temporaries(self) -> list[Path]:
        """What it keeps in the folder of temporary files: the folder of WAVs, and those of files that it reads."""
        return [path for path in self.temporary.iterdir() if path not in (self._log, self.temporary / "data")]

    def stop(self) -> int:
        """Ends it; returns its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(3 * LONGEST)
        self._reading.join()
        self._output.close()
        return code


@contextlib.contextmanager
def start_server(*arguments: str) -> Iterator[Server]:
    """A server with these arguments; leaving the context stops it."""
    with tempfile.TemporaryDirectory(prefix="harness-") as temporary:
        server = Server(list(arguments), Path(temporary))
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def start_stocked_server(*arguments: str) -> Iterator[tuple[Server, list[str]]]:
    """A server whose samples and whose library are a folder of strokes, and the names of its files."""
    with tempfile.TemporaryDirectory(prefix="strokes-") as folder:
        files = strokes.write(Path(folder), FILES)
        with start_server("--samples", folder, "--library", folder, *arguments) as server:
            yield server, files


class Client:
    """An OSC client: one socket for requests and replies."""

    def __init__(self, server: Server):
        self._server = "127.0.0.1", server.osc
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(LONGEST)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: Any) -> None:
        self.socket.close()

    def send_bytes(self, datagram: bytes) -> None:
        """Sends bytes as they are."""
        self.socket.sendto(datagram, self._server)

    def send(self, address: str, *values: int | float | str) -> None:
        self.send_bytes(osc.encode(address, *values))

    def receive(self) -> tuple[Any, ...]:
        """The next reply: its address and values.

        Raises:
            TimeoutError: no reply came.
        """
        return osc.values(self.socket.recv(65536))

    def request(self, address: str, *values: int | float | str) -> tuple[Any, ...]:
        """Sends a message; returns the next reply."""
        self.send(address, *values)
        return self.receive()

    def await_pong(self, id: int) -> None:
        """Receives replies up to the pong with this id; the server has then handled every earlier datagram."""
        self.send("/drum/ping", id)
        while self.receive() != ("/drum/pong", id):
            pass


def open_page(server: Server, **options: Any) -> ClientConnection:
    """A WebSocket to the server, as the page opens one."""
    return connect(f"ws://127.0.0.1:{server.http}/ws", compression=None, **options)


def greeting(server: Server) -> dict[str, Any]:
    """How the server describes itself to a page."""
    with open_page(server) as page:
        page.send('{"type":"hello"}')
        described: dict[str, Any] = json.loads(page.recv(LONGEST))
        return described


def send_file(server: Server, wav: bytes, drum_class: str) -> str:
    """Sends a sound file of a class, as the page sends one that was dropped; returns its key."""
    connection = http.client.HTTPConnection("127.0.0.1", server.http, timeout=LONGEST)
    connection.request("POST", f"/listen?class={drum_class}", wav)
    key: str = json.loads(connection.getresponse().read())["key"]
    connection.close()
    return key


def header(frame: bytes) -> dict[str, Any]:
    """The header of a sound's frame."""
    fields: dict[str, Any] = json.loads(frame[4 : 4 + int.from_bytes(frame[:4], "little")])
    return fields


def request_sound(page: ClientConnection, id: int, sound: dict[str, Any], slot: str = "main") -> str | bytes:
    """Requests a sound over a WebSocket; returns the next frame."""
    page.send(json.dumps({"type": "render", "id": id, "slot": slot, "sound": sound}))
    return page.recv(LONGEST)
