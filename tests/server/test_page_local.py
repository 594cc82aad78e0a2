"""The page without a server, in headless Chromium before a plain web space: its sounds, beside those of Synth."""

import functools
import hashlib
import http.server
import io
import threading
import zipfile

import numpy as np
import pytest
import soundfile
from player import LAPTOP, Player

from drumjax import checkpoint
from drumjax.clients.engine import page as export
from drumjax.config import CLASSES
from drumjax.kits import recipe
from drumjax.server import recipes, rendering
from drumjax.server.maps import Maps
from drumjax.server.own import OwnSounds
from drumjax.server.sound import from_json

# Messages of the page's worker: the answers, as many as are asked for.
ASKED = """
async ([messages, count]) => {
  const worker = new Worker("static/worker.js", { type: "module" });
  const answers = [];
  const all = new Promise((resolve, reject) => {
    worker.onerror = reject;
    worker.onmessage = ({ data }) => {
      if (data.type === "loading") return;
      answers.push({ ...data, ...(data.samples?.buffer && { samples: Array.from(data.samples) }) });
      if (answers.length === count) resolve();
    };
  });
  for (const message of messages) worker.postMessage(JSON.stringify(message));
  await all;
  worker.terminate();
  return answers;
}
"""


class _Space(http.server.SimpleHTTPRequestHandler):
    """A plain web space, below a folder of its host."""

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix("/drums"))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = export.write(checkpoint.shipped(), tmp_path_factory.mktemp("web") / "page")
    assert sum(path.stat().st_size for path in made.rglob("*")) < 16_000_000
    return made


