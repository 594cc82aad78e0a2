"""A producer's half hour on the page in one go: sounds in, a kit, a pattern, files out, each read by something else."""

import base64
import io
import itertools
import json
import subprocess
import sys
import urllib.request
import zipfile

import mido
import numpy as np
import pytest
import soundfile
from loops import GAIN, RATE, decoded, draw, save, stems

DROP = """([selector, name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
    const init = { dataTransfer: data, bubbles: true, cancelable: true };
    const target = document.querySelector(selector);
    for (const type of ["dragover", "drop"]) target.dispatchEvent(new DragEvent(type, init));
}"""
SCHEDULE = """async () => {
    const { hitsOf } = await import("/static/hits.js");
    const { decode } = await import("/static/link.js");
    const doc = decode(location.hash.slice(1));
    const pads = doc.kits[doc.kit];
    const heard = ({ pad, take }) => ({ sound: take ?? pads[pad].sound, level: pads[pad].level });
    return hitsOf(doc, 1, { texture: true }).map((hit) => ({ ...hit, ...heard(hit) }));
}"""
SEEDS = """import("/static/link.js").then(({ decode }) => {
    const doc = decode(decodeURI(location.hash.slice(1)));
    return doc.kits[doc.kit].map(({ sound }) => sound.seed);
})"""
DROPPED = {0: ("kick dusty.wav", 60), 2: ("snare old.wav", 190), 4: ("closed hat.wav", 6000)}
LANES = {0: "X...x.....x.....", 2: "....X.......X...", 4: "x.x.x.x.x.x.x.xx"}


