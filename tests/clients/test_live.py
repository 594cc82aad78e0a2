"""The Max for Live device without a server: its folder, and its script in Node with a model of max-api."""

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
import small
from max_machine import Machine, run

from drumjax import checkpoint
from drumjax.clients.engine.node import Node
from drumjax.clients.engine.page import WEB
from drumjax.clients.max import build, live, parts
from drumjax.config import CLASSES
from drumjax.sound import audio

PATCH = json.loads(build.text(build.device(parts.NODE)))["patcher"]
GONE = "engine not running: see the Max console"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    if shutil.which("node") is None:
        pytest.fail("no node") if os.environ.get("CI") else pytest.skip("no node")
    folder = tmp_path_factory.mktemp("live")
    checkpoint.save_bundle(small.instrument(), folder / "bundle")
    return live.write(folder / "bundle", folder / "live")


@pytest.fixture
def folder(exported, tmp_path):
    """A copy that a test may damage, below a name with a space; the WAVs go beside it."""
    return Path(shutil.copytree(exported, tmp_path / "my devices" / "live"))


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def wavs(temporary):
    return sorted(temporary.glob("drumjax-live-*"))


def ready(machine):
    return machine.text("status").startswith("ready: rendered in")


def test_the_folder_holds_everything(exported):
    names = {"drumjax-live.amxd", "drumjax-live.maxpat", "drumjax-live.js", "engine.mjs", "wav.mjs", "drumjax.wasm"}
    assert {path.name for path in exported.iterdir()} == {*names, "drums.safetensors"}
    assert (exported / "drumjax.wasm").read_bytes() == (WEB / "drumjax.wasm").read_bytes()


def test_patch_and_script_know_the_same_messages(folder):
    texts = [entry["box"].get("text", "") for entry in PATCH["boxes"]]
    sent = {text.split()[0] for text in texts if text.startswith("/drum/")}
    routed = {word for text in texts if text.startswith("route /drum/") for word in text.split()[1:]}
    script = (folder / parts.SCRIPT).read_text()
    assert routed == set(re.findall(r'(?:outlet\(|return \[|=> \[)"(/drum/\w+)"', script))
    with Machine(PATCH, folder=folder) as machine:
        run([machine], lambda: ready(machine))
        assert sent == set(machine.named["node.script"].handlers)


def test_sounds_are_those_of_the_engine(folder):
    """Those of Synth, then, as `test_wasm` shows."""
    engine = Node(folder / "drums.safetensors")
    with Machine(PATCH, folder=folder) as machine:
        run([machine], lambda: ready(machine))
        script, answers = machine.named["node.script"], {}
        script.out = lambda outlet, *message: answers.setdefault(message[2], message)
        for id, name in enumerate(CLASSES):
            knobs, seed, vary, take = [0.5, -1, id / 3], id % 3 - 1, (0.1 * (id % 2), id), 5 + id % 2
            script.take(0, ("/drum/texture", take))
            script.take(0, ("/drum/generate", *knobs, id, id, seed, *vary))
            z = engine.latents(name, knobs=knobs, seed=None if seed < 0 else seed, vary=[vary])
            wave = engine.render(np.zeros(3, np.float32), np.eye(len(CLASSES), dtype=np.float32)[id], take, z)
            run([machine], lambda: id in answers)  # noqa: B023
            np.testing.assert_allclose(audio.read(answers[id][1])[0][:, 0], wave, atol=1e-5)


def test_sounds_are_short_lived_files_of_the_script(folder, temporary):
    with Machine(PATCH, folder=folder) as machine:
        run([machine], lambda: ready(machine))
        script, answers = machine.named["node.script"], {}
        script.out = lambda outlet, *message: answers.setdefault(message[2], message)
        for id in range(70):
            script.take(0, ("/drum/generate", 0.5, -1, 0, id % 11, id, -1, 0, 0))
        run([machine], lambda: len(answers) == 70)
        address, path, _, ms = answers[69]
        wave, rate = audio.read(path)
        assert address == "/drum/file" and 0 <= ms < 20_000
        assert rate == small.PLAYED.audio.rate and wave.shape[1] == 1 and 0.5 < np.abs(wave).max() <= 1
        (own,) = wavs(temporary)
        assert len({message[1] for message in answers.values()}) == len(list(own.iterdir())) == 64
        with Machine(PATCH, folder=folder) as other:
            run([other], lambda: ready(other))
            assert len(wavs(temporary)) == 2  # one that starts takes nothing from one that plays
        assert wavs(temporary) == [own]
        shutil.rmtree(own)  # as cleaners of temporary files do
        script.take(0, ("/drum/generate", 0.5, -1, 0, 2, 70, -1, 0, 0))
        run([machine], lambda: 70 in answers)
        assert Path(answers[70][1]).is_file()
    assert wavs(temporary) == []


