// The selected sound over a ruler in milliseconds, with the handles that crop it.

import { clamp } from "./kit.js";
import { canvasOf, peaksOf, QUIETEST, tokens } from "./canvas.js";

const RULER_PX = 20;
const SHORTEST_MS = 5;
const UNITS = 60; // of the ruler, at most
const CLICK_PX = 4;

/** `length`: of the ruler, ms. `mode` select: a drag marks the crop; move: it shifts the crop. Calls `oncrop(crop or null)` and `onend()`. */
export class Waveform {
  length = 1000;
  mode = "select";
  #root;
  #drawing;
  #handles;
  #buffer = null;
  #crop = null;
  #head = null;

  constructor(root, { oncrop, onend }) {
    this.#root = root;
    this.#handles = [...root.querySelectorAll("[role=slider]")];
    this.#drawing = canvasOf(root.querySelector("canvas"), (...args) => this.#draw(...args));
    this.#listen(oncrop, onend);
  }

  /** `busy`: a newer sound than the one in `buffer` is requested. */
  show(buffer, crop, busy) {
    this.#root.ariaBusy = busy;
    [this.#buffer, this.#crop] = [buffer, crop];
    const ends = crop ?? [0, this.length];
    this.#handles.forEach((handle, i) => {
      handle.style.left = `${clamp((100 * ends[i]) / this.length, 0, 100)}%`;
      handle.ariaValueMin = 0;
      handle.ariaValueMax = Math.round(this.length);
      handle.ariaValueNow = Math.round(ends[i]);
      handle.ariaValueText = `${Math.round(ends[i])} ms`;
    });
    this.#drawing.redraw();
  }

  /** Moves a line over the sound while it plays; `elapsed()` is the time in seconds. */
  follow(elapsed) {
    const from = this.#crop?.[0] ?? 0;
    const to = Math.min(this.#crop?.[1] ?? Infinity, 1000 * (this.#buffer?.duration ?? 0));
    const run = () => {
      const at = from + elapsed() * 1000;
      this.#head = this.following === run && at < to ? Math.max(at, from) : null;
      this.#drawing.redraw();
      if (this.#head !== null) requestAnimationFrame(run);
    };
    this.following = run;
    run();
  }

  #listen(oncrop, onend) {
    const root = this.#root;
    let grip = null;
    const ms = ({ clientX }) => {
      const box = root.getBoundingClientRect();
      return Math.round(clamp((clientX - box.left) / box.width, 0, 1) * this.length);
    };
    const set = (from, to) => {
      const full = Math.floor(this.length);
      const start = clamp(Math.min(from, to), 0, full - SHORTEST_MS);
      const end = clamp(Math.max(from, to), start + SHORTEST_MS, full);
      oncrop(start === 0 && end === full ? null : [start, end]);
    };
    const ends = () => this.#crop ?? [0, Math.floor(this.length)];
    root.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      root.setPointerCapture(event.pointerId);
      const handle = this.#handles.indexOf(event.target.closest("[role=slider]"));
      if (handle >= 0) this.#handles[handle].focus({ preventScroll: true });
      grip = { handle, at: ms(event), x: event.clientX, crop: this.#crop, ends: ends(), moved: false };
    });
    root.addEventListener("pointermove", (event) => {
      if (!grip) return;
      grip.moved ||= Math.abs(event.clientX - grip.x) > CLICK_PX;
      if (!grip.moved) return;
      const [start, end] = grip.ends;
      const way = ms(event) - grip.at;
      if (grip.handle === 0) set(Math.min(start + way, end - SHORTEST_MS), end);
      else if (grip.handle === 1) set(start, Math.max(end + way, start + SHORTEST_MS));
      else if (this.mode === "select") set(grip.at, ms(event));
      else {
        const shift = clamp(way, -start, Math.floor(this.length) - end);
        set(start + shift, end + shift);
      }
    });
    const release = ({ type }) => {
      if (grip?.moved && type === "pointercancel") oncrop(grip.crop); // it was a scroll
      if (grip?.moved) onend();
      grip = null;
    };
    root.addEventListener("pointerup", release);
    root.addEventListener("pointercancel", release);
    this.#handles.forEach((handle, i) => {
      handle.addEventListener("keydown", (event) => {
        const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
        if (!way) return;
        event.preventDefault();
        const [start, end] = ends();
        const step = way * (event.shiftKey ? 10 : 1);
        if (i === 0) set(Math.min(start + step, end - SHORTEST_MS), end);
        else set(start, Math.max(end + step, start + SHORTEST_MS));
      });
      handle.addEventListener("keyup", ({ key }) => key.startsWith("Arrow") && onend());
    });
  }

  #draw(context, width, height) {
    const { accent, chosen, field, font, line, lineStrong, muted, quiet } = tokens();
    const bottom = height - RULER_PX;
    const px = (ms) => (ms / this.length) * width;
    context.fillStyle = field;
    context.fillRect(0, 0, width, bottom);
    context.font = font;
    context.textBaseline = "middle";
    const unit = [1, 2.5, 5, 10].find((times) => this.length <= times * UNITS * 20) ?? 25;
    for (let at = 0; 20 * unit * at <= this.length; at++) {
      const ms = 20 * unit * at;
      const major = at % 5 === 0;
      context.fillStyle = major ? line : quiet;
      if (major) context.fillRect(Math.round(px(ms)), 0, 1, bottom);
      context.fillStyle = lineStrong;
      context.fillRect(Math.round(px(ms)), bottom, 1, major ? 6 : 3);
      context.fillStyle = muted;
      context.textAlign = ms === 0 ? "left" : ms > this.length - 20 * unit ? "right" : "center";
      if (at % 10 === 0) context.fillText(ms ? `${ms}` : "0 ms", px(ms), bottom + 13);
    }
    if (!this.#buffer) return;
    const middle = bottom / 2;
    const samples = this.#buffer.getChannelData(0);
    const columns = Math.max(1, Math.round(px(1000 * this.#buffer.duration)));
    const peaks = peaksOf(samples, columns);
    const peak = Math.max(QUIETEST, ...peaks.map(([low, high]) => Math.max(-low, high)));
    const scale = (0.92 * middle) / peak;
    const [from, to] = this.#crop ?? [0, this.length];
    peaks.forEach(([low, high], x) => {
      const inside = x >= px(from) && x <= px(to);
      context.fillStyle = !inside ? quiet : this.#head === null ? chosen : accent;
      context.fillRect(x, middle - high * scale, 1, Math.max(1, (high - low) * scale));
    });
    if (this.#crop) {
      context.fillStyle = "rgb(0 0 0 / 45%)";
      context.fillRect(0, 0, px(from), bottom);
      context.fillRect(px(to), 0, width - px(to), bottom);
    }
    if (this.#head !== null) {
      context.fillStyle = "#fff";
      context.fillRect(Math.round(px(this.#head)), 0, 1, bottom);
    }
  }
}
