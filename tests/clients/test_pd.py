"""The Pure Data instrument in the real Pure Data, without a display, against the real server."""

import contextlib
import os
import shutil
import socket
import subprocess
import time

import numpy as np
import pytest
from pythonosc.osc_message import OscMessage

from drumjax.clients.pd import build
from drumjax.config import CLASSES
from drumjax.server import osc
from drumjax.sound import audio

HARNESS = """#N canvas 0 50 900 600 12;
#X obj 20 20 netreceive {port};
#X obj 20 50 route one two record dump save;
#X obj 20 200 drumjax~ {osc};
#X obj 20 350 drumjax~ {osc};
#X obj 200 300 list prepend send one;
#X obj 200 330 list prepend send two;
#X obj 200 360 list trim;
#X obj 400 200 tabwrite~ recording;
#X obj 400 300 soundfiler;
#X msg 400 270 write -wave -bytes 4 -rate 44100 \\$1 recording;
#X obj 500 300 s pd-harness.pd;
#X msg 500 270 menusave;
#X obj 600 200 table recording 35000;
#X obj 700 100 loadbang;
#X msg 700 130 \\; pd dsp 1;
#X obj 400 240 symbol;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 1 1 3 0;
#X connect 1 2 7 0;
#X connect 1 3 15 0;
#X connect 1 4 11 0;
#X connect 2 0 7 0;
#X connect 2 1 4 0;
#X connect 3 1 5 0;
#X connect 4 0 6 0;
#X connect 5 0 6 0;
#X connect 6 0 0 0;
#X connect 9 0 8 0;
#X connect 11 0 10 0;
#X connect 13 0 14 0;
#X connect 15 0 9 0;
"""
"""Two instruments, controlled over TCP with Pd's own text messages; the first is recorded."""

