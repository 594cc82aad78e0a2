"""The server as a process, over real sockets, after junk."""

import contextlib
import http.client
import io
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest
import soundfile
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from starlette.responses import PlainTextResponse
from websockets.exceptions import ConnectionClosed, InvalidStatus

from drumjax.config import CLASSES, KNOB_RANGES
from drumjax.kits import pads
from drumjax.server import guard, osc, web
from drumjax.server.trial import harness
from drumjax.sound import audio
from drumjax.synth import Synth


@pytest.fixture(scope="module")
def server():
    with harness.start_server("--allow-host", "Studio.local", "--allow-host", "fd00::7") as server:
        yield server
        (folder,) = server.temporary.glob("drumjax-*")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert server.stop() == 0
        assert server.log() == "" and not folder.exists()


@pytest.fixture(scope="module")
def synth():
    return Synth.load()


@pytest.fixture
def client(server):
    with harness.Client(server) as client:
        for junk in (b"", b"\0" * 5, b"#bundle\0", b"/drum/generate\0\0,fff", os.urandom(300), b"x" * 60_000):
            client.send_bytes(junk)
        client.await_pong(77)
        yield client


@contextlib.contextmanager
def page(server, **options):
    with harness.open_page(server, **options) as socket:
        socket.send(os.urandom(50))
        assert json.loads(socket.recv(20))["type"] == "error"
        yield socket


def request(server, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.http, timeout=20)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    content = json.dumps(body).encode() if isinstance(body, dict) else body or b""
    connection.putheader("Content-Length", str(len(content)))
    connection.endheaders(content)
    response = connection.getresponse()
    response.content = response.read()
    connection.close()
    return response


def rendering(page, id, sound):
    """The header and the samples of a sound."""
    return sound_of(harness.request_sound(page, id, sound))


def sound_of(frame):
    (size,) = struct.unpack_from("<I", frame)
    header = json.loads(frame[4 : 4 + size])
    return header, np.frombuffer(frame, "<i2", offset=4 + size) / 32767 * header["peak"]


def file_of(reply):
    assert reply[0] == "/drum/file", reply
    wave, rate = audio.read(reply[1])
    return wave[:, 0], rate


def test_osc_every_class_gives_the_file_that_python_renders(client, synth):
    assert client.request("/drum/hello")[:2] == ("/drum/hello", "drumjax")
    assert client.request("/drum/classes") == ("/drum/classes", *CLASSES)
    for index, name in enumerate(CLASSES):
        point = [1, -0.5, 0.25 * index]
        reply = client.request("/drum/generate", *point, name if index % 2 else float(index), index)
        wave, rate = file_of(reply)
        assert reply[2] == index and 0 < reply[3] < 20_000 and rate == synth.rate
        np.testing.assert_allclose(wave, synth.generate(point, name), atol=2**-22)


def test_osc_samples_follow_the_seed_and_variations_start_from_the_last_sound(client, synth):
    wave, _ = file_of(client.request("/drum/sample", "snare", 3))
    np.testing.assert_allclose(wave, synth.sample("snare", 1, 3)[0], atol=2**-22)
    new = [file_of(client.request("/drum/sample", "snare"))[0] for _ in range(2)]
    assert np.abs(new[0] - new[1]).max() > 0.01
    first, _ = file_of(client.request("/drum/generate", 0, 0, 0, "tom"))
    same, _ = file_of(client.request("/drum/variation", 0))
    np.testing.assert_allclose(same, first, atol=1e-4)
    other, _ = file_of(client.request("/drum/variation", 0.9))
    again, _ = file_of(client.request("/drum/variation", 0, 4))
    np.testing.assert_allclose(again, other, atol=1e-4)
    assert np.abs(other - first).max() > 0.01