def recorded(hz):
    """A stroke of 0.2 s with noise, as a WAV of 16 bits."""
    at = np.arange(RATE // 5) / RATE
    noise = np.random.default_rng(hz).standard_normal(len(at)) * np.exp(-60 * at)
    wave = 0.2 * np.sin(2 * np.pi * hz * at) * np.exp(-15 * at) + 0.02 * noise
    content = io.BytesIO()
    soundfile.write(content, wave, RATE, format="WAV", subtype="PCM_16")
    return content.getvalue()


def seeds(player):
    player.rest()  # until the address is written
    return player.page.evaluate(SEEDS)


def struck(player, pad):
    """The samples of a pad that is struck."""
    player.hears(lambda: player.page.locator(".pad").nth(pad).click(position={"x": 30, "y": 6}))
    return player.samples()


def is_dropped(samples, pad):
    wave, _ = soundfile.read(io.BytesIO(recorded(DROPPED[pad][1])))
    return len(samples) == len(wave) and np.abs(samples - wave).max() < 1e-4


def exported(player, sound):
    """The samples of a sound by the server's export, which shares nothing with the page's renderer."""
    body = json.dumps({"sound": sound, "rate": RATE}).encode()
    request = urllib.request.Request(f"{player.url}export.wav", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return decoded(answer.read())[0][0]


def fill_pads(player):
    """Three sounds in; two pads are locked, and the rest is rolled."""
    page = player.page
    for pad, (name, hz) in DROPPED.items():
        text = base64.b64encode(recorded(hz)).decode()
        player.hears(
            lambda pad=pad, name=name, text=text: page.evaluate(DROP, [f".pad:nth-child({pad + 1})", name, text])
        )
    for pad, (name, _) in DROPPED.items():
        player.until(f"document.querySelectorAll('.pad .name')[{pad}].textContent === '{name[:-4]}'", 120)
    player.settle()
    before = seeds(player)
    for key in ("1", "3"):
        page.keyboard.press(f"Shift+{key}")
        page.keyboard.press("l")
    page.locator("#new-kit").click()
    player.until("document.querySelector('#new-kit').ariaBusy === 'false'", 60)
    after = seeds(player)
    assert [pad for pad in range(11) if after[pad] == before[pad]] == [0, 2] and after[4] is not None
    player.settle()
    assert is_dropped(struck(player, 0), 0) and is_dropped(struck(player, 2), 2)


def check_audio(player, schedule):
    """The loop and its stems are what was scheduled, sample by sample."""
    waves = {json.dumps(hit["sound"]): exported(player, hit["sound"]) for hit in schedule}
    length = 16 * round(RATE * 60 / 100 / 4)
    hits = [
        (round(hit["time"] * RATE), hit["pad"], hit["velocity"], hit["level"] * waves[json.dumps(hit["sound"])])
        for hit in schedule
    ]
    expected = stems(hits, length)
    name, content = save(player, "stems")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = archive.namelist()
        found = [decoded(archive.read(file))[0] for file in files]
    assert len(files) == len(LANES)
    scale = max(1.0, GAIN * max(np.abs(stem).max() for stem in expected.values()))  # above full scale: turned down
    for (left, *_), stem in zip(found, expected.values(), strict=True):
        np.testing.assert_allclose(left, GAIN * stem / scale, atol=1e-3)
    name, content = save(player, "loop")
    (left, *_), rate = decoded(content)
    whole = sum(expected.values())
    assert (name, rate, len(left)) == ("loop-100bpm.wav", RATE, length)
    assert 0.5 * np.abs(whole).max() < 10 ** (-6 / 20), "else the limiter acts"
    np.testing.assert_allclose(left, GAIN * whole, atol=1e-3)


def check_midi(player, schedule):
    """The MIDI file, read by mido."""
    name, content = save(player, "midi")
    file = mido.MidiFile(file=io.BytesIO(content))
    times = itertools.accumulate(message.time for message in file)
    notes = [(at, m.note, m.velocity) for at, m in zip(times, file, strict=True) if m.type == "note_on" and m.velocity]
    keys = {0: 36, 2: 38, 4: 42}
    wanted = sorted((hit["time"], keys[hit["pad"]], round(127 * hit["velocity"])) for hit in schedule)
    assert [note[1:] for note in sorted(notes)] == [hit[1:] for hit in wanted]
    np.testing.assert_allclose([note[0] for note in sorted(notes)], [hit[0] for hit in wanted], atol=1e-3)


def check_kit(player, folder):
    """A linter finds nothing in the kit, and a sampler plays the dropped snare. Hydrogen's kit: test_samplers.py."""
    name, content = save(player, "sfz")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    (sfz,) = folder.rglob("*.sfz")
    command = [sys.executable, "-c", "from sfzlint.cli import sfzlint; sfzlint()", sfz, "--no-pickle"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")
    from pysfizz import Synth

    sampler = Synth(RATE, 64)
    assert sampler.load_sfz_file(sfz)
    sampler._synth.note_on(0, 38, 127)
    heard = np.concatenate([sampler._synth.render_block()[0].copy() for _ in range(200)])
    snare, _ = soundfile.read(io.BytesIO(recorded(190)))
    assert np.corrcoef(heard[: len(snare)], snare)[0, 1] > 0.99


@pytest.mark.slow
def test_a_producers_half_hour(player, tmp_path):
    page = player.page
    fill_pads(player)
    # A pattern, swung and humanised, with a softer hat: whatever was rolled, the limiter shall not act.
    page.keyboard.press("Shift+q")
    for _ in range(8):
        page.locator("#level").press("PageDown")
    page.locator("#clear").click()
    for name, value in (("tempo", 100), ("swing", 60), ("humanise", 40)):
        page.locator(f"#{name}").fill(str(value))
    draw(player, LANES)
    player.settle()
    player.shoot("half-hour")
    schedule = page.evaluate(SCHEDULE)
    assert len(schedule) == sum(len(lane) - lane.count(".") for lane in LANES.values())
    assert {hit["level"] < 0.5 for hit in schedule if hit["pad"] == 4} == {True}
    check_audio(player, schedule)
    check_midi(player, schedule)
    check_kit(player, tmp_path)