def test_the_newest_request_wins_within_class_and_id_and_every_one_is_answered(folder):
    with Machine(PATCH, folder=folder) as machine:
        run([machine], lambda: ready(machine))
        script, answers = machine.named["node.script"], []
        script.out = lambda outlet, *message: answers.append(message)
        lines = [["/drum/generate", 0.01 * i, 0, 0, i % 2, 7, -1, 0, 0] for i in range(40)]
        lines.append(["/drum/generate", 0, 0, 0, 99, 8, -1, 0, 0])
        script.process.stdin.write("".join(f"{json.dumps(line)}\n" for line in lines).encode())  # all at once
        script.process.stdin.flush()
        run([machine], lambda: len(answers) == len(lines))
        kinds = [message[:2] if message[0] == "/drum/error" else message[:1] for message in answers]
        assert kinds.count(("/drum/error", "overtaken")) == 38 and kinds.count(("/drum/file",)) == 2
        assert ("/drum/error", "class must be from 0 to 10; got 99", 8) in answers


SPOILT = {
    "drums.safetensors missing; keep the device in its folder": {"drums.safetensors": None},
    "engine.mjs, wav.mjs, drumjax.wasm missing; ": {"engine.mjs": None, "wav.mjs": None, "drumjax.wasm": None},
    "drums.safetensors cannot be read; export it again (": {"drums.safetensors": b"\x08" + bytes(30)},
    "drumjax.wasm cannot be read; export it again (": {"drumjax.wasm": b"no program"},
}


@pytest.mark.parametrize("line", SPOILT)
def test_what_is_missing_or_damaged_is_one_line_in_the_console_and_on_the_panel(line, folder):
    for name, content in SPOILT[line].items():
        (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
    with Machine(PATCH, folder=folder, pace=20) as machine:
        run([machine], lambda: machine.console)
        machine.named["X"].take(0, (0.5,))
        run([machine], lambda: not machine.queue)  # nothing comes after it
        ((level, text),) = machine.console
        assert level == "error" and text.startswith(f"drumjax: {line}") and "\n" not in text
        assert f"drumjax: {machine.text('status')}" == text and machine.named["node.script"].messages == []


def test_without_its_script_the_panel_shows_so(folder):
    (folder / parts.SCRIPT).unlink()
    with Machine(PATCH, folder=folder, pace=100) as machine:
        run([machine], lambda: machine.text("status") == GONE)


def test_a_script_that_ends_is_shown_and_starts_anew(folder, temporary):
    with Machine(PATCH, folder=folder) as machine:
        machine.named["Take"].take(0, (4,))
        run([machine], lambda: ready(machine))
        script = machine.named["node.script"]
        assert ("/drum/texture", 4) in script.messages
        (left,) = wavs(temporary)
        script.messages.clear()
        script.process.send_signal(signal.SIGKILL)
        run([machine], lambda: machine.text("status") == GONE)
        machine.named["Class"].take(0, (2,))  # it is not sent: nobody would answer
        run([machine], lambda: ready(machine) and ("/drum/generate", 0, 0, 0, 2) in [m[:5] for m in script.messages])
        assert ("/drum/texture", 4) in script.messages
        (new,) = wavs(temporary)
        assert new != left  # what the one that was killed had left is gone


def test_an_older_node_is_named(folder):
    """What the script needs is shown by an older one, which could not read the engine."""
    preload = folder / "old.js"
    preload.write_text("Object.defineProperty(process.versions, 'node', { value: '16.20.2' });")
    environment = {**os.environ, "NODE_PATH": str(Path(__file__).parent)}
    command = ["node", "--require", preload, folder / parts.SCRIPT]
    out = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    (text,) = (line[1] for line in map(json.loads, out.stdout.splitlines()) if line[0] == "post")
    assert text == "drumjax: it needs Node 18 or newer and this Max has 16.20.2; update Max"