def test_osc_takes_a_whole_recipe(client, synth):
    z = synth.place([0.5, 0, -1], "snare", synth.draw("snare", 1, 3)[0])
    z = synth.variation(synth.variation(z, "snare", 0.25, 5), "snare", 0.125, 6)
    wave, _ = file_of(client.request("/drum/generate", 0.5, 0, -1.0, "snare", 1, 3.0, 0.25, 5.0, 0.125, 6))
    np.testing.assert_allclose(wave, synth.render(z, "snare"), atol=2**-22)
    wave, _ = file_of(client.request("/drum/generate", 0.5, 0, -1, "snare", 1, -1, 0, 0))
    np.testing.assert_allclose(wave, synth.generate([0.5, 0, -1], "snare"), atol=2**-22)
    for wrong in (3, 0.5), (3, *[0.5, 1] * 9), (-2,), (3, 2, 1):
        answer = client.request("/drum/generate", 0, 0, 0, 0, 9, *wrong)
        assert (answer[0], answer[2]) == ("/drum/error", 9)
    address, index, *names = client.request("/drum/knobs", "tom")
    assert (address, index, len(names)) == ("/drum/knobs", 10, 3)


def answers(client, count):
    """The id and the kind of each of `count` replies: file, or the text of an error."""
    replies = [client.receive() for _ in range(count)]
    return [(values[1], "file" if address == "/drum/file" else values[0]) for address, *values in replies]


def test_osc_every_class_of_a_burst_is_answered(client):
    for index, name in enumerate(CLASSES):
        client.send("/drum/generate", 0, 0, 0, name, index)
    assert answers(client, 11) == [(index, "file") for index in range(11)]
    kit = OscBundleBuilder(IMMEDIATELY)
    for index, name in enumerate(CLASSES):
        message = OscMessageBuilder("/drum/sample")
        for value in (name, 5, index % 2):
            message.add_arg(value)
        kit.add_content(message.build())
    client.send_bytes(kit.build().dgram)
    assert answers(client, 11) == [(index % 2, "file") for index in range(11)]
    for id in range(8):
        client.send("/drum/variation", 0.5, id)
    assert answers(client, 8) == [(id, "file") for id in range(8)]


def test_osc_newest_wins_within_class_and_id_and_each_request_is_answered(client):
    for at in range(60):
        client.send("/drum/generate", at / 60, 0, 0, "tom", at % 2)
    client.send("/drum/generate", 0, 0, 0, "snare")
    got = answers(client, 61)
    assert {kind for _, kind in got} == {"file", "overtaken"} and got.count((-1, "file")) == 1
    for id in (0, 1):
        kinds = [kind for place, kind in got if place == id]
        assert len(kinds) == 30 and kinds[-1] == "file" and kinds.count("file") < 15
    client.send("/drum/ping", 5)
    assert client.receive() == ("/drum/pong", 5)


def test_a_mix_of_classes_is_what_python_renders(server, client, synth):
    mix = {"kick": 0.75, "snare": 0.25}
    wave, _ = file_of(client.request("/drum/generate", 0.5, 0, -1, "snare:1,kick:3", 1))
    np.testing.assert_allclose(wave, synth.generate([0.5, 0, -1], mix), atol=2**-22)
    with page(server) as socket:
        _, wave = rendering(socket, 1, {"class": "kick:0.75,snare:0.25", "knobs": [0.5, 0, -1]})
        np.testing.assert_allclose(wave, synth.generate([0.5, 0, -1], mix)[: len(wave)], atol=2**-15)
    first, _ = file_of(client.request("/drum/sample", "kick:3,snare:1", 4))
    np.testing.assert_allclose(first, synth.sample(mix, 1, 4)[0], atol=2**-22)
    assert np.abs(file_of(client.request("/drum/variation", 0.5))[0] - first).max() > 0.01


def test_a_folder_that_a_cleaner_removed_is_made_again(server, client):
    folder = os.path.dirname(client.request("/drum/sample", "kick", 1)[1])
    shutil.rmtree(folder)
    path = client.request("/drum/sample", "kick", 1)[1]
    assert os.path.exists(path) and os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700
    assert os.path.dirname(client.request("/drum/sample", "kick", 1)[1]) == os.path.dirname(path)


