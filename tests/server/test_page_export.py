"""What leaves the page, and the shape of a pad: heard and saved sounds against the same computed here."""

import base64
import io
import itertools
import json
import time
import zipfile
from pathlib import Path

import mido
import numpy as np
import pytest
from loops import GAIN, RATE, decoded, draw, edged, low_pass, save, stems

from drumjax.cli.generate import generate
from drumjax.sound import audio
from drumjax.synth import Synth

PLAY = """async ({ wave, hits, samples }) => {
    const { Voices } = await import("/static/audio.js");
    const context = new OfflineAudioContext(2, samples, 44100);
    const buffer = context.createBuffer(1, wave.length, 44100);
    buffer.copyToChannel(Float32Array.from(wave), 0);
    const voices = new Voices(() => context.destination, context);
    voices.playAll(hits.map(([channel, options]) => [buffer, channel, options]));
    const played = await context.startRendering();
    return [0, 1].map((channel) => Array.from(played.getChannelData(channel)));
}"""


def play(player, wave, *hits, samples=4410):
    """What voices of a wave sound like, (2, samples): `hits` are (channel, options)."""
    return np.array(player.page.evaluate(PLAY, {"wave": wave.tolist(), "hits": list(hits), "samples": samples}))


def test_a_shaped_and_a_soft_hit_sound_as_computed(player):
    wave = np.random.default_rng(1).uniform(-1, 1, 2205).astype(np.float32)
    share = np.arange(2205) / 2205
    padded = lambda x: np.pad(x, (0, 4410 - len(x)))  # noqa: E731
    plain = padded(edged(wave))
    np.testing.assert_allclose(play(player, wave, (0, {})), [plain, plain], atol=1e-4)
    soft = 0.3 * low_pass(plain, 5000 * 4**0.3)
    np.testing.assert_allclose(play(player, wave, (0, {"velocity": 0.3}))[0], soft, atol=1e-3)
    angle = (0.5 + 1) * np.pi / 4  # equal power, and in the middle as without a pan
    left, right = play(player, wave, (0, {"shape": {"pan": 0.5}}))
    np.testing.assert_allclose(left, 2**0.5 * np.cos(angle) * plain, atol=1e-4)
    np.testing.assert_allclose(right, 2**0.5 * np.sin(angle) * plain, atol=1e-4)
    falling = padded(edged(wave * 10.0 ** (-3 * np.clip((share - 0.6) / 0.4, 0, 1))))
    np.testing.assert_allclose(play(player, wave, (0, {"shape": {"decay": 0.4}}))[0], falling, atol=1e-3)
    fading = padded(edged(wave * np.clip((1 - share) * 50 / 20, 0, 1)))
    np.testing.assert_allclose(play(player, wave, (0, {"shape": {"fade": 20}}))[0], fading, atol=1e-3)
    octave = padded(edged(wave[::2]))
    np.testing.assert_allclose(
        play(player, wave, (0, {"shape": {"pitch": 12}}))[0], octave, atol=5e-3
    )  # half a sample at the end
    lower = play(player, wave, (0, {"shape": {"pitch": -12}}))[0]
    np.testing.assert_allclose(lower[::2], edged(np.repeat(wave, 2))[::2], atol=1e-3)
    # The end moves with the pitch; a crop is one of the sound before it.
    cropped = play(player, wave, (0, {"crop": [10, 30], "shape": {"pitch": 12}}))[0]
    assert np.abs(cropped[441:]).max() < 1e-6 and np.abs(cropped[200:300]).max() > 0.3


def test_the_dials_shape_the_pad(player):
    page = player.page
    assert not page.locator("#pan").is_visible()
    page.locator("#shape summary").click()
    keys = {"pan": "ArrowRight", "pitch": "ArrowDown", "decay": "ArrowUp", "fade": "ArrowUp"}
    for name, key in keys.items():
        player.hears(lambda name=name, key=key: page.locator(f"#{name}").press(key))
    assert [player.value(f"#{name}") for name in keys] == pytest.approx([0.05, -1, 0.03, 13], abs=0.01)
    player.shoot("shape")
    assert player.heard()[-1]["pitch"] == pytest.approx(2 ** (-1 / 12))
    player.settle()
    assert "~p0.05~i-1~d0.03~f13" in page.url
    page.keyboard.press("Control+z")
    assert player.value("#fade") == 0 and player.value("#pitch") == -1
    page.locator("#pitch").press("Home")
    assert player.value("#pitch") == 0
    page.locator("#shape summary").click()


