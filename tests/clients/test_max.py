"""The Max device, without Max: its files, and its logic on a model of Max's objects."""

import itertools
import json
import os
import shutil
import socket
import struct
import time

import numpy as np
import pytest
from m4l_builder import Device
from max_machine import BANG, CLICKS, Machine, run

from drumjax import checkpoint
from drumjax.clients.max import build, live, panel, parts
from drumjax.config import CLASSES
from drumjax.server import osc

LIVE = ("live.dial", "live.menu", "live.numbox", "live.slider", "live.tab", "live.text")

SAME = 0.2
"""Error of an engine's sound beside Synth's, as a share of its RMS. Rounding decides the phases of some bins of some
sounds, on another machine of others: `test_wasm` measures how near they are, `test_live` that they are the engine's."""

DOWN = "server not running: start it with drumjax serve"


def chunks(content):
    """Tags and contents of a device file, to its last byte."""
    at = 0
    while at < len(content):
        tag, size = struct.unpack_from("<4sI", content, at)
        yield tag, content[at + 8 : at + 8 + size]
        at += 8 + size
    assert at == len(content)


def patches():
    """Those beside the server, in the repository, and those that need none, as they are exported."""
    contents = {name: (build.HERE / name).read_bytes() for name in ("drumjax.amxd", "drumjax.maxpat")}
    contents |= build.patches(parts.NODE, live.NAME)
    devices = {name: dict(chunks(content))[b"ptch"][:-2] for name, content in contents.items() if name.endswith("amxd")}
    return {name: json.loads(content)["patcher"] for name, content in (contents | devices).items()}


@pytest.fixture(params=["drumjax.amxd", "drumjax.maxpat", "drumjax-live.amxd", "drumjax-live.maxpat"])
def patch(request):
    return patches()[request.param]


def boxes(patch):
    return [entry["box"] for entry in patch["boxes"]]


def test_the_files_are_those_of_the_builder():
    for name, content in build.patches().items():
        assert (build.HERE / name).read_bytes() == content


def test_the_container_is_that_of_an_instrument():
    content = (build.HERE / "drumjax.amxd").read_bytes()
    found = list(chunks(content))
    assert [tag for tag, _ in found] == [b"ampf", b"meta", b"ptch"]
    assert found[0][1] == b"iiii" and found[1][1] == bytes(4) and found[2][1].endswith(b"}\n\0")
    patcher = patches()["drumjax.amxd"]
    assert patcher["project"]["amxdtype"] == struct.unpack(">I", b"iiii")[0] and patcher["openinpresentation"] == 1


def test_m4l_builder_accepts_the_device():
    device = Device.from_amxd(str(build.HERE / "drumjax.amxd"))
    assert device.device_type == "instrument" and device.validate() == []


def test_every_cord_ends_in_an_outlet_and_an_inlet(patch):
    machine = Machine(patch, port=1)  # its objects have port counts of their own
    ports = {id: box.ports for id, box in machine.boxes.items()}
    for box in boxes(patch):
        assert (box["numinlets"], box["numoutlets"]) == ports[box["id"]], box
        assert len(box.get("outlettype", [])) == box["numoutlets"]
    cords = [line["patchline"] for line in patch["lines"]]
    assert len({json.dumps(cord) for cord in cords}) == len(cords)
    for cord in cords:
        (source, outlet), (target, inlet) = cord["source"], cord["destination"]
        assert outlet < ports[source][1] and inlet < ports[target][0], cord


def test_every_box_is_connected(patch):
    ends = {
        end for line in patch["lines"] for end in (line["patchline"]["source"][0], line["patchline"]["destination"][0])
    }
    assert [box for box in boxes(patch) if box["id"] not in ends] == []


def test_the_panel_is_aligned_and_nothing_overlaps(patch):
    shown = {box["id"]: box["presentation_rect"] for box in boxes(patch) if box.get("presentation")}
    for x, y, width, height in shown.values():
        assert x >= 8 and y >= 0 and x + width <= panel.WIDTH - 8 and y + height <= 169
    for (x, y, width, height), (left, top, wide, high) in itertools.combinations(shown.values(), 2):
        assert x + width <= left or left + wide <= x or y + height <= top or top + high <= y


