// The eleven pads on the screen, and the buttons for the whole kit.

import { canvasOf, peaksOf, tokens } from "./canvas.js";
import { clamp, KEYS, PADS } from "./kit.js";
import { titleOf } from "./recipe.js";

const SHOWN_MS = 350; // of a sound: where drums differ
const SOFTEST = 0.3; // velocity at the lower edge; from 70 % of the height it is 1
const still = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Calls `onhit(pad, velocity)` when one is struck, the harder the higher, and `onselect(pad)` when the finger leaves it
 * without having scrolled. The last place of the 4 x 3 grid holds `extras`, elements for the whole kit.
 */
export class Bank {
  #pads;

  constructor(root, { onhit, onselect, extras }) {
    this.#pads = Array.from({ length: PADS }, (_, index) => padOf(root, index, onhit, onselect));
    const rest = Object.assign(document.createElement("div"), { className: "extras" });
    rest.append(...extras);
    root.append(rest);
    // Some browsers report the labels of this keyboard's keys; otherwise they are those of an American keyboard.
    navigator.keyboard?.getLayoutMap().then((caps) => {
      this.#pads.forEach(({ cap }, index) => (cap.textContent = caps.get(KEYS[index])?.toUpperCase() ?? cap.textContent));
    }, () => {});
  }

  show(pads, selected) {
    this.#pads.forEach((view, index) => {
      const label = titleOf(pads[index]);
      view.name.textContent = label;
      view.button.ariaLabel = `${label}, key ${view.cap.textContent}${pads[index].lock ? ", locked" : ""}`;
      view.button.classList.toggle("locked", pads[index].lock);
      view.button.ariaPressed = index === selected;
      view.button.classList.toggle("muted", pads[index].mute);
      if (view.level === pads[index].level) return;
      view.level = pads[index].level;
      view.drawing.redraw();
    });
  }

  wave(index, buffer) {
    this.#pads[index].buffer = buffer;
    this.#pads[index].button.ariaBusy = false;
    this.#pads[index].drawing.redraw();
  }

  /** Lights a pad up. */
  flash(index, velocity) {
    if (still.matches) return;
    const { light } = this.#pads[index];
    light.animate([{ opacity: 0.25 + 0.75 * velocity }, { opacity: 0 }], { duration: 260, easing: "ease-out" });
  }
}

function padOf(root, index, onhit, onselect) {
  const make = (name, className, text = "") => Object.assign(document.createElement(name), { className, textContent: text });
  const button = make("button", "pad");
  button.ariaBusy = true;
  const view = { button, name: make("span", "name"), light: make("i", "light"), buffer: null, level: 1 };
  view.cap = make("kbd", "", KEYS[index].at(-1));
  const canvas = document.createElement("canvas");
  button.append(view.light, view.name, view.cap, canvas);
  root.append(button);
  view.drawing = canvasOf(canvas, (context, width, height) => drawWave(context, width, height, view));
  let struck = null;
  button.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    struck = event.pointerId;
    event.preventDefault(); // a drum sounds when it is struck, not at the release
    button.focus({ preventScroll: true });
    const { bottom, height } = button.getBoundingClientRect();
    onhit(index, clamp(SOFTEST + (bottom - event.clientY) / height, SOFTEST, 1));
  });
  button.addEventListener("pointerup", ({ pointerId }) => pointerId === struck && onselect(index));
  button.addEventListener("click", ({ detail }) => {
    if (detail) return; // without a pointer: Enter, a screen reader
    onselect(index);
    onhit(index, 1);
  });
  return view;
}

// At its true level, so that quiet sounds look quiet.
function drawWave(context, width, height, { buffer, level }) {
  if (!buffer) return;
  context.fillStyle = tokens().muted;
  const samples = buffer.getChannelData(0);
  const shown = Math.round((SHOWN_MS / 1000) * buffer.sampleRate);
  const columns = Math.ceil((width * Math.min(samples.length, shown)) / shown);
  const y = (value) => (height / 2) * (1 - clamp(level * value, -1, 1));
  peaksOf(samples.subarray(0, shown), columns).forEach(([low, high], x) => {
    context.fillRect(x, y(high), 1, Math.max(1, y(low) - y(high)));
  });
}