def test_dials_are_typed_with_their_units(player):
    page = player.page
    page.locator("#shape summary").click()
    page.locator("#pitch").dblclick()
    page.keyboard.type("-3,5 st")
    page.keyboard.press("Enter")
    assert player.value("#pitch") == -3.5 and page.evaluate("document.activeElement.id") == "pitch"
    for name, text, value in (("pan", "30 % left", -0.3), ("level", "-6 dB", 0.501), ("fine", "9", 2)):
        page.locator(f"#{name}").press("Enter")
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        assert player.value(f"#{name}") == value and not page.locator("#typed").is_visible()
    page.locator("#decay").press("Enter")
    page.keyboard.type("loud")
    page.keyboard.press("Enter")
    page.get_by_text("Type a number from 0 to 100 %; got loud.").wait_for()
    player.shoot("typed")
    page.keyboard.press("Escape")
    assert player.value("#decay") == 0 and not page.locator("#typed").is_visible()
    tap_twice(page, "#fade")
    page.locator("#typed").wait_for()
    page.keyboard.type("120")
    page.locator("h1").click()  # elsewhere
    player.until("document.querySelector('#fade').ariaValueNow === '120'")
    page.locator("#pitch").press("Enter")
    page.locator("#typed-reset").click()
    assert player.value("#pitch") == 0
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert player.value("#pitch") == -3.5 and player.value("#fade") == 0
    page.locator("#shape summary").click()


def tap_twice(page, selector: str) -> None:
    """Two taps of a finger, 0.2 s apart by their times."""
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch, now = page.context.new_cdp_session(page), time.time()
    for at in (0.0, 0.2):
        for after, kind, points in ((0.0, "touchStart", [place]), (0.05, "touchEnd", [])):
            event = {"type": kind, "touchPoints": points, "timestamp": now + at + after}
            touch.send("Input.dispatchTouchEvent", event)


LANES = {0: "x...X.....x.....", 3: "......x.", 4: ".x......x....x.X"}
"""Hits of the kick and the hats: x soft, X an accent, at full velocity."""


