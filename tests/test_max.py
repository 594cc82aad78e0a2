"""The Max device: what can be proven of it without Max."""

import itertools
import json
import socket
import struct
import time

import numpy as np
import pytest
from m4l_builder import Device
from max_machine import Machine, run

from drumjax.clients.max import build, panel
from drumjax.config import CLASSES
from drumjax.server import osc

LIVE = ("live.dial", "live.menu", "live.numbox", "live.slider", "live.tab", "live.text")

DOWN = "server not running: start it with python -m drumjax.server"


def chunks(content):
    """Tags and contents of a device file, to its last byte."""
    at = 0
    while at < len(content):
        tag, size = struct.unpack_from("<4sI", content, at)
        yield tag, content[at + 8 : at + 8 + size]
        at += 8 + size
    assert at == len(content)


def patches():
    device = dict(chunks((build.HERE / "drumjax.amxd").read_bytes()))[b"ptch"]
    alone = (build.HERE / "drumjax.maxpat").read_bytes()
    return {"amxd": json.loads(device[:-2])["patcher"], "maxpat": json.loads(alone)["patcher"]}


@pytest.fixture(params=["amxd", "maxpat"])
def patch(request):
    return patches()[request.param]


def boxes(patch):
    return [entry["box"] for entry in patch["boxes"]]


def test_the_files_are_what_the_builder_builds():
    for name, content in build.built().items():
        assert (build.HERE / name).read_bytes() == content


def test_the_container_is_that_of_an_instrument():
    content = (build.HERE / "drumjax.amxd").read_bytes()
    found = list(chunks(content))
    assert [tag for tag, _ in found] == [b"ampf", b"meta", b"ptch"]
    assert found[0][1] == b"iiii" and found[1][1] == bytes(4) and found[2][1].endswith(b"}\n\0")
    patcher = patches()["amxd"]
    assert patcher["project"]["amxdtype"] == struct.unpack(">I", b"iiii")[0] and patcher["openinpresentation"] == 1


def test_m4l_builder_has_nothing_to_say():
    device = Device.from_amxd(str(build.HERE / "drumjax.amxd"))
    assert device.device_type == "instrument" and device.validate() == []


def test_every_cord_ends_in_an_outlet_and_an_inlet(patch):
    machine = Machine(patch, port=1)  # whose objects know their ports by themselves
    ports = {id: box.ports for id, box in machine.boxes.items()}
    for box in boxes(patch):
        assert (box["numinlets"], box["numoutlets"]) == ports[box["id"]], box
        assert len(box.get("outlettype", [])) == box["numoutlets"]
    cords = [line["patchline"] for line in patch["lines"]]
    assert len({json.dumps(cord) for cord in cords}) == len(cords)
    for cord in cords:
        (source, outlet), (target, inlet) = cord["source"], cord["destination"]
        assert outlet < ports[source][1] and inlet < ports[target][0], cord


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
    wanted = "X Y Fine Range Sens. Preview Class Seed Variation Amount Start End Volume Mouse"
    assert stored == set(wanted.split())
    assert set(patch["parameters"]["parameterbanks"]["0"]["parameters"]) <= stored
    menu = next(value for value in values if value["parameter_longname"] == "Class")
    assert [name.replace(" ", "_") for name in menu["parameter_enum"]] == list(CLASSES)


def test_instances_share_no_name(patch):
    own = "---" if "project" in patch else "#0-"
    texts = [box["text"] for box in boxes(patch) if box.get("text", "").split()[:1] in (["buffer~"], ["play~"])]
    assert len(texts) == 3 and all(text.split()[1] == f"{own}drum" for text in texts)
    assert {box["buffername"] for box in boxes(patch) if "buffername" in box} == {f"{own}drum"}
    assert not any(box.get("text", "").split()[:1] in (["s"], ["r"], ["send"], ["receive"]) for box in boxes(patch))


def holds(machine, wave):
    """Whether the machine's buffer holds the wave: the file has 24 bits."""
    return machine.named["buffer~"].wave is not None and np.allclose(machine.named["buffer~"].wave, wave, atol=2**-22)


