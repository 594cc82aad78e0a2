"""The plugin in hosts, mostly with a small instrument of 2 kHz: CLAP in clap_host.py, VST3 and LV2 in minihost."""

import base64
import io
import os
import re
import shutil
import subprocess
import sys
import time

import clap_host
import numpy as np
import pytest
import small
import soundfile
from clap_host import Host

from drumjax import checkpoint
from drumjax.clients.engine import binding, instrument
from drumjax.clients.plugin import build, layout
from drumjax.config import CLASSES
from drumjax.data.labels import to_class_mix
from drumjax.kits import recipe
from drumjax.kits.pads import PADS

RATE = small.PLAYED.audio.rate
KEYS = {pad.name: pad.key for pad in PADS}
NAMES = {pad.name: pad.name.replace("_", " ").capitalize() for pad in PADS}
CENTRE = np.float32(np.sqrt(0.5))  # gain of each side for a sound in the middle


class Built:
    """Folders and libraries that all tests share."""

    def __init__(self, folder):
        instrument.write(small.instrument(), folder / "instrument")
        build.make(folder / "out", folder / "instrument", "UI=", "OPTIONS=-O1", "ARCH=")
        self.out = folder / "out"
        self.clap = self.out / "drumjax.clap" / "drumjax.clap"
        self.library = clap_host.build(folder / "clap_host.so", build.dpf())
        engine = folder / "libengine.so"
        subprocess.run(["g++", "-shared", "-o", engine, self.out / "objects" / "engine.cpp.o"], check=True)
        self.engine = binding.load_library(engine)

    def reference(self, path=None):
        """The engine with an instrument file, the plugin's."""
        return binding.Engine(self.engine, (path or self.clap.parent / "drumjax.safetensors").read_bytes())

    def host(self, rate=RATE, path=None, most=4096):
        return Host(self.library, path or self.clap, rate, most)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    if lack := build.missing(window=False):
        pytest.fail(lack) if os.environ.get("CI") else pytest.skip(lack)
    return Built(tmp_path_factory.mktemp("plugin"))


@pytest.fixture
def host(built):
    host = built.host()
    yield host
    host.close()


def sound(engine, pad, take=0, knobs=(0, 0, 0), seed=None):
    """What a pad plays, at the engine's rate."""
    mix = to_class_mix(pad.drum_class)
    base = engine.draw(mix, 1, defaults(pad)["Seed"] if seed is None else seed)[0]
    return engine.render(np.array(knobs, np.float32), mix, take, base)


def defaults(pad):
    """Values of a pad that depend on its place in the layout."""
    seeds = re.findall(r"(\d+), \d+\},", layout.FILE.read_text())
    return {"Class": CLASSES.index(pad.drum_class), "Seed": int(seeds[PADS.index(pad)]), "Key": pad.key}


def settled(host, **changes):
    """The host, after parameters are set and their sounds rendered; if not set otherwise, hits have one take."""
    host.set(**{"humanise": 0} | changes)
    host.settle()
    return host


def hit(host, key, velocity=127, frames=4096):
    """The left side of the mix from a hit on."""
    return host.process(frames, [(0, key, velocity)])[0, 0]


def spectrum(wave):
    return np.abs(np.fft.rfft(wave))


def test_the_first_sounds_are_of_the_shipped_bundle():
    seeds = {pad.name: defaults(pad)["Seed"] for pad in PADS}
    expected = layout.header(seeds, recipe.bundle_id(checkpoint.shipped()))
    assert layout.FILE.read_text() == expected, "run python -m drumjax.clients.plugin.layout"


def test_pads_are_those_of_kits(host):
    for pad in PADS:
        for name, value in defaults(pad).items():
            assert host.value(f"{NAMES[pad.name]} {name}") == value, (pad, name)
    assert host.ports == 17 and len(host.parameters) == 16 * 12 + 1


