// A rotary knob: drag up and down, wheel, arrow keys; a double click resets it.

import { clamp } from "./kit.js";

const TRAVEL_PX = 180; // of a drag from end to end
const SWEEP = 270; // degrees
const RADIUS = 26;

/** Builds the knob inside `root`, whose data attributes hold min, max, initial and, where it has one, the step of an arrow key. */
export class Dial {
  value = 0;
  #root;
  #text;
  #arc;
  #needle;
  #format;
  #min;
  #max;
  #initial;

  constructor(root, { format, oninput, onend }) {
    this.#root = root;
    this.#format = format;
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
    root.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      root.setPointerCapture(event.pointerId);
      root.focus({ preventScroll: true });
      grip = { y: event.clientY, value: this.value };
    });
    root.addEventListener("pointermove", ({ clientY, shiftKey }) => {
      if (!grip) return;
      const travel = TRAVEL_PX * (shiftKey ? 5 : 1);
      go(grip.value + ((grip.y - clientY) / travel) * (this.#max - this.#min));
    });
    const release = () => {
      if (grip) onend();
      grip = null;
    };
    root.addEventListener("pointerup", release);
    root.addEventListener("pointercancel", release);
    root.addEventListener("dblclick", () => (go(this.#initial), onend()));
    root.addEventListener("wheel", (event) => {
      event.preventDefault();
      go(this.value - Math.sign(event.deltaY) * (this.#max - this.#min) * 0.01);
      settle();
    }, { passive: false });
    root.addEventListener("keydown", (event) => {
      const step = (Number(root.dataset.step) || (this.#max - this.#min) / 40) / (event.shiftKey ? 5 : 1);
      const ways = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 4, PageDown: -4 };
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
