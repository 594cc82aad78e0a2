// A rotary knob: drag up and down, wheel, arrow keys; a double click or Enter opens a field to type its value.

import { clamp } from "./kit.js";
import { type } from "./typing.js";

const TRAVEL_PX = 180; // of a drag from end to end
const SWEEP = 270; // degrees
const RADIUS = 26;
const SLOP_PX = 3; // a tap moves less
const DOUBLE_MS = 400; // between two taps
const AS_IT_IS = { unit: "", typed: (value) => value, read: (number) => number };

/**
 * Builds the knob inside `root`, whose data attributes hold min, max, initial and, where it has one, the step of an arrow
 * key. `typing`: the unit in which its value is typed, the number for a value, `typed`, and the value for a number, `read`.
 */
export class Dial {
  value = 0;
  #root;
  #text;
  #arc;
  #needle;
  #format;
  #typing;
  #min;
  #max;
  #initial;

  constructor(root, { format, typing = AS_IT_IS, oninput, onend }) {
    this.#root = root;
    this.#format = format;
    this.#typing = typing;
    this.limits(Number(root.dataset.min), Number(root.dataset.max));
    this.#initial = Number(root.dataset.initial);
    this.#build();
    this.#listen(oninput, onend);
  }

  limits(min, max) {
    [this.#min, this.#max] = [min, max];
    this.#root.ariaValueMin = min;
    this.#root.ariaValueMax = max;
  }

  show(value) {
    this.value = value;
    const text = this.#format(value);
    this.#root.ariaValueNow = value;
    this.#root.ariaValueText = text;
    this.#text.textContent = text;
    const angle = this.#angle(value);
    const origin = this.#angle(clamp(0, this.#min, this.#max));
    this.#arc.setAttribute("d", arcPath(Math.min(angle, origin), Math.max(angle, origin)));
    this.#needle.setAttribute("transform", `rotate(${angle})`);
  }

  #angle(value) {
    return SWEEP * ((value - this.#min) / (this.#max - this.#min) - 0.5);
  }

  #build() {
    const make = (name, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      return element;
    };
    const svg = make("svg", { viewBox: "-32 -32 64 64", "aria-hidden": true });
    const track = make("path", { class: "track", d: arcPath(-SWEEP / 2, SWEEP / 2) });
    this.#arc = make("path", { class: "arc" });
    const cap = make("circle", { class: "cap", r: 19 });
    this.#needle = make("path", { class: "needle", d: "M0-8V-16" });
    svg.append(track, this.#arc, cap, this.#needle);
    this.#text = Object.assign(document.createElement("output"), { className: "value" });
    this.#root.append(svg, this.#text);
  }

  #listen(oninput, onend) {
    const root = this.#root;
    let grip = null;
    let resting;
    const go = (value) => oninput(clamp(value, this.#min, this.#max));
    const settle = () => {
      clearTimeout(resting);
      resting = setTimeout(onend, 400);
    };
    const open = () => {
      const { unit, typed, read } = this.#typing;
      const rounded = (value) => Number(typed(value).toFixed(2));
      const [min, max, initial, value] = [this.#min, this.#max, this.#initial, this.value].map(rounded);
      const name = document.getElementById(root.getAttribute("aria-labelledby")).textContent;
      type(root, { name, unit, min, max, value, initial, set: (number) => (go(read(number)), onend()) });
    };
    root.title = "Double click to type a value";
    root.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      root.setPointerCapture(event.pointerId);
      root.focus({ preventScroll: true });
      grip = { y: event.clientY, value: this.value, still: true };
    });
    root.addEventListener("pointermove", ({ clientY, shiftKey }) => {
      if (!grip) return;
      grip.still &&= Math.abs(clientY - grip.y) <= SLOP_PX;
      const travel = TRAVEL_PX * (shiftKey ? 5 : 1);
      go(grip.value + ((grip.y - clientY) / travel) * (this.#max - this.#min));
    });
    const release = () => {
      if (grip) onend();
      grip = null;
    };
    // Two taps of a finger, which not every browser reports as a double click.
    let tapped = -Infinity;
    root.addEventListener("pointerup", ({ pointerType, timeStamp }) => {
      const tap = pointerType === "touch" && grip?.still;
      if (tap && timeStamp - tapped < DOUBLE_MS) setTimeout(open); // later: the end of a press outside of it would close it
      tapped = tap ? timeStamp : -Infinity;
    });
    root.addEventListener("pointerup", release);
    root.addEventListener("pointercancel", release);
    root.addEventListener("dblclick", open);
    root.addEventListener("wheel", (event) => {
      event.preventDefault();
      go(this.value - Math.sign(event.deltaY) * (this.#max - this.#min) * 0.01);
      settle();
    }, { passive: false });
    root.addEventListener("keydown", (event) => {
      const step = (Number(root.dataset.step) || (this.#max - this.#min) / 40) / (event.shiftKey ? 5 : 1);
      const ways = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 4, PageDown: -4 };
      if (event.key === "Enter") return event.preventDefault(), open();
      if (event.key === "Home") go(this.#initial);
      else if (event.key in ways) go(this.value + ways[event.key] * step);
      else return;
      event.preventDefault();
      settle();
    });
  }
}

function arcPath(from, to) {
  const point = (degrees) => {
    const angle = ((degrees - 90) * Math.PI) / 180;
    return `${(RADIUS * Math.cos(angle)).toFixed(2)} ${(RADIUS * Math.sin(angle)).toFixed(2)}`;
  };
  return `M${point(from)}A${RADIUS} ${RADIUS} 0 ${Number(to - from > 180)} 1 ${point(to)}`;
}
