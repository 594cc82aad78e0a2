"""The page in headless Chromium, in front of the real server.

The screenshots stay in $DRUMJAX_SCREENSHOTS, else in pytest's temporary folder.
"""

import io
import itertools
import os
import re
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from drumjax.config import CLASSES
from drumjax.server import web
from drumjax.server.trial import harness
from drumjax.server.trial.browser import chromium
from drumjax.synth import Synth

LAPTOP, TABLET = {"width": 1280, "height": 800}, {"width": 820, "height": 1180}

# Records every voice that the page starts, and measures the output.
LISTEN = """
window.heard = [];
AudioBufferSourceNode.prototype.connect = function (to) {
  this.to = to;
  return AudioNode.prototype.connect.call(this, to);
};
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when, offset, duration) {
  const samples = this.buffer.getChannelData(0);
  const peak = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const mark = samples.reduce((sum, x, i) => sum + x * (i % 97 + 1), 0);
  window.last = samples;
  window.heard.push({ when, offset, duration, peak, mark, rate: this.buffer.sampleRate, level: this.to.gain.value });
  return start.call(this, when, offset, duration);
};
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to) {
  if (to === this.context.destination) {
    window.ear = this.context.createAnalyser();
    window.ear.fftSize = 8192;
    connect.call(this, window.ear);
  }
  return connect.call(this, to);
};
window.loudness = () => {
  const samples = new Float32Array(window.ear.fftSize);
  window.ear.getFloatTimeDomainData(samples);
  return samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
};
const send = WebSocket.prototype.send;
window.sent = [];
WebSocket.prototype.send = function (text) {
  window.sent.push([performance.now(), JSON.parse(text)]);
  return send.call(this, text);
};
"""

# A MIDI keyboard for the test: midi(status, number, value).
MIDI = """
const input = { name: "Test keys", state: "connected", onmidimessage: null };
navigator.requestMIDIAccess = async () => ({ inputs: new Map([["1", input]]) });
window.midi = (...data) => input.onmidimessage({ data });
"""


class Player:
    """A user in front of one page: actions, screenshots, and the voices that sound."""

    def __init__(self, page, port: int, screenshots: Path):
        self.page, self.url, self._screenshots = page, f"http://127.0.0.1:{port}/", screenshots
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: line.type == "error" and self.errors.append(line.text))
        page.on("request", lambda request: self._within(request.url))
        page.add_init_script(LISTEN)
        page.add_init_script(MIDI)

    def _within(self, url: str) -> None:
        if not url.startswith((self.url, f"blob:{self.url}")):
            self.errors.append(f"requested {url}")

    def open(self, fragment: str = "") -> "Player":
        self.page.goto(f"{self.url}#{fragment}")
        return self.ready()

    def ready(self) -> "Player":
        self.page.locator("#status[data-state=ready]").wait_for()
        self.until("document.querySelectorAll('.pad[aria-busy=false]').length === 11")
        return self

    def until(self, condition: str, seconds: float = 20) -> None:
        """Waits for a JavaScript condition. (Playwright's own wait needs eval, which the page's policy forbids.)"""
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(condition):
            assert time.monotonic() < deadline, f"{condition} did not come true"
            self.page.wait_for_timeout(20)

    def heard(self) -> list[dict]:
        return self.page.evaluate("heard")

    def hears(self, act, least: int = 1) -> list[dict]:
        """The voices that sound after `act`: at least so many."""
        before = self.page.evaluate("heard.length")
        act()
        self.until(f"heard.length >= {before + least}")
        return self.heard()[before:]

    def samples(self) -> np.ndarray:
        """The samples of the last voice."""
        return np.array(self.page.evaluate("Array.from(last)"), np.float32)

    def drag(self, selector: str, start: tuple[float, float], end: tuple[float, float], steps: int = 10) -> None:
        """Moves the mouse, pressed, between two places of an element (shares of its size)."""
        box = self.page.locator(selector).bounding_box()
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for step in range(1, steps + 1):
            self.page.mouse.move(*(a + (b - a) * step / steps for a, b in zip(*places, strict=True)))
            self.page.wait_for_timeout(16)
        self.page.mouse.up()

    def settle(self) -> None:
        """Waits until every requested sound has come and the address is written."""
        self.page.wait_for_timeout(600)

    def shoot(self, name: str) -> None:
        self.page.screenshot(path=self._screenshots / f"{name}.png")

    def knobs(self) -> list[float]:
        """The knobs of the first pad in the last request."""
        return self.page.evaluate("sent.findLast(([, message]) => message.slot === 'pad0')[1].sound.knobs")

    def value(self, selector: str) -> float:
        return float(self.page.locator(selector).get_attribute("aria-valuenow"))