if not shutil.which("puredata"):
    if os.environ.get("CI"):
        raise FileNotFoundError("CI must have puredata (Debian: puredata-core)")
    pytest.skip("needs puredata", allow_module_level=True)


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Pd:
    """Pure Data with the harness."""

    def __init__(self, folder, osc_port):
        self.patch = folder / "harness.pd"
        port = free_port(socket.SOCK_STREAM)
        if self.patch.exists():  # as Pd saved it
            old = self.patch.read_text()
            self.patch.write_text(old.replace(old.split("netreceive ")[1].split(";")[0], str(port), 1))
        else:
            self.patch.write_text(HARNESS.format(port=port, osc=osc_port))
        command = ["puredata", "-stderr", "-nogui", "-noprefs", "-nomidi", "-nosound", "-path", build.HERE]
        with open(folder / "pd.log", "a") as log:
            self.process = subprocess.Popen([*command, "-open", self.patch], stdout=log, stderr=log)
        for _ in range(200):
            time.sleep(0.05)
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
                break
            except ConnectionRefusedError:
                pass
        self.lines = self.socket.makefile("r")

    def send(self, text):
        """Sends messages to the harness, which handles them together."""
        self.socket.sendall(text.encode())

    def wait(self, start):
        """The next message that begins with `start`, without it."""
        for line in self.lines:
            if line.startswith(start):
                return line.removeprefix(start).strip().rstrip(";").replace("\\", "").strip()
        raise EOFError(start)

    def array(self, instrument, path):
        """The instrument's array, from the file that Pd writes: float32."""
        self.send(f"{instrument} save {path};")
        return read_when_there(path)[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.kill()
        self.process.wait()


def read_when_there(path):
    for _ in range(100):
        time.sleep(0.05)
        if path.exists() and path.stat().st_size > 44:
            return audio.read(path)[0][:, 0], audio.read(path)[1]
    raise FileNotFoundError(path)


class Listener:
    """A server that renders nothing, receives messages and answers some of them."""

    def __init__(self, port=0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.socket.settimeout(10)
        self.port = self.socket.getsockname()[1]
        self.error = "overtaken", 0

    def close(self):
        self.socket.close()

    def receive(self, address):
        """The values of the next message to the address; answers pings meanwhile."""
        while True:
            datagram, sender = self.socket.recvfrom(4096)
            message = OscMessage(datagram)
            if message.address == "/drum/ping":
                self.socket.sendto(osc.encode("/drum/pong", 0), sender)
            if message.address == "/drum/generate":
                self.socket.sendto(osc.encode("/drum/error", *self.error), sender)
            if message.address == address:
                return message.params


@pytest.fixture(scope="module")
def pd(server, tmp_path_factory):
    with Pd(tmp_path_factory.mktemp("pd"), server.osc) as pd:
        pd.wait("two loaded")
        yield pd


def test_the_patches_are_those_of_the_builder():
    for name, text in build.patches().items():
        assert (build.HERE / name).read_text() == text


def test_every_class_fills_the_array_as_python_renders_it(pd, server, synth, tmp_path):
    pd.send("two class tom;")
    pd.wait("two loaded")
    for i, name in enumerate(CLASSES):
        x, y, fine = 0.5, -0.25, (i - 5) / 8
        pd.send(f"one x {x}; one y {y}; one fine {fine}; one range 5; one sens 0.5; one preview 0; one class {name};")
        assert pd.wait("one loaded") == "0"
        got = pd.array("one", tmp_path / f"{name}.wav")
        newest = max(server.wavs(), key=lambda path: path.stat().st_mtime_ns)
        np.testing.assert_array_equal(got, audio.read(newest)[0][:, 0])
        # The file has 24 bits: half a step is 2 ** -24, and two processes may differ in the last bits of a float.
        np.testing.assert_allclose(got, synth.generate([x * 2.5, y * 2.5, fine * 5], name), atol=2**-22)
    np.testing.assert_allclose(pd.array("two", tmp_path / "two.wav"), synth.generate([0, 0, 0], "tom"), atol=2**-22)


def test_a_whole_recipe_comes_back(pd, synth, tmp_path):
    pd.send("one home; one x 0.5; one range 2; one sens 1; one class conga; one seed 7; one amount 0.25; one vseed 9;")
    pd.wait("one loaded")
    z = synth.variation(synth.place([1, 0, 0], "conga", synth.draw("conga", 1, 7)[0]), "conga", 0.25, 9)
    np.testing.assert_allclose(pd.array("one", tmp_path / "a.wav"), synth.render(z, "conga"), atol=2**-22)
    pd.send("one dice; one vary;")
    pd.wait("one loaded")
    assert not np.allclose(pd.array("one", tmp_path / "b.wav"), synth.render(z, "conga"), atol=1e-2)


def test_a_wrong_class_shows_its_error(pd):
    pd.send("one class cowbell;")
    text = pd.wait("one status drum")
    assert text.startswith("class must be one of kick, clap") and text.endswith("got 'cowbell'")


def test_notes_play_the_crop_with_their_velocity(pd, tmp_path):
    def recorded(name, message):
        pd.send("record;")
        pd.send(message)
        time.sleep(1)
        pd.send(f"dump {tmp_path / name};")
        return read_when_there(tmp_path / name)[0]

    pd.send("one home; one class open_hat; one preview 0; one crop 0 1000;")
    pd.wait("one loaded")
    loud, soft = recorded("loud.wav", "one note 60 127;"), recorded("soft.wav", "one 60 32;")
    np.testing.assert_allclose(np.abs(loud).max(), np.abs(soft).max() * 127 / 32, rtol=0.05)
    crop = recorded("crop.wav", "one crop 20 60; one note 60 127;")
    heard = np.flatnonzero(np.abs(crop) > 1e-4)
    assert 1500 < heard[-1] - heard[0] < 0.042 * 44100
    # An end before the start does not count.
    assert recorded("open.wav", "one crop 20 10; one note 60 127;").any()
    assert not recorded("off.wav", "one note 60 0;").any()
    # With Preview on, the next sound plays at once.
    assert recorded("preview.wav", "one crop 0 1000; one preview 1; one fine 0.5;").any()


def test_without_a_server_it_shows_so_and_keeps_trying(tmp_path):
    port = free_port(socket.SOCK_DGRAM)
    with Pd(tmp_path, port) as pd:
        assert pd.wait("one status") == "server not running: start it with  drumjax serve"
        with contextlib.closing(Listener(port)) as server:
            assert server.receive("/drum/hello") == []
            assert server.receive("/drum/generate") == [0, 0, 0, 0, 0, -1, 0, 0]
            # A request that was overtaken is no error: the next status is that of another answer.
            server.error = "no such sound", 0
            pd.send("one x 0.5;")
            server.receive("/drum/generate")
            server.receive("/drum/generate")
            assert pd.wait("one status") == "ready" and pd.wait("one status") == "no such sound"
            # A drag of many moves makes few requests, the last of them at its end.
            for i in range(200):
                pd.send(f"one x {i / 256}; one y {-i / 256};")
                time.sleep(0.002)
            requests = 1
            while server.receive("/drum/generate")[:2] != [2 * 199 / 256, -2 * 199 / 256]:
                requests += 1
            assert 5 < requests < 60
            pd.send("two class 4; two range 10; two fine -0.5; two seed 5; two amount 0.5; two vseed 6; save;")
            time.sleep(1)
    # What was set is stored in the patch that holds the instruments.
    with contextlib.closing(Listener(port)) as server, Pd(tmp_path, port):
        stored = sorted(server.receive("/drum/generate") for _ in range(2))
        np.testing.assert_allclose(stored[0], [0, 0, -5, 4, 0, 5, 0.5, 6])
        np.testing.assert_allclose(stored[1], [2 * 199 / 256, -2 * 199 / 256, 0, 0, 0, -1, 0, 0], rtol=1e-5)
