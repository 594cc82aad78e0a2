"""The server as its clients meet it: a process, real sockets, junk sent first."""

import http.client
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from websockets.sync.client import connect

from drumjax import audio, controls
from drumjax.config import CLASSES
from drumjax.server import osc
from drumjax.synth import Synth

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "drumjax.server", "--osc-port", "0", "--reply-port", "0", "--http-port", "0"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


class Server:
    """A server of its own, in a process; its ports."""

    def __init__(self, tmp: Path):
        environment = {**ENVIRONMENT, "TMPDIR": str(tmp)}
        self.tmp = tmp
        with open(tmp / "log", "w") as log:
            self.process = subprocess.Popen(
                COMMAND, stdout=subprocess.PIPE, stderr=log, text=True, env=environment, cwd=tmp
            )
        self.http = int(re.search(r":(\d+)/", self.process.stdout.readline())[1])
        self.osc, self.reply = map(int, re.search(r":(\d+), .* (\d+)$", self.process.stdout.readline()).groups())

    def wavs(self) -> list[Path]:
        return list(self.tmp.glob("drumjax-*/*"))

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(20)
        self.process.stdout.close()
        return code

    def said(self) -> str:
        return (self.tmp / "log").read_text()


class Client:
    """An OSC client: one socket that sends and hears."""

    def __init__(self, port: int):
        self.port = port
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(20)

    def send(self, address: str, *values) -> None:
        self.junk(osc.encode(address, *values))

    def junk(self, datagram: bytes) -> None:
        self.socket.sendto(datagram, ("127.0.0.1", self.port))

    def hear(self) -> list:
        message = osc._message(self.socket.recv(65536))
        return [message.address, *message.params]

    def ask(self, address: str, *values) -> list:
        self.send(address, *values)
        return self.hear()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    folder = server.wavs()[0].parent
    assert folder.stat().st_mode & 0o777 == 0o700
    assert server.stop(signal.SIGTERM) == 0
    assert server.said() == "" and not folder.exists()


@pytest.fixture(scope="module")
def synth():
    return Synth.load()


@pytest.fixture
def client(server):
    client = Client(server.osc)
    for junk in (b"", b"\0" * 5, b"#bundle\0", b"/drum/generate\0\0,fff", os.urandom(300), b"x" * 60_000):
        client.junk(junk)
    # Some of the junk is an address nobody knows: what it was answered is not looked at.
    client.send("/drum/ping", 77)
    while client.hear() != ["/drum/pong", 77]:
        pass
    yield client
    client.socket.close()


def request(server, method, path, body=None, headers=()):
    connection = http.client.HTTPConnection("127.0.0.1", server.http, timeout=20)
    connection.request(method, path, body, dict(headers))
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def sound_in(frame):
    (size,) = struct.unpack_from("<I", frame)
    return json.loads(frame[4 : 4 + size]), np.frombuffer(frame[4 + size :], "<f4")


def test_osc_every_class_comes_as_the_file_that_python_renders(client, synth):
    assert client.ask("/drum/hello")[:2] == ["/drum/hello", "drumjax"]
    assert client.ask("/drum/classes") == ["/drum/classes", *CLASSES]
    for index, name in enumerate(CLASSES):
        point = [1, -0.5, 0.25 * index]
        address, path, id, ms = client.ask("/drum/generate", *point, name if index % 2 else float(index), index)
        assert (address, id) == ("/drum/file", index) and 0 < ms < 20_000
        wave, rate = audio.read(path)
        assert rate == synth.rate
        np.testing.assert_allclose(wave[:, 0], synth.generate(point, name), atol=2**-22)


def test_a_page_hears_what_python_renders(server, synth):
    with connect(f"ws://127.0.0.1:{server.http}/ws") as page:
        page.send('{"type":"hello"}')
        hello = json.loads(page.recv())
        assert hello["classes"] == list(CLASSES) and tuple(hello["ranges"]) == controls.RANGES
        assert (hello["rate"], hello["samples"]) == (synth.rate, synth.samples)
        recipe = {"class": "snare", "knobs": [0.5, 0, -1], "seed": 3, "vary": [[0.3, 5], [0.1, 6]]}
        page.send(json.dumps({"type": "render", "id": 4, "slot": "main", "sound": recipe}))
        header, wave = sound_in(page.recv())
        assert (header["id"], header["slot"], header["rate"]) == (4, "main", synth.rate)
        z = synth.place([0.5, 0, -1], "snare", synth.draw("snare", 1, 3)[0])
        z = synth.variation(synth.variation(z, "snare", 0.3, 5), "snare", 0.1, 6)
        np.testing.assert_allclose(wave, synth.render(z, "snare"), atol=1e-5)


def test_osc_takes_a_whole_recipe(client, synth):
    z = synth.place([0.5, 0, -1], "snare", synth.draw("snare", 1, 3)[0])
    z = synth.variation(synth.variation(z, "snare", 0.25, 5), "snare", 0.125, 6)
    _, path, id, _ = client.ask("/drum/generate", 0.5, 0, -1.0, "snare", 1, 3.0, 0.25, 5.0, 0.125, 6)
    assert id == 1
    np.testing.assert_allclose(audio.read(path)[0][:, 0], synth.render(z, "snare"), atol=2**-22)
    _, path, _, _ = client.ask("/drum/generate", 0.5, 0, -1, "snare", 1, -1, 0, 0)
    np.testing.assert_allclose(audio.read(path)[0][:, 0], synth.generate([0.5, 0, -1], "snare"), atol=2**-22)
    for wrong in (3, 0.5), (3, *[0.5, 1] * 9), (-2,), (3, 2, 1):
        answer = client.ask("/drum/generate", 0, 0, 0, 0, 9, *wrong)
        assert (answer[0], answer[2]) == ("/drum/error", 9)
    address, index, *names = client.ask("/drum/knobs", "tom")
    assert (address, index, len(names)) == ("/drum/knobs", 10, 3)