@pytest.mark.parametrize("kind", ["small", "shipped"])
def test_a_bar_on_all_pads_is_sample_exact_in_blocks_of_any_size(built, tmp_path, kind):
    path, rate = built.clap, RATE
    if kind == "shipped":
        path, rate = tmp_path / "drumjax.clap", 44100
        shutil.copy(built.clap, path)
        instrument.write(checkpoint.load_bundle(checkpoint.shipped()), tmp_path / "drumjax.safetensors")
    host, engine = built.host(rate, path), built.reference(path.parent / "drumjax.safetensors")
    settled(host, **{f"{pad.name}_output": 1 for pad in PADS})
    onsets = {pad: 7 + 901 * i for i, pad in enumerate(PADS)}
    total = max(onsets.values()) + engine.samples
    rng, blocks, at = np.random.default_rng(3), [], 0
    while at < total:
        frames = int(rng.choice([1, 2, 13, 64, 500, 4096]))
        notes = [(onset - at, pad.key, 127) for pad, onset in onsets.items() if at <= onset < at + frames]
        blocks.append(host.process(frames, notes))
        at += frames
    out = np.concatenate(blocks, -1)[..., :total]
    expected = np.zeros((16, total), np.float32)
    for i, (pad, onset) in enumerate(onsets.items()):
        expected[i, onset : onset + engine.samples] = CENTRE * sound(engine, pad)
    closed, opened = (list(KEYS).index(name) for name in ("closed_hat", "open_hat"))
    expected[closed, onsets[PADS[opened]] :] = 0  # the hats choke each other
    out[1 + closed, :, onsets[PADS[opened]] :] = 0
    assert not out[0].any()
    for side in out[1:].swapaxes(0, 1):
        np.testing.assert_allclose(side, expected, atol=2e-7)
    host.close()


def interpolated(wave, times, edge):
    """A wave at times between its samples, from its Fourier series up to a frequency in cycles per sample."""
    padded = np.pad(wave, 400)
    frequencies = np.fft.rfftfreq(len(padded))
    series = np.fft.rfft(padded) * (frequencies < edge) * np.where(frequencies > 0, 2, 1) / len(padded)
    return (np.exp(2j * np.pi * (times[:, None] + 400) * frequencies) @ series).real


@pytest.mark.parametrize("rate", [1500, 44100, 48000, 192000])
def test_sounds_at_other_rates_and_pitches(built, rate):
    host, engine = built.host(rate), built.reference()
    original = np.trim_zeros(sound(engine, PADS[0]), "b")
    for pitch in (0, 12, -7) if rate < 50_000 else (0,):
        wave = hit(settled(host, kick_pitch=pitch), KEYS["kick"], frames=1 << 15) / CENTRE
        step = RATE * 2 ** (pitch / 12) / rate
        length = int((len(original) - 1) / step) + 1
        assert not wave[length:].any()
        expected = interpolated(original, np.arange(length) * step, 0.5 / max(step, 1))
        heard = np.fft.rfftfreq(length) < 0.37 * min(step, 1)  # below the filter's edge
        error = spectrum(wave[:length] - expected)[heard]
        assert error.max() < 0.03 * spectrum(expected).max(), pitch
    host.close()


def test_soft_hits_are_quieter_and_duller(built):
    host, rate = built.host(), 44100
    host.stop()
    host.start(rate)
    settled(host, snare_pitch=24)
    loud, soft = (np.fft.rfft(hit(host, KEYS["snare"], velocity)) for velocity in (127, 16))
    hz = np.arange(len(loud)) * rate / 4096
    cutoff = 20000 * 4 ** (16 / 127 - 1)
    warped = np.tan(np.pi * hz / rate) / np.tan(np.pi * cutoff / rate)
    expected = np.abs(loud) * (16 / 127) ** 2 / np.sqrt(1 + warped**4)  # Butterworth, two poles
    np.testing.assert_allclose(np.abs(soft), expected, atol=0.01 * expected.max())
    assert np.min(expected[hz < 3500] / np.abs(loud[hz < 3500])) < 0.97 * (16 / 127) ** 2
    assert not hit(host, KEYS["snare"], 0).any()  # a note off
    host.close()


