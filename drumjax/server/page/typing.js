// Typed values: a click on the value of a slider, or Enter on it, opens a field; that of the tempo can be tapped too.

import { clamp } from "./kit.js";
import { show } from "./popover.js";

const $ = (id) => document.getElementById(id);
const PAUSE_MS = 2000; // taps further apart begin anew
const TAPS = 8; // the last ones, which are averaged

let edited = null;

/** Lets `set(number)` be typed: opens by a click on `output`, or by Enter on `input`, a slider. */
export function typed(input, output, name, set) {
  const open = (event) => {
    event.preventDefault();
    edited = { set, min: Number(input.min), max: Number(input.max) };
    $("typed-name").textContent = name;
    $("typed-value").value = input.value;
    $("tap").hidden = input.id !== "tempo";
    show($("typed"), output);
    $("typed-value").select();
  };
  output.title = "Click to type a value";
  output.addEventListener("click", open);
  input.addEventListener("keydown", (event) => event.key === "Enter" && open(event));
}

$("typed-value").onkeydown = ({ key }) => {
  if (key === "Escape") edited = null;
  if (key === "Enter") $("typed").hidePopover(); // its value has changed then
};
$("typed-value").onchange = ({ target }) => {
  const value = Number(target.value.replace(",", "."));
  if (target.value.trim() && Number.isFinite(value)) edited?.set(clamp(Math.round(value), edited.min, edited.max));
};

/** Beats per minute of taps at times in ms: null before the second of a row. */
export class Taps {
  #times = [];

  add(time) {
    if (time - this.#times.at(-1) > PAUSE_MS) this.#times = [];
    this.#times = [...this.#times, time].slice(-TAPS);
    const gaps = this.#times.length - 1;
    return gaps > 0 ? (60_000 * gaps) / (this.#times.at(-1) - this.#times[0]) : null;
  }
}