@pytest.fixture(scope="module")
def space(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Space, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def window(space, browser, screenshots):
    context = browser.new_context(viewport=LAPTOP)
    player = Player(context.new_page(), space.server_port, screenshots)
    player.url += "drums/"
    player.open()
    player.until("navigator.serviceWorker.controller !== null")
    yield player
    context.close()
    assert player.errors == []


def answers(window, messages, count):
    return window.page.evaluate(ASKED, [messages, count])


def test_the_worker_answers_as_the_server_does(window, synth):
    knobs = [[0.5, -1.25, 0], [-2, 1, 0.5], [4, -4, 2]]
    wanted = [
        {
            "class": name,
            "knobs": knobs[i % 3],
            "seed": [None, 7, 2**31 - 1][i % 3],
            "vary": [[0.3, i], [0.1, 5]][: i % 3],
        }
        for i, name in enumerate([*CLASSES, "kick:0.7,snare:0.3"])
    ]
    wanted += [{"class": "snare", "knobs": [0, 0, 0], "texture": take} for take in (0, 1, 2**31 - 1)]
    first, second = {"class": "kick", "knobs": [1, 0, 0], "vary": []}, {"class": "tom", "seed": 3}
    wanted.append({**first, "texture": None, "other": second, "t": 0.25})
    wanted += [{"class": name, "dot": dot, "knobs": [0, 1, 0]} for name, dot in (("kick", 0), ("snap", 24))]
    messages = [{"type": "render", "id": i, "slot": f"pad{i}", "sound": sound} for i, sound in enumerate(wanted)]
    rest = [{"type": "hello"}, {"type": "map", "class": "tom"}, {"type": "ping", "id": 3}]
    found = {(a["type"], a.get("id")): a for a in answers(window, [*rest, *messages], len(wanted) + 3)}
    hello = found["hello", None]
    assert (hello["classes"], hello["rate"], hello["samples"]) == (list(CLASSES), synth.rate, synth.samples)
    assert hello["knobs"]["tom"] == list(synth.knob_names["tom"]) and hello["texture"] is True
    maps = Maps(synth)
    assert not list(maps.steps("tom"))  # the bundle has all of its points
    np.testing.assert_allclose(found["map", None]["points"], maps.points("tom"), atol=6e-4)
    assert found["pong", 3]
    far = []
    for i, sound in enumerate(wanted):
        expected = rendering.render(synth, OwnSounds(synth), maps, from_json(sound))
        answer, wave = found["sound", i], expected.wave.copy()
        np.testing.assert_allclose(answer["at"], expected.at, atol=2e-3)
        wave[: len(answer["samples"])] -= np.array(answer["samples"], np.float32)
        far.append(np.abs(wave).max())
    assert np.sum(np.array(far) > 1e-3) <= 1 and np.median(far) < 1e-4


def test_of_a_slot_the_newest_sound_is_rendered_and_all_are_answered(window):
    sound = {"class": "kick", "knobs": [0, 0, 0]}
    messages = [{"type": "render", "id": i, "slot": f"pad{i % 2}", "sound": sound} for i in range(20)]
    wrong = {"type": "render", "id": 20, "slot": "pad0", "sound": {"class": "gong"}}
    found = [(answer["type"], answer["id"]) for answer in answers(window, [*messages, wrong], 21)]
    assert sorted(id for _, id in found) == list(range(21))
    assert ("error", 20) in found and ("sound", 19) in found
    assert sum(kind == "overtaken" for kind, _ in found) >= 17


def test_without_the_network_links_play_and_sounds_are_saved(window, synth, tmp_path):
    page = window.page
    assert page.locator("#status").text_content().strip() == "Ready"
    window.page.context.set_offline(True)
    try:
        before = window.hears(page.locator("#play-sound").click)[-1]["mark"]
        page.evaluate(
            "pad => { location.hash = `a=${Array(11).fill(pad).join()}&n=1`; }",
            "conga~0.5~-1.25~0.4~s42~c0-300~v0.25-123",
        )
        window.settle()
        heard = window.hears(page.locator("#play-sound").click)[-1]
        assert heard["mark"] != before
        z = synth.place([0.5, -1.25, 0.4], "conga", synth.draw("conga", 1, 42)[0])
        expected = synth.render(synth.variation(z, "conga", 0.25, 123), "conga")
        samples = window.samples()
        np.testing.assert_allclose(samples, expected[: len(samples)], atol=1e-3)
        with page.expect_download() as download:
            page.locator("#save-sound").click()
        download.value.save_as(tmp_path / "conga.wav")
        with soundfile.SoundFile(tmp_path / "conga.wav") as file:
            assert (file.samplerate, file.subtype, file.channels) == (44100, "PCM_24", 1)
            pad, note = recipes.pad_of(file.comment, recipe.bundle_id(checkpoint.shipped()))
            assert note is None and pad["sound"]["seed"] == 42 and pad["crop"] == [0, 300]
            saved = file.read()
        assert len(saved) == len(samples)  # the sound ends before the crop
        length = min(len(samples), len(saved) - 133)  # 3 ms at the end are faded out, against a click
        np.testing.assert_allclose(saved[:length], samples[:length], atol=1e-6)
        page.locator("#open-export").click()
        assert not page.locator("[data-save=sfz]").is_visible()  # made by a server
        with page.expect_download() as download:
            page.locator("[data-save=wavs]").click()
        page.keyboard.press("Escape")
        with zipfile.ZipFile(download.value.path()) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
            assert len(names) == 11 and "conga.wav" in names and "conga_11.wav" in names
            wave, rate = soundfile.read(io.BytesIO(archive.read("conga_11.wav")))
            assert rate == 44100 and np.abs(wave).max() > 0.05
        page.reload()
        window.ready()
        assert window.hears(page.locator("#play-sound").click)[-1]["mark"] == heard["mark"]
        page.locator("#centre").click()
        page.locator("#file").set_input_files(tmp_path / "conga.wav")
        window.until("document.querySelector('.toast').textContent.includes('was made by drumjax')")
        window.settle()
        assert window.hears(page.locator("#play-sound").click)[-1]["mark"] == heard["mark"]
    finally:
        window.page.context.set_offline(False)


def test_a_dropped_file_is_edited_as_the_server_does(window, synth, tmp_path):
    wave = np.random.default_rng(3).uniform(-0.9, 0.9, (4800, 2)).astype(np.float32)
    wave *= np.exp(-np.arange(4800) / 900, dtype=np.float32)[:, None]
    soundfile.write(tmp_path / "My Snare 1.wav", wave, 48000, "FLOAT")
    page = window.page
    page.locator("#file").set_input_files(tmp_path / "My Snare 1.wav")
    window.until("document.querySelector('.toast').textContent.includes('My Snare')")
    window.settle()
    heard = window.hears(page.locator("#play-sound").click)[-1]
    assert (heard["rate"], heard["channels"]) == (48000, 2)
    np.testing.assert_array_equal(window.samples(), wave[:, 0])
    file = synth.listen(wave, 48000, "snare")
    key = hashlib.sha256((tmp_path / "My Snare 1.wav").read_bytes()).hexdigest()[:16]
    for knobs, vary, take in (([0.25, -0.5, 0.1], [], None), ([0, 0, 0], [[0.2, 6]], None), ([0.25, 0, 0], [], 3)):
        z = synth.place(knobs, "snare", file.z)
        for amount, seed in vary:
            z = synth.variation(z, "snare", amount, seed)
        pad = f"snare~{'~'.join(map(str, knobs))}~H{key}"
        pad += "".join(f"~v{amount}-{seed}" for amount, seed in vary) + (f"~K{take}" if take else "")
        page.evaluate("pad => { location.hash = `a=${Array(11).fill(pad).join()}&n=1`; }", pad)
        window.settle()
        assert window.hears(page.locator("#play-sound").click)[-1]["channels"] == 2
        expected = (synth.takes(file, 1, take, z)[0] if take else synth.edit(file, z))[:, 0]
        samples = window.samples()
        length = min(len(samples), len(expected))  # the model's own tail may end a little earlier or later
        assert length >= len(wave)
        np.testing.assert_allclose(samples[:length], expected[:length], atol=6e-3)  # the encoder has 8 bits
        assert np.abs(expected[: len(wave)] - wave[:, 0]).max() > 0.02
    page.locator("#centre").click()
    window.again()  # the file is kept by the browser
    window.hears(page.locator("#play-sound").click)
    np.testing.assert_array_equal(window.samples(), wave[:, 0])