def test_every_parameter_changes_the_sound(host):
    settled(host)
    changes = {"class": 3, "knob_1": 1, "knob_2": -1, "knob_3": 2, "seed": 7, "take": 5, "pitch": 3, "decay": 30}
    plain = host.process(4096, [(0, KEYS["kick"], 127)])
    for name, value in {**changes, "pan": 0.7, "level": -9, "output": 1, "key": 99}.items():
        before = host.value(f"Kick {name.replace('_', ' ').capitalize()}")
        settled(host, **{f"kick_{name}": value})
        assert not np.array_equal(host.process(4096, [(0, KEYS["kick"], 127)]), plain), name
        settled(host, **{f"kick_{name}": before})
    np.testing.assert_array_equal(host.process(4096, [(0, KEYS["kick"], 127)]), plain)
    settled(host, kick_key=99, snare_level=-60, snare_pan=-1)
    np.testing.assert_array_equal(host.process(4096, [(0, 99, 127)]), plain)
    assert not hit(host, KEYS["snare"]).any()


def test_a_flood_of_parameters_ends_in_the_sound_of_the_last(host, built):
    host.set(humanise=0)
    rng, names = np.random.default_rng(0), list(host.parameters)[:-1]
    for _ in range(300):
        changes = [(str(name), rng.normal(0, 100)) for name in rng.choice(names, 20)]
        notes = [(int(frame), *message) for frame, message in zip(range(9), rng.integers(0, 256, (9, 3)), strict=True)]
        assert np.isfinite(host.process(int(rng.integers(1, 512)), notes, [*changes, ("Kick Knob 1", np.nan)])).all()
    knobs = {"kick_knob_1": 0.5, "kick_knob_2": -1, "kick_knob_3": 0}
    seed = defaults(PADS[0])["Seed"]
    settled(host, kick_class=0, kick_seed=seed, kick_take=4, kick_pitch=0, kick_pan=0, **knobs, kick_key=5)
    settled(host, kick_decay=100, kick_output=1, kick_level=0, **{f"{pad.name}_key": 0 for pad in PADS[1:]})
    host.process(4096, [(0, 0xB0, 120, 0)])  # all sounds off
    assert not host.process(64).any()
    expected = CENTRE * sound(built.reference(), PADS[0], 4, list(knobs.values()))
    np.testing.assert_allclose(host.process(4096, [(0, 5, 127)])[1, 0, : len(expected)], expected, atol=2e-7)


def test_each_hit_is_another_take_while_humanising(host, built):
    engine = built.reference()
    takes = {sound(engine, PADS[2], take)[: engine.samples].tobytes(): take for take in range(40)}
    played = []
    for _ in range(12):
        time.sleep(0.05)  # the next takes are rendered meanwhile
        wave = host.process(engine.samples, [(0, KEYS["snare"], 127)])[0, 0] / CENTRE
        distances = [np.abs(np.frombuffer(take, np.float32) - wave).max() for take in takes]
        assert min(distances) < 1e-6
        played.append(list(takes.values())[int(np.argmin(distances))])
    assert played[:4] == [0, 1, 2, 3] and len(set(played)) == len(played)
    settled(host)
    np.testing.assert_array_equal(hit(host, KEYS["snare"]), hit(host, KEYS["snare"]))


def test_state_is_that_of_the_song(built, host):
    changes = {
        "kick_knob_1": 1.25,
        "snare_seed": 77,
        "clap_pitch": -3,
        "shaker_pan": 0.5,
        "kick_class": 2,
        "kick_key": 40,
    }
    settled(host, **changes)
    state, other = host.save(), built.host()
    assert other.load(state)
    other.settle()
    assert other.save() == state
    assert {name: other.value(name) for name in other.parameters} == {
        name: host.value(name) for name in host.parameters
    }
    notes = [(9 * i, key, 100) for i, key in enumerate((40, 38, 39, 82))]
    np.testing.assert_array_equal(other.process(4096, notes), host.process(4096, notes))
    rng = np.random.default_rng(1)
    for damage in range(60):
        damaged = np.frombuffer(state, np.uint8).copy()
        damaged[rng.integers(0, len(damaged), damage)] = rng.integers(0, 256, damage)
        other.load(damaged[: len(damaged) - damage % 3 * 400].tobytes())
        assert np.isfinite(other.process(64, [(3, 40, 127)])).all()
    other.load(state)
    other.settle()
    np.testing.assert_array_equal(hit(other, 39), hit(host, 39))
    other.close()


