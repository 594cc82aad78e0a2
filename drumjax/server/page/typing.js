// Typed values: a click on the value of a slider, a double click on a knob, or Enter on either opens a field.

import { clamp } from "./kit.js";
import { notify } from "./notice.js";
import { show } from "./popover.js";

const $ = (id) => document.getElementById(id);
const PAUSE_MS = 2000; // taps further apart begin anew
const TAPS = 8; // the last ones, which are averaged
const SIDES = { left: -1, right: 1 };

let edited = null;

/**
 * Opens the field beside `anchor` for a value { name, unit, min, max, value, initial, set, tapped }: numbers as they are
 * typed, of which `set` gets one within the limits.
 */
export function type(anchor, value) {
  edited = value;
  const { name, unit, min } = value;
  $("typed-name").textContent = name;
  $("typed-unit").textContent = unit;
  $("typed-value").value = value.value;
  $("typed-value").inputMode = min < 0 ? "text" : "decimal"; // number pads of phones have no minus
  $("typed-note").textContent = "";
  $("tap").hidden = !value.tapped;
  if (!$("typed").matches(":popover-open")) show($("typed"), anchor);
  $("typed-value").select();
}

/** The number in a text, which the words of its unit may follow, or a side: 50 % left is -50. NaN for any other text. */
function numberIn(text, unit) {
  const plain = text.trim().toLowerCase().replace(",", ".").replace("−", "-");
  const [, number, rest] = /^([+-]?(?:\d+\.?\d*|\.\d+))\s*(.*)$/.exec(plain) ?? [];
  const side = unit.toLowerCase().split(" ").reduce((left, word) => left?.replace(word, ""), rest)?.trim();
  if (number === undefined || (side && !SIDES[side])) return NaN;
  return Number(number) * (SIDES[side] ?? 1);
}

// Returns what is wrong with the typed text; null where the value is set.
function accept() {
  const { unit, min, max, set } = edited;
  const text = $("typed-value").value;
  const number = numberIn(text, unit);
  if (Number.isNaN(number)) return `Type a number from ${min} to ${max}${unit && ` ${unit}`}; got ${text.trim() || "nothing"}.`;
  set(clamp(number, min, max));
  edited = null;
  return null;
}

$("typed-value").onkeydown = (event) => {
  if (event.key === "Escape") edited = null;
  if (event.key !== "Enter") return;
  event.preventDefault();
  $("typed-note").textContent = edited && accept();
  if (!edited) $("typed").hidePopover();
};
$("typed-value").onchange = () => {
  const wrong = edited && accept(); // a click elsewhere closes the field
  if (wrong) notify(wrong);
};
$("typed-reset").onclick = () => {
  edited?.set(edited.initial);
  edited = null;
  $("typed").hidePopover();
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
