// The pattern's lanes: a mute, a solo, a name and the steps of each.

import { audible } from "./hits.js";
import { PADS } from "./kit.js";
import { stateOf, STEPS, VELOCITIES } from "./pattern.js";
import { titleOf } from "./recipe.js";

const HOLD_MS = 350; // a press this long makes a step an accent
const SLOP_PX = 8; // a finger that moved less still taps
const NUDGE = 5; // percent, of a key

/**
 * Calls `onstep(pad, step, velocity, live)`, `onend()` after a stroke of live ones, `onnudge(pad, step, change)` with
 * what to add to the step's velocity or chance, `onfine(pad, step, button)` for a step to edit closely,
 * `onmute(pad)`, `onsolo(pad)`, `onselect(pad)`, and `oncopy(pad)`, `onpaste(pad)` for the lane in which the keyboard is.
 */
export class Grid {
  #root;
  #lanes;
  #length = 0;
  #marked = null;

  constructor(root, { onstep, onend, onnudge, onfine, oncopy, onpaste, ...press }) {
    this.#root = root;
    this.#lanes = Array.from({ length: PADS }, (_, pad) => laneOf(root, pad, press));
    this.#fit(STEPS);
    this.#paint(onstep, onend, onfine);
    this.#walk(onstep, onnudge);
    for (const [type, act] of [["copy", oncopy], ["paste", onpaste]]) {
      document.addEventListener(type, (event) => {
        const row = document.activeElement.closest(".lane");
        if (!row) return;
        event.stopPropagation(); // the steps, not the sound of the pad
        act(this.#lanes.findIndex((lane) => lane.row === row));
      });
    }
  }

  show({ length, velocity, chance }, pads, selected) {
    this.#fit(length);
    const heard = audible(pads);
    this.#lanes.forEach(({ row, name, mute, solo, steps }, pad) => {
      const label = titleOf(pads[pad]);
      row.classList.toggle("selected", pad === selected);
      row.classList.toggle("muted", !heard[pad]);
      name.textContent = label;
      mute.ariaPressed = pads[pad].mute;
      mute.ariaLabel = `Mute ${label}`;
      solo.ariaPressed = pads[pad].solo;
      solo.ariaLabel = `Solo ${label}`;
      steps.forEach((button, step) => showStep(button, `${label}, step ${step + 1}`, velocity[pad][step], chance[pad][step]));
    });
  }

  /** Marks the column of the current step; null for none. */
  mark(step) {
    if (step === this.#marked) return;
    for (const { steps } of this.#lanes) {
      steps[this.#marked]?.classList.remove("now");
      steps[step]?.classList.add("now");
    }
    this.#marked = step;
  }

  #fit(length) {
    if (length === this.#length) return;
    this.#length = length;
    this.mark(null);
    this.#root.classList.toggle("long", length > STEPS);
    this.#lanes.forEach((lane, pad) => {
      lane.row.querySelectorAll(".beat").forEach((beat) => beat.remove());
      lane.steps = Array.from({ length }, (_, step) => stepOf(pad, step));
      const beats = Array.from({ length: length / 4 }, () => Object.assign(document.createElement("div"), { className: "beat" }));
      lane.steps.forEach((button, step) => beats[Math.floor(step / 4)].append(button));
      lane.row.append(...beats);
    });
    this.#lanes[0].steps[0].tabIndex = 0;
  }

  #place(button) {
    return [Number(button.dataset.pad), Number(button.dataset.step)];
  }

  // A mouse paints at once. A finger may be about to scroll: it paints once it lifts, rests or moves sideways.
  #paint(onstep, onend, onfine) {
    let stroke = null;
    let hold;
    const at = ({ clientX, clientY }) => document.elementFromPoint(clientX, clientY)?.closest(".step");
    const set = (button) => {
      stroke.painted = true;
      if (button !== stroke.button) stroke.held = false;
      if (button && stroke.state !== button.dataset.state) onstep(...this.#place(button), VELOCITIES[stroke.state], true);
    };
    this.#root.addEventListener("pointerdown", (event) => {
      const button = event.target.closest(".step");
      if (!button || event.button || stroke) return;
      if (event.target.hasPointerCapture(event.pointerId)) event.target.releasePointerCapture(event.pointerId); // for a finger to move on
      stroke = { id: event.pointerId, x: event.clientX, button, state: nextState(button, event.shiftKey), painted: false, held: false };
      if (event.pointerType !== "touch") set(button);
      hold = setTimeout(() => {
        stroke.state = "accent";
        stroke.held = true;
        set(button);
      }, HOLD_MS);
    });
    this.#root.addEventListener("pointermove", (event) => {
      if (event.pointerId !== stroke?.id) return;
      if (!stroke.painted && Math.abs(event.clientX - stroke.x) < SLOP_PX) return;
      const button = at(event);
      if (button !== stroke.button) clearTimeout(hold);
      set(stroke.button);
      set(button);
    });
    const release = (event) => {
      if (event.pointerId !== stroke?.id) return;
      clearTimeout(hold);
      if (event.type === "pointerup") set(stroke.button);
      if (stroke.painted) onend();
      const { held, button } = stroke;
      // Later: the end of a press outside of a popover would close it.
      if (held && event.type === "pointerup") setTimeout(() => onfine(...this.#place(button), button));
      stroke = null;
    };
    addEventListener("pointerup", release);
    addEventListener("pointercancel", release);
    this.#root.addEventListener("contextmenu", (event) => {
      const button = event.target.closest(".step");
      if (!button) return;
      event.preventDefault();
      if (stroke) return; // of a finger that holds
      const open = () => setTimeout(() => onfine(...this.#place(button), button));
      if (event.buttons) addEventListener("pointerup", open, { once: true }); // see above; a mouse that is pressed
      else open();
    });
  }

  // One tab stop for the grid; arrow keys move inside.
  #walk(onstep, onnudge) {
    this.#root.addEventListener("keydown", (event) => {
      const button = event.target.closest(".step");
      if (!button) return;
      const [pad, step] = this.#place(button);
      if (event.key === " " || event.key === "Enter") {
        onstep(pad, step, VELOCITIES[nextState(button, event.shiftKey)], false);
      } else if (event.key === "PageUp" || event.key === "PageDown") {
        const change = event.key === "PageUp" ? NUDGE : -NUDGE;
        onnudge(pad, step, event.shiftKey ? { chance: change } : { velocity: change });
      } else {
        const [down, right] =
          { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [];
        if (down === undefined) return;
        const next = this.#lanes[(pad + down + PADS) % PADS].steps[(step + right + this.#length) % this.#length];
        button.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      }
      event.preventDefault();
      event.stopPropagation();
    });
  }
}