@pytest.mark.parametrize(("kind", "seed"), [("amxd", 0), ("amxd", 1), ("maxpat", 2)])
def test_the_patch_at_work_with_the_real_server(kind, seed, server, synth):
    kick, conga = synth.generate([0, 0, 0], "kick"), synth.generate([0, 0, 0], "conga")
    dragged = synth.generate([0.49 * 2, -0.98 * 2, 0], "kick")
    z = synth.place([0.49 * 5, -0.98 * 5, -5], "conga", synth.draw("conga", 1, 7)[0])
    recipe = {"Range": 2, "Sens.": 50, "Fine": -0.5, "Class": 6, "Seed": 7, "Amount": 25, "Variation": 9}
    varied = synth.render(synth.variation(z, "conga", 0.25, 9), "conga")
    with Machine(patches()[kind], server.osc, seed) as machine:
        named = machine.named

        def hits():
            return [said for box in machine.all("play~") for said in box.said]

        run([machine], lambda: holds(machine, kick))
        assert machine.text("status").startswith("ready: rendered in") and machine.text("name_x") != "X"
        assert hits() == []  # what comes by itself is not played

        # A hand on the pad hears the sound under it, and the numbers follow.
        for i in range(50):
            named["pictslider"].drag(10 * i, -20 * i)
            machine.step()
        run([machine], lambda: holds(machine, dragged) and hits())
        assert (named["X"].value, named["Y"].value) == (0.49, -0.98) and machine.text("label_z") == "z 0.98 -1.96 0.0"
        assert sum(said[0] == "/drum/generate" for said in named["udpsend"].said) < 30
        assert set(hits()) == {(0, "start", 0.0, 1000.0)}

        # The other controls, as Live recalls or automates them.
        named["Preview"].take(0, (0,))
        for name, value in recipe.items():
            named[name].take(0, (value,))
        run([machine], lambda: holds(machine, varied))
        played = len(hits())
        named["Home"].click()
        run([machine], lambda: holds(machine, conga))
        named["Dice"].click()
        run([machine], lambda: named["Seed"].value >= 0 and not holds(machine, conga))
        diced = named["buffer~"].wave
        named["Vary"].click()
        run([machine], lambda: named["Amount"].value == 25 and not holds(machine, diced))
        assert len(hits()) == played

        # Notes play the crop, two voices in turn; the voice before fades.
        named["waveform~"].select(20.0, 250.0)
        assert (named["Start"].value, named["End"].value) == (20, 250) and machine.text("label_crop") == "crop 230 ms"
        for velocity in 127, 0, 64:
            named["notein"].play(60, velocity)
        assert [box.said[-1] for box in machine.all("play~")] == [(0, "start", 20.0, 250.0)] * 2
        assert len(hits()) == played + 2
        levels = [said[1:] for box in machine.all("line~") for said in box.said]
        assert (0, 0, 1, 1, 1, 228, 0, 2) in levels and (0, 5) in levels
        assert any(np.allclose(level, (0, 0, 64 / 127, 1, 64 / 127, 228, 0, 2)) for level in levels if len(level) == 8)
        named["Reset"].click()
        named["Play"].click()
        assert {box.said[-1] for box in machine.all("play~")} == {(0, "start", 0.0, 1000.0), (0, "start", 20.0, 250.0)}


def test_two_instances_do_not_disturb_each_other(server, synth):
    snare, tom = synth.generate([0.975 * 2, 0, 0], "snare"), synth.generate([0, -0.975 * 2, 0], "tom")
    device = patches()["amxd"]
    with Machine(device, server.osc, 1) as one, Machine(device, server.osc, 2) as two:
        one.named["Class"].take(0, (2,))
        two.named["Class"].take(0, (10,))
        for i in range(40):
            one.named["pictslider"].drag(25 * i, 0)
            two.named["pictslider"].drag(0, -25 * i)
            one.step()
            two.step()
        run([one, two], lambda: holds(one, snare) and holds(two, tom))
        files = [{said[2] for said in machine.named["buffer~"].said} for machine in (one, two)]
        assert not files[0] & files[1]


def test_a_port_that_is_taken_is_left_for_another(server, synth):
    device, kick = patches()["amxd"], synth.generate([0, 0, 0], "kick")
    with Machine(device, server.osc, 5) as probe:
        taken = probe.named["udpreceive"].port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        thief.bind(("127.0.0.1", taken))
        with Machine(device, server.osc, 5) as machine:
            run([machine], lambda: holds(machine, kick))
            assert machine.named["udpreceive"].port != taken


def test_without_a_server_it_says_so_and_goes_on_trying(patch):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        with Machine(patch, server.getsockname()[1]) as machine:
            run([machine], lambda: machine.text("status") == DOWN)
            machine.named["pictslider"].drag(500, 0)
            time.sleep(0.1)
            machine.step()
            assert {said[0] for said in machine.named["udpsend"].said} == {"/drum/hello"}
            for _ in machine.named["udpsend"].said:
                address, port = osc.values(server.recv(4096))
                server.sendto(osc.encode("/drum/hello", "drumjax", "1"), ("127.0.0.1", port))
            run([machine], lambda: any(said[0] == "/drum/generate" for said in machine.named["udpsend"].said))
            # Asked for by the patch, not by a hand: it will not sound.
            request = next(said for said in machine.named["udpsend"].said if said[0] == "/drum/generate")
            assert request == ("/drum/generate", 1.0, 0.0, 0.0, 0, 0, -1, 0.0, 0)