def test_every_control_is_stored_under_its_own_name(patch):
    controls = [box for box in boxes(patch) if box["maxclass"] in LIVE]
    values = [box["saved_attribute_attributes"]["valueof"] for box in controls]
    names = [value["parameter_longname"] for value in values]
    assert len(set(names)) == len(names) and all(box["parameter_enable"] for box in controls)
    stored = {name for name, value in zip(names, values, strict=True) if "parameter_invisible" not in value}
    wanted = "X Y Fine Range Sens. Preview Class Seed Variation Amount Take Start End Volume Mouse"
    assert stored == set(wanted.split())
    banks = [bank["parameters"] for bank in patch["parameters"]["parameterbanks"].values()]
    assert {len(bank) for bank in banks} == {8} and set(itertools.chain(*banks)) <= stored
    menu = next(value for value in values if value["parameter_longname"] == "Class")
    assert [name.replace(" ", "_") for name in menu["parameter_enum"]] == list(CLASSES)


def test_instances_share_no_name(patch):
    own = "---" if "project" in patch else "#0-"
    texts = [box["text"] for box in boxes(patch) if box.get("text", "").split()[:1] in (["buffer~"], ["play~"])]
    assert len(texts) == 3 and all(text.split()[1] == f"{own}drum" for text in texts)
    assert {box["buffername"] for box in boxes(patch) if "buffername" in box} == {f"{own}drum"}
    assert not any(box.get("text", "").split()[:1] in (["s"], ["r"], ["send"], ["receive"]) for box in boxes(patch))


def holds(machine, wave):
    """Whether the machine's buffer holds the wave: the file has 24 bits; that of the engine ends with the sound."""
    found = machine.named["buffer~"].wave
    if found is None or machine.port:
        return found is not None and np.allclose(found, wave, atol=2**-22)
    difference = np.pad(found, (0, len(wave) - len(found))) - wave
    return np.linalg.norm(difference) < SAME * np.linalg.norm(wave)


class Played(Machine):
    """A machine with a user."""

    def hits(self):
        """Messages to the voices, in no order."""
        return [m for voice in self.all("play~") for m in voice.messages]

    def requests(self):
        """Every /drum/generate, without the id."""
        return [m[1:5] + m[6:] for m in self.sent() if m[0] == "/drum/generate"]

    def sent(self):
        """Every message to the server or the script."""
        return self.named["udpsend" if self.port else "node.script"].messages

    def turn(self, **values):
        """Sets controls, as the user or Live does."""
        for name, value in values.items():
            self.named[name].take(0, (value,))


SEEDS = itertools.count()
"""No two machines draw the same ports, where one could receive a late reply to the other."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The device without a server, with the shipped instrument."""
    if shutil.which("node") is None:
        pytest.fail("no node") if os.environ.get("CI") else pytest.skip("no node")
    return live.write(checkpoint.shipped(), tmp_path_factory.mktemp("live") / "live")


@pytest.fixture(params=["drumjax.amxd", "drumjax-live.maxpat"])
def machine(request):
    """A patch at work: that for Live with the real server, that for Max with the engine in Node."""
    if request.param.startswith(live.NAME):
        way = {"folder": request.getfixturevalue("folder")}
    else:
        way = {"port": request.getfixturevalue("server").osc}
    with Played(patches()[request.param], seed=next(SEEDS), **way) as machine:
        run([machine], lambda: machine.named["buffer~"].wave is not None)
        yield machine
        assert not [text for level, text in machine.console if level == "error"]


def test_the_pad_plays_the_sound_under_the_pointer(machine, synth):
    named, dragged = machine.named, synth.generate([0.49 * 2, -0.98 * 2, 0], "kick")
    assert holds(machine, synth.generate([0, 0, 0], "kick"))
    assert machine.text("status").startswith("ready: rendered in")
    assert not {machine.text(f"name_{knob}") for knob in ("x", "y", "fine")} & {"X", "Y", "Fine"}
    assert (0, "set", named["waveform~"].json["buffername"]) in named["waveform~"].messages
    assert machine.hits() == []  # a sound that the user did not change is not played
    for i in range(50):
        named["pictslider"].drag(10 * i, -20 * i)
        machine.step()
    run([machine], lambda: holds(machine, dragged) and machine.hits())
    assert len(machine.requests()) < 30 and set(machine.hits()) == {(0, "start", 0.0, 1000.0)}
    assert (named["X"].value, named["Y"].value) == (0.49, -0.98) and machine.text("label_z") == "z 0.98 -1.96 0.0"
    assert {(0, "set", 490), (1, "set", -980)} <= set(named["pictslider"].messages)
    # Voices fade out before the buffer changes.
    assert [(0, 0.0, 2.0) in box.messages for box in machine.all("line~")].count(True) == 2


