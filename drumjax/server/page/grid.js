// The pattern's lanes: a name, a mute and sixteen steps each.

import { labelOf, PADS, STEPS } from "./kit.js";

const HOLD_MS = 350; // a press this long makes a step an accent
const SLOP_PX = 8; // a finger that moved less still taps
const STATES = ["off", "on", "accent"];

/** Calls `onstep(pad, step, value, live)`, `onend()` after a stroke of live ones, `onmute(pad)` and `onselect(pad)`. */
export class Grid {
  #root;
  #lanes;
  #marked = null;

  constructor(root, { onstep, onend, onmute, onselect }) {
    this.#root = root;
    this.#lanes = Array.from({ length: PADS }, (_, pad) => laneOf(root, pad, onmute, onselect));
    this.#lanes[0].steps[0].tabIndex = 0;
    this.#paint(onstep, onend);
    this.#walk(onstep);
  }

  show(steps, pads, selected) {
    this.#lanes.forEach(({ row, name, mute, steps: buttons }, pad) => {
      const label = labelOf(pads[pad].sound.class);
      row.classList.toggle("selected", pad === selected);
      row.classList.toggle("muted", pads[pad].mute);
      name.textContent = label;
      mute.ariaPressed = pads[pad].mute;
      mute.ariaLabel = `Mute ${label}`;
      buttons.forEach((button, step) => {
        const state = STATES[steps[pad][step]];
        const text = `${label}, step ${step + 1}: ${state}`;
        if (button.ariaLabel === text) return; // spares 176 updates, 60 times a second in a drag
        button.dataset.state = state;
        button.ariaLabel = text;
      });
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

  #place(button) {
    return [Number(button.dataset.pad), Number(button.dataset.step)];
  }

  // A mouse paints at once. A finger may be about to scroll: it paints once it lifts, rests or moves sideways.
  #paint(onstep, onend) {
    let stroke = null;
    let hold;
    const at = ({ clientX, clientY }) => document.elementFromPoint(clientX, clientY)?.closest(".step");
    const set = (button) => {
      stroke.painted = true;
      if (button && STATES[stroke.value] !== button.dataset.state) onstep(...this.#place(button), stroke.value, true);
    };
    this.#root.addEventListener("pointerdown", (event) => {
      const button = event.target.closest(".step");
      if (!button || event.button || stroke) return;
      if (event.target.hasPointerCapture(event.pointerId)) event.target.releasePointerCapture(event.pointerId); // for a finger to move on
      const was = STATES.indexOf(button.dataset.state);
      const value = event.shiftKey ? (was === 2 ? 1 : 2) : Number(!was);
      stroke = { id: event.pointerId, x: event.clientX, button, value, painted: false };
      if (event.pointerType !== "touch") set(button);
      hold = setTimeout(() => {
        stroke.value = 2;
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
      stroke = null;
    };
    addEventListener("pointerup", release);
    addEventListener("pointercancel", release);
    this.#root.addEventListener("contextmenu", (event) => event.target.closest(".step") && event.preventDefault());
  }

  // One tab stop for the grid; arrow keys move inside.
  #walk(onstep) {
    this.#root.addEventListener("keydown", (event) => {
      const button = event.target.closest(".step");
      if (!button) return;
      const [pad, step] = this.#place(button);
      if (event.key === " " || event.key === "Enter") {
        const was = STATES.indexOf(button.dataset.state);
        onstep(pad, step, event.shiftKey ? (was === 2 ? 1 : 2) : Number(!was), false);
      } else {
        const [down, right] =
          { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [];
        if (down === undefined) return;
        const next = this.#lanes[(pad + down + PADS) % PADS].steps[(step + right + STEPS) % STEPS];
        button.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      }
      event.preventDefault();
      event.stopPropagation();
    });
  }
}

function laneOf(root, pad, onmute, onselect) {
  const row = Object.assign(document.createElement("div"), { className: "lane", role: "row" });
  const mute = Object.assign(document.createElement("button"), { className: "mute", textContent: "M", title: "Mute" });
  const name = Object.assign(document.createElement("button"), { className: "name" });
  mute.onclick = () => onmute(pad);
  name.onclick = () => onselect(pad);
  const [muteCell, nameCell] = [mute, name].map((button) => {
    const cell = Object.assign(document.createElement("div"), { className: "title-cell", role: button === mute ? "gridcell" : "rowheader" });
    cell.append(button);
    return cell;
  });
  const steps = Array.from({ length: STEPS }, (_, step) => {
    const button = Object.assign(document.createElement("button"), { className: "step", role: "gridcell", tabIndex: -1 });
    Object.assign(button.dataset, { pad, step });
    return button;
  });
  const beats = Array.from({ length: STEPS / 4 }, () => Object.assign(document.createElement("div"), { className: "beat" }));
  steps.forEach((button, step) => beats[Math.floor(step / 4)].append(button));
  row.append(muteCell, nameCell, ...beats);
  root.append(row);
  return { row, name, mute, steps };
}