def test_a_file_on_a_pad_is_played_edited_and_saved_with_the_song(built, host):
    rng, mix = np.random.default_rng(4), to_class_mix("kick")
    wave = (rng.standard_normal((200, 2)) * np.exp(-np.arange(200) / 50)[:, None] * [0.2, 0.1]).astype(np.float32)
    content = io.BytesIO()
    soundfile.write(content, wave, RATE, "FLOAT", format="WAV")
    text = b"My kick.wav:" + base64.b64encode(content.getvalue()).rstrip(b"=")
    state = settled(host).save()
    before = hit(host, KEYS["kick"])

    def played(value):
        assert host.load(state.replace(b"file_kick\0\0", b"file_kick\0" + value + b"\0"))
        host.settle()
        host.process(4096)
        return host.process(4096, [(0, KEYS["kick"], 127)])[0, :, : len(wave)].T / CENTRE

    np.testing.assert_allclose(played(text), wave, atol=1e-7)
    other, saved = built.host(), host.save()
    assert text in saved and other.load(saved)
    other.settle()
    np.testing.assert_array_equal(hit(other, KEYS["kick"]), hit(host, KEYS["kick"]))
    other.close()
    engine, knobs = built.reference(), np.array([0.25, -0.5, 0], np.float32)
    heard = engine.listen(wave, RATE, mix)
    for take, expected in ((0, engine.edit(heard, knobs, mix)), (3, engine.take(heard, 3, knobs))):
        settled(host, kick_knob_1=0.25, kick_knob_2=-0.5, kick_take=take)
        moved = host.process(4096, [(0, KEYS["kick"], 127)])[0, :, : len(wave)].T / CENTRE
        np.testing.assert_allclose(moved, expected[: len(wave)], atol=1e-6)
        assert np.abs(moved - wave).max() > 0.01
    for damaged in (b"", b"no sound", text[:40], text[:-8] + b"????"):  # a cut one plays what is left of it
        assert np.isfinite(played(damaged)).all()
    played(b"")
    np.testing.assert_array_equal(hit(host, KEYS["kick"]), before)