def test_every_control_requests_its_sound(machine, synth):
    wanted = [0.0, 0.0, 0.0, 0, -1, 0.0, 0]
    for name, value, changes in (
        ("Preview", 0, {}),
        ("X", 0.5, {0: 1.0}),
        ("Y", -0.25, {1: -0.5}),
        ("Fine", 1, {2: 2.0}),
        ("Range", 1, {0: 2.5, 1: -1.25, 2: 5.0}),
        ("Range", 2, {0: 5.0, 1: -2.5, 2: 10.0}),
        ("Sens.", 50, {0: 2.5, 1: -1.25}),
        ("Class", 6, {3: 6}),
        ("Seed", 6.9999, {4: 7}),
        ("Amount", 25, {5: 0.25}),
        ("Variation", 9, {6: 9}),
    ):
        machine.named[name].take(0, (value,))
        for place, number in changes.items():
            wanted[place] = number
        run([machine], lambda: machine.requests()[-1] == tuple(wanted))
    z = synth.place([2.5, -1.25, 10], "conga", synth.draw("conga", 1, 7)[0])
    varied = synth.render(synth.variation(z, "conga", 0.25, 9), "conga")
    run([machine], lambda: holds(machine, varied))
    machine.turn(Take=3)
    run([machine], lambda: holds(machine, synth.render(synth.variation(z, "conga", 0.25, 9), "conga", texture=3)))
    machine.turn(Take=0)
    run([machine], lambda: holds(machine, varied))
    assert [m for m in machine.sent() if m[0] == "/drum/texture"] == [("/drum/texture", 3), ("/drum/texture", 0)]
    assert machine.text("label_range") == "Range 10" and machine.hits() == []


def test_buttons(machine):
    named = machine.named
    for click in CLICKS:
        before = len(machine.hits()), *(named[name].value for name in ("Seed", "Variation", "Take"))
        for name in ("Play", "Dice", "Vary", "Retake"):
            named[name].click(*click)
        assert len(machine.hits()) == before[0] + 1 and named["Amount"].value == 25
        after = (named[name].value for name in ("Seed", "Variation", "Take"))
        assert all(new != old for new, old in zip(after, before[1:], strict=True))
        machine.turn(X=0.5, Y=0.5, Fine=0.5, Start=5, End=6)
        named["Home"].click(*click)
        assert [named[name].value for name in ("X", "Y", "Fine", "Amount", "Seed", "Take")] == [0, 0, 0, 0, -1, 0]
        named["waveform~"].messages.clear()
        named["Reset"].click(*click)
        assert (named["Start"].value, named["End"].value) == (0, 1000)
        assert {(0, 0.0), (1, 1000.0), (2, 0.0), (3, 1000.0)} == set(named["waveform~"].messages)
    machine.turn(Amount=60)
    named["Vary"].click(BANG)
    assert named["Amount"].value == 60


def test_notes_play_the_crop(machine):
    named, voices = machine.named, machine.all("play~")
    fade, loud, soft = (0, 0.0, 5.0), (0, 0.0, 0.0, 1.0, 1, 1.0, 228.0, 0.0, 2.0), 64 / 127
    named["waveform~"].select(20.0, 250.0)
    assert (named["Start"].value, named["End"].value) == (20, 250) and machine.text("label_crop") == "crop 230 ms"
    assert not any(m[0] in (2, 3) and m[1] in (20.0, 250.0) for m in named["waveform~"].messages)
    for velocity in 127, 0, 127, 64:
        named["notein"].play(60, velocity)
    assert [len(voice.messages) for voice in voices] == [2, 1] and set(machine.hits()) == {(0, "start", 20.0, 250.0)}
    levels = [box.messages for box in machine.all("line~") if any(len(m) == 9 for m in box.messages)]
    assert [m.count(fade) for m in levels] == [1, 2] and all(loud in m for m in levels)
    assert np.allclose(levels[0][-1], (0, 0, 0, soft, 1, soft, 228, 0, 2))
    machine.turn(Start=300, End=300)  # no crop, but where it starts
    assert {(2, 300.0), (3, 300.0)} <= set(named["waveform~"].messages) and machine.text("label_crop") == "crop 700 ms"
    named["Play"].click(BANG)
    assert (0, "start", 300.0, 1000.0) in machine.hits()
    machine.turn(Start=0, End=1)
    named["Play"].click(BANG)
    assert any(m[3:] == (100 / 127, 0, 100 / 127, 0.0, 0.0, 2.0) for box in levels for m in box if len(m) == 9)
    machine.turn(Mouse=1)
    assert named["waveform~"].messages[-1] == (0, "setmode", 3)
    machine.turn(Mouse=0, Volume=-20)
    assert named["waveform~"].messages[-1] == (0, "setmode", 1)
    assert any(
        box.messages and np.allclose(box.messages[-1], (0, 0.1, 20))
        for box in machine.all("line~")
        if len(box.messages[-1]) == 3
    )