def test_each_client_is_a_line(server):
    with harness.Client(server) as client, page(server):
        client.await_pong(1)
        client.await_pong(2)
        port = client.socket.getsockname()[1]
    while not (found := [line for line in server.visitors if line.endswith(f":{port}\n")]):
        time.sleep(0.01)
    assert found == [f"OSC client: 127.0.0.1:{port}\n"]
    assert any(line.startswith("page client: 127.0.0.1:") for line in server.visitors)


def test_osc_errors_carry_the_id(server, client):
    assert client.request("/drum/generate", 0, 0, 0, "cowbell", 9) == (
        "/drum/error",
        f"drum class must be one of {', '.join(CLASSES)}; got 'cowbell'",
        9,
    )
    replies = []
    for _ in range(3):  # the port of a client that is new may be one that another had before it
        with harness.Client(server) as other:
            replies.append(other.request("/drum/variation", 0.5, 2)[::2])
    assert ("/drum/error", 2) in replies


def test_texture_changes_the_take_where_the_bundle_has_it(server, synth):
    take = json.dumps({"type": "render", "id": 1, "slot": "", "sound": {"class": "clap", "texture": 3}})
    with page(server) as socket, harness.Client(server) as client:
        reply = client.request("/drum/texture", 3)
        socket.send(take)
        frame = socket.recv(20)
        if not synth.has_texture:
            assert reply == ("/drum/error", "this bundle has no texture", -1)
            assert json.loads(frame) == {"type": "error", "id": 1, "text": "this bundle has no texture"}
            return
        assert reply == ("/drum/texture", 3)
        wave, _ = file_of(client.request("/drum/generate", 0, 0, 0, "clap"))
        np.testing.assert_allclose(wave, synth.generate([0, 0, 0], "clap", texture=3), atol=2**-22)
        heard = sound_of(frame)[1]
        np.testing.assert_allclose(heard, wave[: len(heard)], atol=2**-15)
        assert np.abs(wave - synth.generate([0, 0, 0], "clap")).max() > 0.01


def test_replies_go_to_the_announced_port_and_to_the_sender(server):
    with harness.Client(server) as sender, harness.Client(server) as listener:
        sender.send("/drum/hello", listener.socket.getsockname()[1])
        assert sender.receive() == listener.receive()
        for id in (5, 6):
            # From other ports of the host, as a program sends that opens a socket for each message.
            with harness.Client(server) as other:
                message = ("/drum/sample", "tom", 3, 5) if id == 5 else ("/drum/variation", 0.5, 6)
                reply = other.request(*message)
                assert reply == listener.receive() and (reply[0], reply[2]) == ("/drum/file", id)
        sender.send("/drum/generate", 0, 0, 0, 0, 7)
        reply = sender.receive()
        assert reply == listener.receive() and reply[2] == 7
        # The sender turned out to keep its port: its replies are its own from now on.
        with harness.Client(server) as other:
            other.await_pong(8)
        assert sender.request("/drum/ping", 9) == listener.receive() == ("/drum/pong", 9)


