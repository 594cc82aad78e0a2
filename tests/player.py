"""A user in front of the page in headless Chromium: actions, screenshots, and the voices that sound."""

import time
from pathlib import Path

import numpy as np

LAPTOP, TABLET, PHONE = ({"width": w, "height": h} for w, h in ((1280, 800), (820, 1180), (390, 844)))

# Records every voice that the page starts and where it is stopped, and measures the output.
LISTEN = """
window.heard = [];
const voices = new WeakMap();
AudioBufferSourceNode.prototype.connect = function (to) {
  this.to = to;
  return AudioNode.prototype.connect.call(this, to);
};
const measured = new WeakMap();
const measure = (samples) => ({
  peak: samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
  mark: samples.reduce((sum, x, i) => sum + x * (i % 97 + 1), 0),
});
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when, offset, duration) {
  window.last = this.buffer.getChannelData(0);
  if (!measured.has(this.buffer)) measured.set(this.buffer, measure(window.last));
  const { peak, mark } = measured.get(this.buffer);
  const voice = { when, offset, duration, peak, mark, rate: this.buffer.sampleRate, level: this.to.gain.value };
  voice.channels = this.buffer.numberOfChannels;
  Object.assign(voice, { pitch: this.playbackRate.value, at: this.context.currentTime, stop: when + duration });
  voices.set(this, voice);
  window.heard.push(voice);
  return start.call(this, when, offset, duration);
};
const stop = AudioBufferSourceNode.prototype.stop;
AudioBufferSourceNode.prototype.stop = function (when) {
  voices.get(this).stop = when;
  return stop.call(this, when);
};
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...places) {
  if (to === this.context.destination && window.AudioContext && this.context instanceof AudioContext) {
    window.clock = this.context;
    window.ear = this.context.createAnalyser();
    window.ear.fftSize = 8192;
    connect.call(this, window.ear);
  }
  return connect.call(this, to, ...places);
};
window.loudness = () => {
  const samples = new Float32Array(window.ear.fftSize);
  window.ear.getFloatTimeDomainData(samples);
  return samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
};
const send = WebSocket.prototype.send;
window.sent = [];
window.unanswered = new Set(); // ids of requested sounds
const idOf = (data) => {
  if (typeof data === "string") return JSON.parse(data).id;
  return JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, new DataView(data).getUint32(0, true)))).id;
};
WebSocket.prototype.send = function (text) {
  const message = JSON.parse(text);
  window.sent.push([performance.now(), message]);
  if (message.type === "hello") {
    this.addEventListener("message", ({ data }) => window.unanswered.delete(idOf(data)));
    this.addEventListener("close", () => window.unanswered.clear());
  }
  if (message.type === "render") window.unanswered.add(message.id);
  return send.call(this, text);
};
"""

# A MIDI keyboard for the test: midi(status, number, value); midiAt(ms, ...) gives the message another time.
MIDI = """
const input = { name: "Test keys", state: "connected", onmidimessage: null };
navigator.requestMIDIAccess = async () => ({ inputs: new Map([["1", input]]) });
window.midiAt = (timeStamp, ...data) => input.onmidimessage({ timeStamp, data });
window.midi = (...data) => midiAt(performance.now(), ...data);
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
        self.page.goto(f"{self.url}#{fragment}" if fragment else self.url)
        return self.ready()

    def again(self) -> "Player":
        """Leaves the page and opens it anew, without a link."""
        self.page.goto("about:blank")
        return self.open()

    def ready(self) -> "Player":
        self.page.locator("#status[data-state=ready]").wait_for(state="attached", timeout=60_000)
        self.until("document.querySelectorAll('.pad[aria-busy=false]').length === 11", 60)
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

    def swipe(self, selector: str, dx: float = 0, dy: float = 0, at: tuple[float, float] = (0.5, 0.5)) -> None:
        """Moves one finger by (dx, dy) pixels from a place of an element."""
        box = self.page.locator(selector).first.bounding_box()
        x, y = box["x"] + at[0] * box["width"], box["y"] + at[1] * box["height"]
        touch = self.page.context.new_cdp_session(self.page)
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for step in range(1, 11):
            place = {"x": x + dx * step / 10, "y": y + dy * step / 10}
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
            self.page.wait_for_timeout(16)
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        self.page.wait_for_timeout(50)

    def rest(self, ms: int = 600) -> None:
        """Waits by the page's own clock, so after its shorter timers: the address is written, however busy it is."""
        self.page.evaluate("ms => new Promise((done) => setTimeout(done, ms))", ms)

    def settle(self) -> None:
        """Waits until every requested sound has come and the address is written."""
        self.rest()
        self.until("document.querySelector('#wave').ariaBusy === 'false' && !unanswered.size")

    def link(self, fragment: str) -> None:
        """Opens a link in the open page, and waits until the page has read it."""
        self.page.evaluate(
            """fragment => new Promise((done) => {
                addEventListener("hashchange", () => setTimeout(done), { once: true });
                setTimeout(done, 20000);
                location.hash = fragment;
            })""",
            fragment,
        )

    def shoot(self, name: str) -> None:
        self.page.screenshot(path=self._screenshots / f"{name}.png")

    def knobs(self) -> list[float]:
        """The knobs of the first pad in the last request."""
        return self.page.evaluate("sent.findLast(([, message]) => message.slot === 'pad0')[1].sound.knobs")

    def value(self, selector: str) -> float:
        return float(self.page.locator(selector).get_attribute("aria-valuenow"))

    def across(self, share: float) -> float:
        """The first knob at a place of the map: a share of its width, or the nearest one that the knob reaches."""
        low, high = (
            float(self.page.locator("#xy .handle").get_attribute(f"aria-value{end}")) for end in ("min", "max")
        )
        width, inset = self.page.locator("#xy").bounding_box()["width"], 16
        return low + min(1, max(0, (share * width - inset) / (width - 2 * inset))) * (high - low)

    def steps(self) -> list[str]:
        """The state of every step."""
        return self.page.eval_on_selector_all(".step", "all => all.map(step => step.dataset.state)")

    @property
    def playing(self) -> bool:
        return self.page.locator("#run").get_attribute("aria-pressed") == "true"

    def plays(self, wanted: bool = True) -> None:
        """Waits until the pattern plays, or does not; a start waits for the audio output."""
        self.until(f"document.querySelector('#run').ariaPressed === '{str(wanted).lower()}'")
