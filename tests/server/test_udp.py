"""The OSC endpoint without sockets, on an engine whose answers the test gives."""

import asyncio

import numpy as np
import pytest
from apart import apart

from drumjax.server import osc
from drumjax.server.engine import Engine
from drumjax.server.rendering import Rendering
from drumjax.server.sound import Sound
from drumjax.server.udp import Endpoint, Folder
from drumjax.server.visitors import LINES, Visitors

DEFAULT = 7772
WAVE = np.linspace(-1, 1, 50, dtype=np.float32)


class Asked(Engine):
    """An engine that collects requests."""

    texture, synth, knobs = True, type("Synth", (), {"rate": 44100}), {}

    def __init__(self):
        self.clients, self.answers = [], []

    def play(self, client, place, sound, answer):
        self.clients.append(client)
        self.answers.append(answer)


class Sent(asyncio.DatagramTransport):
    """A transport that collects replies: (address and values, host, port)."""

    def __init__(self):
        super().__init__({"sockname": ("127.0.0.1", 7771)})
        self.replies = []

    def is_closing(self):
        return False

    def sendto(self, data, addr=None):
        self.replies.append((*osc.values(data), *addr))


@pytest.fixture
def endpoint():
    """send(host, port, address, *values) -> ports that the replies of this message went to."""
    engine, transport = Asked(), Sent()
    with Folder() as folder:
        endpoint = Endpoint(engine, folder, Visitors(), DEFAULT)

        async def connect():
            endpoint.connection_made(transport)

        apart(connect())

        def send(host, port, *message):
            transport.replies.clear()
            endpoint.datagram_received(osc.encode(*message), (host, port))
            return {reply[-1] for reply in transport.replies}

        yield endpoint, engine, transport, send


def test_an_announced_port_holds_for_the_host_only(endpoint):
    _, engine, _, send = endpoint
    assert send("10.0.0.1", 1, "/drum/ping") == {1, DEFAULT}
    assert send("10.0.0.1", 2, "/drum/hello", 9000) == {2, 9000}
    assert send("10.0.0.1", 1, "/drum/ping") == {1, 9000}
    assert send("10.0.0.1", 3, "/drum/ping") == {3, 9000}
    assert send("10.0.0.2", 3, "/drum/ping") == {3, DEFAULT}
    # Who says hello has its own port, announced or not.
    assert send("10.0.0.1", 4, "/drum/hello") == send("10.0.0.1", 4, "/drum/ping") == {4, DEFAULT}
    assert send("10.0.0.1", 5, "/drum/hello", 9001) == {5, 9001}
    assert send("10.0.0.1", 6, "/drum/ping") == {6, 9001}
    # A sender that announced a port and requests something itself keeps it for itself.
    assert send("10.0.0.1", 5, "/drum/ping") == send("10.0.0.1", 5, "/drum/hello", 9001) == {5, 9001}
    assert send("10.0.0.1", 7, "/drum/ping") == {7, 9000}
    for port in 20, 21:
        send("10.0.0.1", port, "/drum/generate", 0, 0, 0, 0)
    send("10.0.0.1", 21, "/drum/generate", 0, 0, 0, 0)
    # Changing ports are one client, a port that stays is another.
    assert engine.clients[0] is engine.clients[1] is not engine.clients[2]
    for port in range(1000):
        send("10.0.0.1", 3000 + port, "/drum/ping")
        send("10.0.0.3", 3000 + port, "/drum/hello", 3000 + port)
    assert send("10.0.0.1", 8, "/drum/ping") == {8, DEFAULT}  # forgotten, after a thousand others


def test_an_error_is_one_plain_line(endpoint, monkeypatch, tmp_path):
    loop, engine, transport, send = endpoint[0]._loop, *endpoint[1:]
    monkeypatch.setattr(
        endpoint[0], "_loop", type("Loop", (), {"call_soon_threadsafe": lambda _, call, *a: call(*a)})()
    )
    send("10.0.0.1", 1, "/drum/generate", 0, 0, 0, 0, 5)
    engine.answers[0](ValueError("two\n  lines"))
    assert transport.replies[0] == ("/drum/error", "two lines", 5, "10.0.0.1", 1)
    endpoint[0]._folder.path = tmp_path / "removed"
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "removed too"))
    transport.replies.clear()
    rendering = Rendering(Sound("kick"), WAVE, WAVE[:3], WAVE, 44100, 1.0, 0.0)
    engine.answers[0](rendering)
    assert transport.replies[0][:3] == (
        "/drum/error",
        f"cannot write {tmp_path}/removed too: No such file or directory",
        5,
    )
    monkeypatch.setattr("tempfile.tempdir", None)
    engine.answers[0](rendering)
    assert transport.replies[-1][0] == "/drum/file" and not loop.is_running()


def test_the_lines_about_clients_are_bounded_and_survive_a_closed_stdout(capsys, monkeypatch):
    visitors = Visitors()
    for at in range(2 * LINES):
        visitors.add(f"client {at // 2}")
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"client {at}" for at in range(LINES - 1)] + ["more clients came: no further ones are listed"]

    def fail(*_, **__):
        raise BrokenPipeError

    monkeypatch.setattr("builtins.print", fail)
    Visitors().add("client")