function laneOf(root, pad, { onmute, onsolo, onselect }) {
  const row = Object.assign(document.createElement("div"), { className: "lane", role: "row" });
  const add = (button, role) => {
    const cell = Object.assign(document.createElement("div"), { className: "title-cell", role });
    cell.append(Object.assign(document.createElement("button"), button));
    row.append(cell);
    return cell.firstChild;
  };
  const mute = add({ className: "mute", textContent: "M", title: "Mute", onclick: () => onmute(pad) }, "gridcell");
  const solo = add({ className: "mute solo", textContent: "S", title: "Solo", onclick: () => onsolo(pad) }, "gridcell");
  const name = add({ className: "name", onclick: () => onselect(pad) }, "rowheader");
  root.append(row);
  return { row, name, mute, solo, steps: [] };
}

function stepOf(pad, step) {
  const button = Object.assign(document.createElement("button"), { className: "step", role: "gridcell", tabIndex: -1 });
  Object.assign(button.dataset, { pad, step });
  return button;
}

// A press switches a step on or off; with Shift, between an accent and a plain hit.
function nextState({ dataset: { state } }, shift) {
  if (shift) return state === "accent" ? "on" : "accent";
  return state === "off" ? "on" : "off";
}

function showStep(button, place, velocity, chance) {
  const state = stateOf(velocity);
  const fine = velocity === VELOCITIES[state] ? "" : `, velocity ${velocity} %`;
  const text = `${place}: ${state}${fine}${chance < 100 ? `, chance ${chance} %` : ""}`;
  if (button.ariaLabel === text) return; // spares 176 updates, 60 times a second in a drag
  button.ariaLabel = text;
  button.title = fine || chance < 100 ? text : "";
  button.dataset.state = state;
  button.classList.toggle("fine", Boolean(fine));
  button.classList.toggle("rare", chance < 100);
  button.style.setProperty("--velocity", `${velocity}%`);
}