def test_replies_go_to_the_fixed_port_too(server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as fixed, harness.Client(server) as client:
        fixed.bind(("127.0.0.1", server.reply))
        fixed.settimeout(20)
        assert client.request("/drum/ping", 3) == ("/drum/pong", 3)
        assert fixed.recv(100) == osc.encode("/drum/pong", 3)


def test_a_page_gets_what_python_renders(server, synth):
    with page(server) as socket:
        socket.send('{"type":"hello"}')
        hello = json.loads(socket.recv(20))
        assert hello["classes"] == list(CLASSES) and tuple(hello["ranges"]) == KNOB_RANGES
        assert (hello["rate"], hello["samples"], hello["texture"]) == (synth.rate, synth.samples, synth.has_texture)
        assert all(len(hello["knobs"][name]) == 3 for name in CLASSES)
        recipe = {"class": "snare", "knobs": [0.5, 0, -1], "seed": 3, "vary": [[0.3, 5], [0.1, 6]]}
        header, wave = rendering(socket, 4, recipe)
        assert (header["id"], header["slot"], header["rate"]) == (4, "main", synth.rate) and header["ms"] > 0
        z = synth.place([0.5, 0, -1], "snare", synth.draw("snare", 1, 3)[0])
        z = synth.variation(synth.variation(z, "snare", 0.3, 5), "snare", 0.1, 6)
        whole = synth.render(z, "snare")
        np.testing.assert_allclose(wave, whole[: len(wave)], atol=2**-15)
        assert np.abs(whole[len(wave) :]).max(initial=0) < 2**-15
        assert header["at"] == pytest.approx(synth.controls(z, "snare"), abs=1e-3)
        socket.send('{"type":"render","id":8,"slot":"","sound":{"class":"kick","knobs":[0,0,11]}}')
        error = json.loads(socket.recv(20))
        assert (error["type"], error["id"]) == ("error", 8) and "between -10 and 10; got 11" in error["text"]
        socket.send('{"type":"ping","id":3}')
        assert json.loads(socket.recv(20)) == {"type": "pong", "id": 3}


def test_a_drag_gets_its_newest_sound_and_slots_are_independent(server):
    with page(server) as socket:
        for id in range(100):
            slot = f"pad{id % 5}"
            message = {"type": "render", "id": id, "slot": slot, "sound": {"class": id % 11, "knobs": [id / 100, 0, 0]}}
            socket.send(json.dumps(message))
        newest, overtaken, count = {}, [], 0
        while count < 100:
            frame, count = socket.recv(20), count + 1
            if isinstance(frame, str):
                answer = json.loads(frame)
                assert answer == {"type": "overtaken", "id": answer["id"], "slot": f"pad{answer['id'] % 5}"}
                overtaken.append(answer["id"])
            else:
                header = json.loads(frame[4 : 4 + struct.unpack_from("<I", frame)[0]])
                newest[header["slot"]] = header["id"]
        assert sorted(newest.values()) == [95, 96, 97, 98, 99]
        assert 50 < len(set(overtaken)) == len(overtaken) and max(overtaken) < 95
        for id in (100, 101):
            socket.send(json.dumps({"type": "render", "id": id, "sound": {"class": "kick"}}))
            frame = socket.recv(20)
            header = json.loads(frame[4 : 4 + struct.unpack_from("<I", frame)[0]])
            assert (header["id"], header["slot"]) == (id, None)


def test_a_kit_is_the_one_of_the_command_line(server, synth):
    with page(server) as socket:
        for seed in (4, 5):  # the newest wins
            socket.send(f'{{"type":"kit","seed":{seed}}}')
        first, reply = (json.loads(socket.recv(300)) for _ in range(2))
    assert first["seed"] == 4 and first["type"] in ("overtaken", "kit")
    assert (reply["type"], reply["seed"]) == ("kit", 5) and list(reply["seeds"]) == list(CLASSES)
    for drum_class in ("snare", "bongo"):
        assert reply["seeds"][drum_class] == next(iter(pads.class_seeds(synth, 5, drum_class).values()))


def test_seeds_of_a_class_are_those_whose_sounds_strict_sampling_accepts(server, synth):
    label = CLASSES.index("bongo")
    with page(server) as socket:
        socket.send('{"type":"seeds","class":"bongo","seed":9}')
        reply = json.loads(socket.recv(300))
    assert reply["type"] == "seeds" and reply["class"] == "bongo" and len(reply["seeds"]) == 8
    tried = range(9000, reply["seeds"][-1] + 1)
    sure = synth.acceptance(np.concatenate([synth.draw("bongo", 1, seed) for seed in tried]), label)
    assert reply["seeds"] == [seed for seed, share in zip(tried, sure, strict=True) if share >= 1] != list(tried)


def test_a_map_holds_places_and_brightness(server):
    with page(server) as socket:
        socket.send('{"type":"map","class":"closed_hat"}')
        reply = json.loads(socket.recv(60))
        points = np.array(reply["points"])
        assert reply["class"] == "closed_hat" and points.shape[1] == 3 and 20 < len(points) <= 400
        assert np.abs(points[:, :2]).mean() < 10 and ((points[:, 2] > 20) & (points[:, 2] < 22050)).all()


@pytest.mark.parametrize(
    ("frame", "code"),
    [("x" * 20_000, 1009), ([b"\xff\xfe"], 1007), (b"\xff" * 20, 1002)],
    ids=["too large", "not UTF-8", "no frame"],
)
def test_a_bad_frame_ends_its_connection_only(server, frame, code):
    with page(server) as other:
        with page(server) as socket:
            if isinstance(frame, bytes):
                socket.socket.sendall(frame)
            else:
                socket.send(frame, text=True)
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(20)
            assert closed.value.rcvd.code == code
        assert rendering(other, 1, {"class": "kick"})[0]["id"] == 1


def test_a_client_that_stops_reading_is_dropped(server):
    hello = b"\x81\x90" + bytes(4) + b'{"type":"hello"}'
    with page(server) as reading:
        with socket.create_connection(("127.0.0.1", server.http)) as stalled:
            stalled.settimeout(20)
            key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
            upgrade = f"Host: 127.0.0.1:{server.http}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{key}"
            stalled.sendall(f"GET /ws HTTP/1.1\r\n{upgrade}\r\n\r\n".encode())
            assert b" 101 " in stalled.recv(100)
            began = time.monotonic()
            with pytest.raises(ConnectionError):
                while time.monotonic() < began + 20:
                    stalled.sendall(hello * 1000)
        assert rendering(reading, 1, {"class": "kick"})[0]["id"] == 1


def test_the_number_of_open_pages_is_bounded(server):
    with contextlib.ExitStack() as pages:
        with pytest.raises(InvalidStatus) as refused:
            for _ in range(web.SOCKETS + 1):
                pages.enter_context(harness.open_page(server))
        assert refused.value.response.status_code == 403


def test_the_page_and_nothing_else_is_served(server):
    page = request(server, "GET", "/")
    assert page.status == 200 and b"<title" in page.content
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "unsafe" not in policy and "http" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert not [name for name in page.headers if name.lower().startswith("access-control")]
    assert request(server, "GET", "/static/index.html").content == page.content
    for path in ("../web.py", "%2e%2e/web.py", "/etc/passwd", "", "%00", "%ff", "web.py"):
        path = f"/static/{path}"
        assert request(server, "GET", path).status == 404, path
    assert request(server, "GET", "/export.wav").status == 405


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:PORT"}, 200),
        ({"Host": "[::1]:PORT", "Origin": "http://[::1]:PORT"}, 200),
        ({"Host": "127.0.0.1:PORT", "Origin": "http://127.0.0.1:PORT", "Sec_Fetch_Site": "same-origin"}, 200),
        ({"Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate"}, 200),
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}, 200),
        ({"Host": "rebound.example:PORT"}, 403),
        ({"Host": "127.0.0.1.example:PORT"}, 403),
        ({"Host": "192.168.0.1:PORT"}, 403),
        ({"Host": "127.0.0.1:1", "Origin": "http://127.0.0.1:1"}, 200),
        ({"Host": "localhost"}, 200),
        ({"Host": "127.0.0.1", "Origin": "https://127.0.0.1"}, 403),
        ({"Host": "localhost:PORT", "Origin": "http://localhost:1"}, 403),
        ({"Host": "studio.local", "Origin": "http://studio.local"}, 200),
        ({"Host": "Studio.local:443", "Origin": "https://studio.local"}, 200),
        ({"Host": "[fd00::7]:81"}, 200),
        ({"Host": "[fd00::8]:PORT"}, 403),
        ({"Host": "127.0.0.1:PORT", "Origin": "https://studio.local"}, 200),
        ({"Origin": "ftp://studio.local"}, 403),
        ({"Origin": "https://studio.local.example"}, 403),
        ({"Host": "127.0.0.1:PORT@example"}, 403),
        ({"Host": "127.0.0.1:x"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "https://127.0.0.1:PORT"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"}, 403),
        ({"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "no-cors"}, 403),
    ],
)
def test_requests_of_other_pages_are_refused(server, headers, status):
    headers = {name: value.replace("PORT", str(server.http)) for name, value in headers.items()}
    response = request(server, "GET", "/", **headers)
    assert response.status == status
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    if "Origin" in headers and status == 403:
        assert request(server, "POST", "/export.wav", {"sound": {"class": "kick"}}, **headers).status == 403
        with pytest.raises(InvalidStatus) as refused:
            page(server, origin=headers["Origin"]).__enter__()
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("host", "names", "strangers"),
    [
        ("0.0.0.0", ["192.168.0.7:80", "192.168.0.7", "[fe80::1]", "localhost"], ["mine.example", "192.168.0.7:81"]),
        ("studio.local", ["Studio.local", "10.0.0.3", "127.0.0.1"], ["studio", "evil.example", "studio.local:81"]),
        ("::1", ["[::1]", "localhost", "localhost:81", "127.8.0.1"], ["10.0.0.3", "studio.local"]),
        ("", ["10.0.0.3"], ["", ":80"]),
    ],
)
def test_a_server_for_the_network_accepts_its_name_and_addresses(host, names, strangers):
    """An address cannot be rebound; any other name can."""
    door = guard.Guard(PlainTextResponse("inside"), host, 80)

    def refused(name):
        return door.refusal({"type": "http", "path": "/", "headers": [(b"host", name.encode())]})

    assert not any(map(refused, names)) and all(map(refused, strangers))
    assert door.refusal({"type": "http", "path": "/", "headers": []})
    assert door.refusal({"type": "http", "path": "/", "headers": [(b"host", names[0].encode())] * 2})


def test_a_link_from_elsewhere_opens_the_page_and_nothing_else(server):
    elsewhere = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert request(server, "GET", "/latency", **elsewhere).status == 403


def test_an_exported_file_is_the_crop(server, synth):
    recipe = {"class": "conga", "knobs": [0.5, 0, 0], "seed": 2}
    wave = synth.generate([0.5, 0, 0], "conga", synth.draw("conga", 1, 2)[0])
    response = request(
        server, "POST", "/export.wav", {"sound": recipe, "crop": [5, 105.5], "gain": 0.5, "name": "My c"}
    )
    assert response.headers["Content-Type"] == "audio/wav"
    assert response.headers["Content-Disposition"] == 'attachment; filename="my-c.wav"'
    with soundfile.SoundFile(io.BytesIO(response.content)) as file:
        assert (file.samplerate, file.subtype, file.channels) == (44100, "PCM_24", 1)
        cropped = file.read(dtype="float32")
    whole = audio.resample(wave, synth.rate, 44100)
    np.testing.assert_allclose(cropped, 0.5 * whole[round(5 * 44.1) : round(105.5 * 44.1)], atol=1e-5)
    response = request(server, "POST", "/export.wav", {"sound": recipe, "rate": synth.rate, "bits": 16, "gain": 16})
    loud, rate = soundfile.read(io.BytesIO(response.content), dtype="float32")
    assert rate == synth.rate and len(loud) == np.flatnonzero(wave)[-1] + 1 and 0.99 < np.abs(loud).max() <= 1
    assert np.corrcoef(loud, wave[: len(loud)])[0, 1] > 0.9999


def test_a_kit_is_a_zip_of_files(server, synth):
    sounds = [{"sound": {"class": name}, "key": 36 + key} for key, name in enumerate(("kick", "tom"))]
    body = {"format": "wav", "sounds": sounds, "rate": synth.rate, "takes": 1}
    response = request(server, "POST", "/kit.zip", body)
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        for name in ("36_kick", "37_tom"):
            wave, rate = soundfile.read(io.BytesIO(archive.read(f"drumjax-kit/{name}.wav")), dtype="float32")
            assert rate == synth.rate
            whole = synth.generate([0, 0, 0], name[3:])
            assert len(wave) == np.flatnonzero(whole)[-1] + 1
            np.testing.assert_allclose(wave, whole[: len(wave)], atol=1e-5)
    response = request(server, "POST", "/kit.zip", {"sounds": sounds})
    assert response.status == 400
    assert response.content == b"format must be one of sfz, decent, hydrogen, wav; got None\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\xfa", "not JSON"),
        (b"[" * 60_000, "nested too deep"),
        (b"x" * 70_000, "at most 65536 bytes"),
        ({"sound": {"class": "cowbell"}}, "drum class must be one of"),
        ({"sound": {"class": "kick"}, "crop": [2000, 3000]}, "the crop contains no sound"),
    ],
)
def test_an_export_error_is_one_line(server, body, words):
    response = request(server, "POST", "/export.wav", body)
    assert response.status == 400 and words in response.content.decode() and response.content.count(b"\n") == 1