@pytest.fixture(scope="module")
def server():
    with harness.start_server() as server:
        yield server


@pytest.fixture(scope="module")
def browser():
    try:
        with chromium() as browser:
            yield browser
    except FileNotFoundError as error:
        pytest.fail(str(error)) if os.environ.get("CI") else pytest.skip(str(error))


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory) -> Path:
    folder = Path(os.environ.get("DRUMJAX_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def visit(browser, screenshots):
    """Opens further windows; at the end no page may have logged an error or requested anything from elsewhere."""
    contexts, players = [], []

    def visit(server, viewport=LAPTOP, **options) -> Player:
        contexts.append(browser.new_context(viewport=viewport, **options))
        players.append(Player(contexts[-1].new_page(), server.http, screenshots))
        return players[-1]

    yield visit
    errors = [error for player in players for error in player.errors]
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture(scope="module")
def window(server, browser, screenshots):
    context = browser.new_context(viewport=LAPTOP)
    yield Player(context.new_page(), server.http, screenshots).open()
    context.close()


@pytest.fixture
def player(window):
    """The one window of most tests, reset, with the sounds of the first kit loaded."""
    window.page.evaluate("document.activeElement.blur(); location.hash = location.hash === '#v=1' ? 'n=0' : 'v=1'")
    window.page.wait_for_timeout(100)
    yield window
    assert not window.errors


@pytest.fixture(scope="module")
def synth():
    return Synth.load()


def test_a_drag_sounds_and_ends_at_the_sound_under_the_pointer(player, synth):
    player.shoot("start")
    heard = player.hears(lambda: player.drag("#xy", (0.5, 0.5), (0.8, 0.3), 60), least=3)
    assert min(voice["peak"] for voice in heard) > 0.05
    assert len({voice["mark"] for voice in heard}) == len(heard)
    player.settle()
    times = [time for time, message in player.page.evaluate("sent") if message.get("slot") == "pad0"]
    assert np.median(np.diff(times[1:])) > 14  # ms: at most about 60 messages a second
    knobs = player.knobs()
    assert knobs == pytest.approx([1.29, 0.86, 0], abs=0.02)
    assert np.array_equal(player.samples(), synth.generate(knobs, "kick"))
    player.page.locator("#play-sound").click()
    player.until("loudness() > 0.01")
    assert re.match(r"Latency \d+ ms", player.page.locator("#latency").inner_text())
    player.shoot("dragged")


def test_every_control_of_the_panel_changes_the_sound(player):
    page = player.page
    marks = [player.hears(page.locator("#play-sound").click)[-1]["mark"]]
    acts = {
        "fine": lambda: player.drag("#fine", (0.5, 0.5), (0.5, 0.0)),
        "pad by keys": lambda: page.locator("#xy .handle").press("ArrowRight"),
        "class": lambda: page.locator("#class").select_option("snare"),
        "dice": page.locator("#dice").click,
        "dice by key": lambda: page.keyboard.press("n"),
        "vary": page.locator("#vary").click,
        "centre": page.locator("#centre").click,
    }
    for name, act in acts.items():
        page.evaluate("document.activeElement.blur()")
        mark = player.hears(act)[-1]["mark"]
        player.settle()
        mark = player.heard()[-1]["mark"]
        assert mark not in marks, name
        marks.append(mark)
    player.shoot("snare")


def test_the_range_widens_the_pad_and_shows_that_it_extrapolates(player):
    page = player.page
    assert not page.get_by_text("Extrapolating").is_visible()
    for reach in (5, 10):
        page.get_by_role("radio", name=f"{reach}, extrapolates").check(force=True)
        assert page.get_by_text("Extrapolating").is_visible()
        player.hears(lambda: player.drag("#xy", (0.5, 0.5), (0.999, 0.25)))
        assert player.value("#xy .handle") == reach
        player.shoot(f"range-{reach}")
    page.get_by_role("radio", name="2", exact=True).check(force=True)
    assert player.value("#xy .handle") == 2


def test_sens_slows_the_hand_and_preview_off_is_silent(player):
    page = player.page
    page.locator("#sens").fill("25")
    player.drag("#xy", (0.2, 0.5), (0.7, 0.5))
    assert player.value("#xy .handle") == pytest.approx(0.25 * 0.5 * 4, abs=0.1)
    page.locator("#preview").uncheck(force=True)
    player.settle()
    before = len(player.heard())
    player.drag("#xy", (0.5, 0.5), (0.5, 0.1))
    player.settle()
    assert len(player.heard()) == before


def test_the_crop_is_what_plays_and_what_is_saved(player, tmp_path):
    page = player.page
    player.drag("#wave", (0.1, 0.5), (0.4, 0.5))
    start, end = (player.value(f"#wave .{side}") for side in ("start", "end"))
    assert (start, end) == pytest.approx((100, 400), abs=5)
    page.locator("#wave .end").press("Shift+ArrowLeft")
    page.get_by_role("radio", name="Move").check(force=True)
    player.drag("#wave", (0.2, 0.5), (0.15, 0.5))
    start, end = (player.value(f"#wave .{side}") for side in ("start", "end"))
    assert (start, end) == pytest.approx((50, 340), abs=6)
    heard = player.hears(page.locator("#play-sound").click)[-1]
    assert (heard["offset"], heard["duration"]) == pytest.approx((start / 1000, (end - start) / 1000))
    player.shoot("cropped")
    with page.expect_download() as download:
        page.locator("#save-sound").click()
    assert download.value.suggested_filename == "kick.wav"
    download.value.save_as(tmp_path / "kick.wav")
    with soundfile.SoundFile(tmp_path / "kick.wav") as file:
        assert (file.samplerate, file.subtype, file.channels) == (44100, "PCM_24", 1)
        assert file.frames == round(44.1 * end) - round(44.1 * start)
        saved = file.read()
    # The file is the sound that the crop keeps.
    kept = player.samples()[round(44.1 * start) : round(44.1 * end)]
    length = min(len(kept), len(saved))
    assert np.corrcoef(kept[:length], saved[:length])[0, 1] > 0.9
    page.get_by_role("radio", name="Select").check(force=True)
    page.locator("#crop-reset").click()
    assert [player.value(f"#wave .{side}") for side in ("start", "end")] == pytest.approx([0, 998], abs=1)


def test_the_kit_is_saved_as_a_zip(player):
    with player.page.expect_download() as download:
        player.page.locator("#save-kit").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert sorted(archive.namelist()) == sorted(f"{name}.wav" for name in CLASSES)
        for name in archive.namelist():
            wave, rate = soundfile.read(io.BytesIO(archive.read(name)))
            assert rate == 44100 and np.abs(wave).max() > 0.05


def test_undo_redo_and_two_kits(visit, server):
    player = visit(server).open()
    page = player.page
    first = player.hears(page.locator("#play-sound").click)[-1]["mark"]
    second = player.hears(page.locator("#dice").click)[-1]["mark"]
    assert player.hears(lambda: page.keyboard.press("Control+z"))[-1]["mark"] == first
    assert page.locator("#undo").is_disabled()
    assert player.hears(lambda: page.keyboard.press("Control+Shift+z"))[-1]["mark"] == second
    kit = {side: page.locator(f"#kits [value={side}]") for side in "ab"}
    assert player.hears(lambda: kit["b"].check(force=True))[-1]["mark"] == first
    third = player.hears(page.locator("#dice").click)[-1]["mark"]
    assert player.hears(lambda: kit["a"].check(force=True))[-1]["mark"] == second
    player.shoot("kits")
    page.get_by_role("button", name="Copy to B").click()
    kit["b"].check(force=True)
    assert player.hears(page.locator("#play-sound").click)[-1]["mark"] == second != third


def test_each_pad_keeps_its_own_sound(player):
    page = player.page
    played = [player.hears(lambda key=key: page.keyboard.press(key))[-1] for key in "1234qwerasd"]
    assert len({voice["mark"] for voice in played}) == len(CLASSES)
    player.hears(lambda: page.locator(".pad").nth(2).click())
    assert page.locator("#class").input_value() == "snare"
    changed = player.hears(page.locator("#dice").click)[-1]["mark"]
    player.hears(lambda: page.locator(".pad").nth(0).click())
    assert page.locator("#class").input_value() == "kick"
    again = [player.hears(lambda key=key: page.keyboard.press(key))[-1]["mark"] for key in "123"]
    assert again == [played[0]["mark"], played[1]["mark"], changed]
    assert page.evaluate("import('/static/kit.js').then(kit => kit.CLASSES.map(c => c.name))") == list(CLASSES)


def test_midi_plays_the_pads_and_turns_the_knobs(player):
    page = player.page
    player.hears(lambda: page.keyboard.press("1"))
    page.locator("#open-midi").click()
    page.locator("#midi-connect").click()
    page.get_by_text("Connected: Test keys.").wait_for()
    page.get_by_role("button", name="Learn Y").click()
    page.evaluate("midi(0xb0, 74, 1)")
    player.shoot("midi")
    page.keyboard.press("Escape")
    loud, soft = (player.hears(lambda v=v: page.evaluate(f"midi(0x99, 38, {v})"))[-1] for v in (127, 32))
    snare = player.hears(lambda: page.keyboard.press("3"))[-1]
    assert loud["mark"] == soft["mark"] == snare["mark"]
    assert (loud["level"], soft["level"]) == pytest.approx((1, 32 / 127), abs=1e-3)
    for controller, value in ((16, 127), (74, 0), (18, 96)):
        page.evaluate(f"midi(0xb0, {controller}, {value})")
    player.settle()
    assert player.knobs() == pytest.approx([2, -2, 2 * (2 * 96 / 127 - 1)], abs=1e-3)


def test_the_pattern_plays_in_time_and_humanised(player):
    page = player.page
    page.locator("#clear").click()
    lane = page.locator(".lane").first
    for step in range(0, 16, 2):
        lane.locator(".step").nth(step).click()
    lane.locator(".step").nth(1).click(modifiers=["Shift"])
    page.locator("#tempo").fill("150")
    page.locator("#swing").fill("60")
    page.locator("#humanise").fill("0")
    expected = pytest.approx([0.12, 0.08, *[0.2] * 7], abs=1e-6)
    for _ in range(5):
        heard = player.hears(lambda: page.keyboard.press("Space"), least=10)[:10]
        gaps = np.diff([voice["when"] for voice in heard])
        if gaps == expected:
            break
        page.keyboard.press("Space")  # a busy machine held the page up, and the pattern continued from there: once more
        page.wait_for_timeout(500)
    player.shoot("playing")
    assert gaps == expected
    assert [voice["level"] for voice in heard[:3]] == pytest.approx([0.7, 1, 0.7])
    assert len({voice["mark"] for voice in heard}) == 1
    plain = page.evaluate("last.slice()")
    page.locator("#humanise").fill("60")
    count = len(player.heard())
    player.until(f"new Set(heard.slice({count}).map(voice => voice.mark)).size >= 6")
    page.keyboard.press("Space")
    page.wait_for_timeout(200)
    count = len(player.heard())
    page.wait_for_timeout(500)
    assert len(player.heard()) == count
    assert page.evaluate("plain => last.some((x, i) => x !== plain[i])", plain)


def test_steps_are_painted_and_undone_in_one_stroke(player):
    page = player.page
    boxes = [page.locator(f".step[data-pad='2'][data-step='{step}']").bounding_box() for step in (0, 7)]
    for _ in range(5):
        page.locator("#clear").click()
        page.mouse.move(boxes[0]["x"] + 5, boxes[0]["y"] + 5)
        page.mouse.down()
        page.mouse.move(boxes[1]["x"] + 5, boxes[1]["y"] + 5, steps=20)
        page.mouse.up()
        # On a busy machine the first step may be held so long that it becomes an accent: then once more.
        if page.locator(".step[data-state=accent]").count() == 0:
            break
    assert page.locator(".step[data-state=on]").count() == 8
    page.keyboard.press("Control+z")
    assert page.locator(".step[data-state=on]").count() == 0
    page.locator(".step").first.focus()
    for key in ("ArrowDown", "ArrowRight", "Space"):
        page.keyboard.press(key)
    assert page.locator(".step[data-pad='1'][data-step='1']").get_attribute("data-state") == "on"


def test_a_link_is_a_preset(player, visit, server):
    page = player.page
    player.hears(page.locator("#dice").click)
    player.hears(lambda: player.drag("#xy", (0.5, 0.5), (0.7, 0.6)))
    player.hears(page.locator("#vary").click)
    page.locator("#tempo").fill("97")
    page.locator(".step").nth(5).click()
    player.drag("#wave", (0.2, 0.5), (0.6, 0.5))
    player.settle()
    mark = player.hears(page.locator("#play-sound").click)[-1]
    steps = page.eval_on_selector_all(".step", "all => all.map(step => step.dataset.state)")
    page.reload()
    player.ready()
    guest = visit(server).open(page.url.partition("#")[2])
    for other in (player, guest):
        again = other.hears(other.page.locator("#play-sound").click)[-1]
        assert {key: again[key] for key in ("mark", "offset", "duration")} == {
            key: mark[key] for key in ("mark", "offset", "duration")
        }
        assert other.page.eval_on_selector_all(".step", "all => all.map(step => step.dataset.state)") == steps
        assert other.page.locator("#tempo").input_value() == "97"


def test_links_round_trip_and_damaged_ones_are_refused(player):
    page = player.page
    result = page.evaluate("""async () => {
        const { decode, encode } = await import("/static/link.js");
        const { CLASSES, newDocument } = await import("/static/kit.js");
        const pick = (n) => Math.floor(Math.random() * n);
        const knob = () => Number((Math.random() * 20 - 10).toFixed(3));
        let refused = 0;
        for (let i = 0; i < 200; i++) {
            const doc = newDocument();
            for (const pad of [...doc.kits.a, ...doc.kits.b]) {
                const vary = Array.from({ length: pick(8) }, () => [pick(1001) / 1000, pick(2 ** 31)]);
                const [name, seed] = [CLASSES[pick(11)].name, pick(2) ? pick(2 ** 31) : null];
                pad.sound = { class: name, knobs: [knob(), knob(), knob()], seed, vary };
                pad.crop = pick(2) ? [pick(400), 500 + pick(400)] : null;
                Object.assign(pad, { range: [2, 5, 10][pick(3)], level: pick(2001) / 1000, mute: !pick(2) });
            }
            doc.steps = doc.steps.map((lane) => lane.map(() => pick(3)));
            Object.assign(doc, { kit: "ab"[pick(2)], selected: pick(11), preview: !pick(2) });
            Object.assign(doc, { tempo: 40 + pick(200), swing: 50 + pick(25), humanise: pick(101), sens: 5 });
            const text = encode(doc);
            if (JSON.stringify(decode(text)) !== JSON.stringify(doc)) return `changed: ${text}`;
            if (/[^a-z0-9&=~.,_-]/.test(text)) return `not for a URL: ${text}`;
            const at = pick(text.length);
            const damaged = text.slice(0, at) + "%*xX9~"[pick(6)] + text.slice(at + 1 + pick(3));
            try { JSON.stringify(decode(damaged)); } catch (error) { refused += error instanceof Error; }
        }
        return refused;
    }""")
    assert isinstance(result, int), result
    assert result > 100
    page.goto(f"{player.url}#a=kick~99~0~0")
    page.get_by_text("This link is damaged").wait_for()
    assert page.locator("#class").input_value() == "kick"


def test_a_server_that_is_gone_and_comes_back(visit):
    with harness.start_server() as server:
        player = visit(server).open()
        page = player.page
        page.keyboard.press("2")
    page.get_by_text("Server not reachable").wait_for()
    player.hears(lambda: page.keyboard.press("1"))  # sounds that were loaded still play
    page.locator("#dice").click()
    page.locator("#save-sound").click()
    page.get_by_text("Not saved. Server not reachable.").wait_for()
    player.shoot("gone")
    before = player.heard()[-1]["mark"]
    with harness.start_server("--http-port", str(server.http)):
        page.locator("#status[data-state=ready]").wait_for()
        assert not page.get_by_text("Server not reachable. Retrying").is_visible()
        player.until("document.querySelector('#wave').ariaBusy === 'false'")  # the sound requested meanwhile
        assert player.hears(lambda: page.keyboard.press("1"))[-1]["mark"] != before
    player.errors[:] = [text for text in player.errors if "ERR_CONNECTION_REFUSED" not in text]


def test_a_tablet_has_everything_on_one_screen_under_a_finger(visit, server):
    player = visit(server, TABLET, has_touch=True).open()
    page = player.page
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [820, 1180]
    box = page.locator("#xy").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    assert player.value("#xy .handle") == pytest.approx(-1, abs=0.1)
    player.hears(page.locator(".pad").nth(4).tap)
    assert page.locator("#class").input_value() == "closed_hat"
    page.locator(".step").nth(3).tap()
    assert page.locator(".step").nth(3).get_attribute("data-state") == "on"
    small = page.eval_on_selector_all(
        "button:not(dialog *, #centre), select, .segments label, .dial, .handle, .crop",
        "all => all.filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect())"
        ".filter(box => Math.min(box.width, box.height) < 22).length",
    )
    assert small == 0
    player.shoot("tablet")


def test_a_laptop_needs_no_scrolling(player):
    assert player.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
        1280,
        800,
    ]


def test_everything_has_a_name_and_can_be_read(player):
    nameless = player.page.evaluate("""() => [...document.querySelectorAll("button, input, select, [role=slider]")]
        .filter((e) => !(e.ariaLabel || e.textContent.trim() || [...(e.labels ?? [])].some((l) => l.textContent.trim())
            || document.getElementById(e.getAttribute("aria-labelledby"))?.textContent))
        .map((e) => e.outerHTML)""")
    assert nameless == []
    style = (web.PAGE / "style.css").read_text()
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", style))
    for ink, paper in itertools.product(("text", "muted", "accent"), ("bg", "panel", "raised", "field")):
        assert contrast(colours[ink], colours[paper]) >= 4.5, (ink, paper)
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5


def test_the_page_is_all_there_is(player):
    """No inline code, which the policy would have to allow, and nothing from elsewhere."""
    html = (web.PAGE / "index.html").read_text()
    assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|https?:", html)
    for path in web.PAGE.glob("*.js"):
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|\beval\(|innerHTML", path.read_text()), path.name
    assert player.page.evaluate("fetch('https://example.org').then(() => 'reached', () => 'refused')") == "refused"
    player.errors.clear()


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, after WCAG 2."""

    def luminance(colour: str) -> float:
        channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