def test_the_voices_reach_the_output(patch):
    """Every [play~] goes through its own gain and the common one to both ears, each gain moved by a [line~]."""
    machine = Machine(patch, port=1)
    out = machine.all("plugout~") + machine.all("ezdac~")

    def after(box, kind):
        return [(machine.boxes[id], inlet) for id, inlet in machine.cords[box.id, 0] if machine.boxes[id].name == kind]

    gains = [after(voice, "*~")[0][0] for voice in machine.all("play~")]
    assert len(gains) == len(set(map(id, gains))) == 2
    (mix,) = {after(gain, "*~")[0][0].id: after(gain, "*~")[0][0] for gain in gains}.values()
    assert sorted((box is out[0], inlet) for box, inlet in after(mix, out[0].name)) == [(True, 0), (True, 1)]
    moved = [after(line, "*~")[0] for line in machine.all("line~")]
    assert {(box.id, inlet) for box, inlet in moved} == {(box.id, 1) for box in (*gains, mix)}


def test_an_error_is_shown(machine):
    comes = machine.sources[0].out
    comes(0, "/drum/error", "this bundle has no texture", -1)
    assert machine.text("status") == "this bundle has no texture"
    # The answer to the newer request follows.
    comes(0, "/drum/error", "overtaken", 1)
    assert machine.text("status") == "this bundle has no texture"


def test_two_instances_are_independent(server, synth):
    snare, tom = synth.generate([0.975 * 2, 0, 0], "snare"), synth.generate([0, -0.975 * 2, 0], "tom")
    device = patches()["drumjax.amxd"]
    with Machine(device, server.osc, next(SEEDS)) as one, Machine(device, server.osc, next(SEEDS)) as two:
        one.named["Class"].take(0, (2,))
        two.named["Class"].take(0, (10,))
        for i in range(40):
            one.named["pictslider"].drag(25 * i, 0)
            two.named["pictslider"].drag(0, -25 * i)
            one.step()
            two.step()
        run([one, two], lambda: holds(one, snare) and holds(two, tom))
        files = [{m[2] for m in machine.named["buffer~"].messages} for machine in (one, two)]
        assert not files[0] & files[1]


def test_a_port_that_is_taken_is_left_for_another(server, synth):
    device, kick = patches()["drumjax.amxd"], synth.generate([0, 0, 0], "kick")
    seed = next(SEEDS)
    with Machine(device, server.osc, seed) as probe:
        taken = probe.named["udpreceive"].port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        thief.bind(("127.0.0.1", taken))
        with Machine(device, server.osc, seed) as machine:
            run([machine], lambda: holds(machine, kick))
            assert machine.named["udpreceive"].port != taken


def test_without_a_server_it_shows_so_and_keeps_trying():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        with Machine(patches()["drumjax.amxd"], server.getsockname()[1]) as machine:
            run([machine], lambda: machine.text("status") == DOWN)
            machine.named["pictslider"].drag(500, 0)
            time.sleep(0.1)
            machine.step()
            assert {m[0] for m in machine.named["udpsend"].messages} == {"/drum/hello"}
            for _ in machine.named["udpsend"].messages:
                address, port = osc.values(server.recv(4096))
                server.sendto(osc.encode("/drum/hello", "drumjax", "1"), ("127.0.0.1", port))
            run([machine], lambda: any(m[0] == "/drum/generate" for m in machine.named["udpsend"].messages))
            # Requested by the patch, not by the user: it will not play.
            request = next(m for m in machine.named["udpsend"].messages if m[0] == "/drum/generate")
            assert request == ("/drum/generate", 1.0, 0.0, 0.0, 0, 0, -1, 0.0, 0)
            assert machine.text("status") == "ready"
            run([machine], lambda: machine.text("status") == DOWN)  # it fell silent