def test_nothing_is_allocated_or_locked_while_blocks_are_processed(built):
    code = f"""
import numpy as np
from clap_host import Host
host = Host({str(built.library)!r}, {str(built.clap)!r}, 44100)
rng, names = np.random.default_rng(0), list(host.parameters)
host.process(64)
assert host.counts()
host.counted = 0
for _ in range(400):
    notes = [(0, int(key), int(velocity)) for key, velocity in rng.integers(30, 90, (8, 2))]
    host.process(int(rng.integers(1, 2048)), notes, [(str(name), rng.normal(0, 5)) for name in rng.choice(names, 4)])
print(host.counted)
host.close()
"""
    environment = os.environ | {"LD_PRELOAD": str(built.library), "PYTHONPATH": os.path.dirname(clap_host.__file__)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout == "0\n", done.stderr


def test_many_instances_share_the_instrument(built):
    hosts = [built.host() for _ in range(12)]
    for number, host in enumerate(hosts):
        host.set(humanise=0, kick_take=number)
    for host in hosts:
        host.settle()
    waves = [hit(host, KEYS["kick"]) for host in hosts]
    assert len({wave.tobytes() for wave in waves}) == len(hosts)
    for host in hosts[::2]:
        host.close()
    np.testing.assert_array_equal(hit(hosts[1], KEYS["kick"]), waves[1])
    for host in hosts[1::2]:
        host.close()


def test_without_its_instrument_it_is_silent(built, tmp_path, capfd):
    shutil.copy(built.clap, tmp_path / "drumjax.clap")
    for content in (None, b"nothing"):
        if content:
            (tmp_path / "drumjax.safetensors").write_bytes(content)
        host = built.host(path=tmp_path / "drumjax.clap")
        assert not hit(host, KEYS["kick"]).any() and host.load(host.save())
        host.close()
        assert "drumjax.safetensors" in capfd.readouterr().err


@pytest.mark.parametrize("bundle", ["drumjax.vst3", "drumjax.lv2"])
def test_vst3_and_lv2_play_their_outputs_and_keep_their_state(built, bundle):
    minihost = pytest.importorskip("minihost")
    settings = {"sample_rate": 48000, "max_block_size": 8192, "in_channels": 0, "out_channels": 34}
    with minihost.Plugin(str(built.out / bundle), **settings) as plugin:

        def played(*notes):
            out = np.full((34, 8192), np.nan, np.float32)
            plugin.process_midi(np.zeros((2, 8192), np.float32), out, [(frame, 0x99, *note) for frame, *note in notes])
            return out

        def settle():
            """Hands the parameters over, and waits until hits no longer change from take to take."""
            end = time.monotonic() + 10
            while not np.array_equal(*(played((0, KEYS["kick"], 127)) for _ in range(2))):
                assert time.monotonic() < end
                time.sleep(0.02)

        plugin.set_param_by_name("Humanise", 0)
        for pad in PADS[::2]:
            plugin.set_param_by_name(f"{NAMES[pad.name]} Output", 1)
        settle()
        for number, pad in enumerate(PADS):
            out = played((100 + number, pad.key, 127))
            port = 2 + 2 * number if number % 2 == 0 else 0
            assert sorted(np.flatnonzero(out.any(1))) == [port, port + 1], pad
            assert np.flatnonzero(out[port])[0] == 100 + number and np.isfinite(out).all()
        settle()
        state, kick = plugin.get_state(), played((0, KEYS["kick"], 127))
        plugin.set_param_by_name("Kick Level", 0.2)
        assert np.abs(played((0, KEYS["kick"], 127))).max() < 0.5 * np.abs(kick).max()
        plugin.set_state(state)
        settle()
        np.testing.assert_allclose(played((0, KEYS["kick"], 127)), kick, atol=1e-6)
        assert plugin.param_to_text(plugin.find_param("Kick Class"), 1.0) == "Tom"


def test_lv2_tools_find_nothing_to_complain_about(built, tmp_path):
    if not shutil.which("lv2info"):
        pytest.skip("lilv-utils is not installed")
    shutil.copytree(built.out / "drumjax.lv2", tmp_path / "drumjax.lv2")
    environment = os.environ | {"LV2_PATH": str(tmp_path)}
    for command in (["lv2ls"], ["lv2info", "urn:drumjax:drumjax"]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert done.stderr == "" and "urn:drumjax:drumjax" in done.stdout
    assert done.stdout.count("AudioPort") == 34 and done.stdout.count("ControlPort") == 16 * 12 + 1


def test_the_window_compiles(built, tmp_path):
    """The other tests build without it. It was looked at in Xvfb: docs/plugin.md."""
    if lack := build.missing():
        pytest.fail(lack) if os.environ.get("CI") else pytest.skip(lack)
    window = tmp_path / "objects" / "window.cpp.o"
    build.make(tmp_path, built.clap.parent / "drumjax.safetensors", "OPTIONS=-O0", str(window))
    assert window.is_file()


def test_mistakes_of_an_export_are_one_line(tmp_path, monkeypatch, capsys):
    from drumjax.cli.export import export

    (tmp_path / "drumjax.lv2").mkdir()
    assert export(["--plugin", str(tmp_path)]) == 2
    assert "overwrite it with --force" in capsys.readouterr().err
    monkeypatch.setenv("DPF", str(tmp_path))
    assert export(["--plugin", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "apt install" in error and not (tmp_path / "out").exists()