def schedule(step_samples, swing=50):
    """(pad, sample, velocity) of every hit of the lanes."""
    for pad, lane in LANES.items():
        for step, letter in enumerate(lane):
            if letter != ".":
                pair = 2 * step_samples * (step // 2 + (swing / 100 if step % 2 else 0))
                yield pad, round(pair), 1.0 if letter == "X" else 0.7


@pytest.fixture
def looping(player):
    """A pattern of three lanes at a tempo of whole samples, without swing and humanising, and its pads' sounds."""
    page = player.page
    page.locator("#clear").click()
    for name, value in (("tempo", 150), ("swing", 50), ("humanise", 0)):
        page.locator(f"#{name}").fill(str(value))
    draw(player, LANES)
    sounds = {}
    for pad, key in ((0, "1"), (3, "4"), (4, "q")):
        player.hears(lambda key=key: page.keyboard.press(key))
        sounds[pad] = player.samples()
    return sounds


def test_the_loop_and_its_stems_are_what_was_scheduled_sample_by_sample(player, looping):
    length = 16 * RATE // 10
    hits = [(at, pad, velocity, looping[pad]) for pad, at, velocity in schedule(RATE // 10)]
    expected = stems(hits, length)
    name, content = save(player, "loop")
    loop, rate = decoded(content)
    assert (name, rate, loop.shape[1]) == ("loop-150bpm.wav", RATE, length)
    wanted = [GAIN * expected[pad] for pad in LANES]
    assert 0.5 * np.abs(sum(expected.values())).max() < 10 ** (-6 / 20), "else the limiter acts"
    np.testing.assert_allclose(loop[0], sum(wanted), atol=2e-4)
    name, content = save(player, "stems")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None and archive.namelist() == ["kick.wav", "open_hat.wav", "closed_hat.wav"]
        for stem, file in zip(wanted, archive.namelist(), strict=True):
            (wave,), rate = decoded(archive.read(file))
            np.testing.assert_allclose(wave, stem, atol=2e-4)
    player.page.locator("#humanise").fill("60")
    first, second = (decoded(save(player, "loop")[1])[0] for _ in range(2))
    np.testing.assert_allclose(first, second, atol=1e-6)
    assert np.abs(first[0] - loop[0]).max() > 0.01


def test_the_midi_file_has_the_pattern(player, looping):
    player.page.locator("#swing").fill("60")
    name, content = save(player, "midi")
    file = mido.MidiFile(file=io.BytesIO(content))
    assert (name, file.type, len(file.tracks)) == ("loop-150bpm.mid", 0, 1)
    notes = {0: 36, 3: 46, 4: 42}
    step = RATE // 10
    wanted = sorted((at / RATE, notes[pad], round(127 * velocity)) for pad, at, velocity in schedule(step, swing=60))
    times = itertools.accumulate(message.time for message in file)
    played = [(at, message) for at, message in zip(times, file, strict=True) if message.type == "note_on"]
    found = sorted((at, message.note, message.velocity) for at, message in played)
    assert [hit[1:] for hit in found] == [hit[1:] for hit in wanted]
    np.testing.assert_allclose([hit[0] for hit in found], [hit[0] for hit in wanted], atol=1e-3)
    assert file.length == pytest.approx(1.6, abs=1e-3) and {message.channel for _, message in played} == {9}


def test_a_sound_is_saved_and_dragged_as_it_is_heard_with_its_recipe(player, tmp_path):
    page = player.page
    page.keyboard.press("Shift+2")
    player.hears(page.locator("#dice").click)
    page.locator("#shape summary").click()
    for _ in range(4):
        page.locator("#pan").press("ArrowLeft")
    page.locator("#decay").press("PageUp")
    page.locator("#shape summary").click()
    player.settle()
    player.hears(page.locator("#play-sound").click)
    wave = player.samples()
    left = np.arange(len(wave), 0, -1) / len(wave)
    angle = (1 - 0.2) * np.pi / 4
    sides = np.array([[np.cos(angle)], [np.sin(angle)]]) * edged(wave * 10.0 ** (-3 * np.clip(1 - left / 0.1, 0, 1)))
    expected = sides / max(np.abs(sides).max(), 2**-0.5)  # equal power, turned down to full scale
    name, content = save(player, "wav")
    saved, rate = decoded(content)
    assert (name, rate) == ("clap.wav", RATE)
    np.testing.assert_allclose(saved, expected, atol=2e-3)
    (tmp_path / "clap.wav").write_bytes(content)
    recipe = json.loads(audio.comment(tmp_path / "clap.wav"))
    seed = page.evaluate("sent.findLast(([, message]) => message.slot === 'pad1')[1].sound.seed")
    assert recipe["pad"]["sound"]["seed"] == seed and (recipe["pad"]["pan"], recipe["pad"]["decay"]) == (-0.2, 0.1)
    name, flac = save(player, "flac")
    (tmp_path / name).write_bytes(flac)
    assert name == "clap.flac" and json.loads(audio.comment(tmp_path / name)) == recipe
    np.testing.assert_array_equal(decoded(flac)[0], saved)
    page.locator("#save-sound").hover()
    drag = """(() => {
        const dataTransfer = new DataTransfer();
        document.querySelector("#save-sound").dispatchEvent(new DragEvent("dragstart", { dataTransfer }));
        return dataTransfer.getData("DownloadURL");
    })()"""
    player.until(drag)  # the file is made while the pointer comes near
    kind, name, scheme, data = page.evaluate(drag).split(":", 3)
    assert (kind, name, scheme) == ("audio/wav", "clap.wav", "data")
    assert base64.b64decode(data.partition(",")[2]) == content


def test_a_saved_sound_is_made_again_without_the_page(player, synth, tmp_path, monkeypatch, capsys):
    page = player.page
    shaped = {"level": 0.8, "pan": 0.3, "pitch": -3.5, "decay": 0.4, "fade": 50, "crop": [12, 190]}
    sound = {"class": "tom", "knobs": [0.5, -1, 0], "seed": 7, "vary": [[0.2, 3]], "texture": 4}
    link = """([sound, shape]) => import("/static/link.js").then(({ decode, encode }) => {
        const doc = decode("");
        Object.assign(doc.kits.a[0], shape, { sound });
        location.hash = encode(doc);
    })"""
    monkeypatch.setattr(Synth, "load", lambda path=None, knobs=None: synth)
    monkeypatch.chdir(tmp_path)
    blend = {"class": "clap", "seed": 3, "knobs": [0, 0, 0], "vary": [], "t": 0.4}
    blend["other"] = {"class": "snare", "knobs": [0, 1, 0], "seed": None, "dot": 5, "vary": []}
    for of_pad in ([sound, shaped], [blend, {"crop": [3.1, 80]}]):
        page.evaluate(link, of_pad)
        player.settle()
        name, content = save(player, "wav")
        Path(name).write_bytes(content)
        assert generate(["--again", name]) == 0
        made = Path(capsys.readouterr().out.strip())
        assert made.stem == f"{Path(name).stem}_2" and audio.comment(made) == audio.comment(name)
        (saved, rate), (again, again_rate) = decoded(content), decoded(made.read_bytes())
        assert rate == again_rate and saved.shape == again.shape and np.abs(saved).max() > 0.2
        np.testing.assert_allclose(again, saved, atol=1e-3)


def test_the_kit_is_saved_for_samplers_and_as_wavs(player, tmp_path):
    page = player.page
    page.locator("#level").press("ArrowDown")
    name, content = save(player, "sfz")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    assert name == "kit-sfz.zip"
    text = (tmp_path / "drumjax-kit" / "drumjax-kit.sfz").read_text()
    groups = [line for line in text.splitlines() if line.startswith("<group>")]
    keys = [36, 39, 38, 46, 42, 54, 64, 61, 82, 37, 45]  # as in the MIDI file
    assert [int(line.split("key=")[1].split()[0]) for line in groups] == keys
    assert "volume=-0.45" in groups[0] and "off_by=1" in groups[3] and "off_by=1" in groups[4]
    player.hears(lambda: page.keyboard.press("1"))
    kick = player.samples()
    takes = sorted((tmp_path / "drumjax-kit" / "samples").glob("36_kick_rr*.wav"))
    assert len(takes) == 3 and len({path.read_bytes() for path in takes}) == 3
    saved, _ = decoded(takes[0].read_bytes())
    length = min(saved.shape[1], len(kick))  # the page's copy has 16 bits
    np.testing.assert_allclose(saved[0, :length], kick[:length], atol=1e-4)
    name, content = save(player, "wavs")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert name == "kit.zip" and len(archive.namelist()) == 11
        np.testing.assert_allclose(decoded(archive.read("kick.wav"))[0][0], 0.95 * edged(kick), atol=1e-3)