def test_latency_counts_requests(server, client):
    client.request("/drum/generate", 0, 0, 0, 0)
    latency = json.loads(request(server, "GET", "/latency").content)
    assert latency["count"] > 0 and 0 < latency["render"]["p50"] <= latency["p99"]


def command(*arguments):
    line = [sys.executable, "-m", "drumjax.server", *arguments]
    return subprocess.run(line, capture_output=True, text=True, timeout=60)


def test_a_port_in_use_is_one_clear_line(server):
    for option, port, kind in (("--http-port", server.http, "TCP"), ("--osc-port", server.osc, "UDP")):
        free = {"--http-port": "0", "--osc-port": "0", option: str(port)}
        done = command(*(word for pair in free.items() for word in pair))
        assert done.returncode == 2 and done.stdout == ""
        assert done.stderr == f"serve: cannot listen on {kind} port {port} of 127.0.0.1: Address already in use\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--bundle", "nowhere"), "no bundle in nowhere"),
        (("--http-port", "70000"), "--http-port"),
        (("--host", "no.such.host.invalid"), "cannot listen on UDP port 0 of no.such.host.invalid"),
        (("--volume", "11"), "unrecognized arguments"),
        (("--allow-host", "http://a.example/"), "--allow-host: expected a name as studio.local"),
        (("--allow-host", "a.example:80"), "--allow-host: expected a name as studio.local"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(arguments, words):
    done = command("--osc-port", "0", "--http-port", "0", *arguments)
    assert done.returncode == 2 and words in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_ctrl_c_ends_it_with_code_130_while_clients_are_there():
    with harness.start_server() as server, harness.Client(server) as client, page(server) as socket:
        folder = client.request("/drum/generate", 0, 0, 0, "kick")
        for id in range(300):
            client.send("/drum/generate", 0, 0, 0, "kick")
            socket.send(json.dumps({"type": "render", "id": id, "slot": str(id % 60), "sound": {"class": "tom"}}))
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(20) == 130
        assert server.log() == "serve: stopped" and not os.path.exists(os.path.dirname(folder[1]))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_can_be_stopped_while_the_bundle_loads(number, code, tmp_path):
    line = [sys.executable, "-X", "importtime", "-m", "drumjax.server", "--osc-port", "0", "--http-port", "0"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        # Python prints each import on stderr: in the middle of jax's, an exception would end in an abort.
        while " jax." not in process.stderr.readline():
            pass
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)
    assert process.returncode == code and output == "" and "Traceback" not in errors
    assert not list(tmp_path.iterdir())
