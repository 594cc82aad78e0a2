// The panel of the pattern: banks, the grid, and what a single step has.

import { patternOf } from "./hits.js";
import { clamp } from "./kit.js";
import { Grid } from "./grid.js";
import { LENGTHS, patternOfText, setLength, setStep } from "./pattern.js";
import { fill } from "./slider.js";

const $ = (id) => document.getElementById(id);
const EDGE_PX = 8;

export class PatternPanel {
  #store;
  #grid;
  #step = null; // the pad and step that the popover edits

  /** `onselect(pad)`: a lane's name was pressed. */
  constructor(store, { onselect }) {
    this.#store = store;
    this.#grid = new Grid($("lanes"), {
      onselect,
      onstep: (pad, step, value, live) => this.#edit((pattern) => setStep(pattern, pad, step, value), { live }),
      onend: () => store.commit(),
      onnudge: (pad, step, change) => this.#nudge(pad, step, change),
      onfine: (pad, step, button) => this.#open(pad, step, button),
      onmute: (pad) => store.edit(() => (store.pads[pad].mute = !store.pads[pad].mute)),
    });
    $("banks").onchange = ({ target }) => store.edit((doc) => (doc.bank = target.value));
    $("long").onclick = () =>
      this.#edit((pattern) => setLength(pattern, LENGTHS.find((length) => length !== pattern.length)));
    $("clear").onclick = () => this.#edit((pattern) => Object.assign(pattern, patternOfText(pattern.velocity.map(() => ""), pattern.length)));
    for (const name of ["velocity", "chance"]) {
      $(name).oninput = () => this.#fine({ [name]: Number($(name).value) }, { live: true });
      $(name).onchange = () => store.commit();
    }
  }

  show() {
    const { doc, pads } = this.#store;
    const pattern = patternOf(doc);
    this.#grid.show(pattern, pads, doc.selected);
    $("banks").querySelector(`[value=${doc.bank}]`).checked = true;
    $("long").textContent = pattern.length === LENGTHS[0] ? "32 steps" : "16 steps";
    if (this.#step) this.#showFine(pattern);
  }

  mark(step) {
    this.#grid.mark(step);
  }

  #edit(change, options) {
    this.#store.edit((doc) => change(patternOf(doc)), options);
  }

  #nudge(pad, step, { velocity = 0, chance = 0 }) {
    this.#edit((pattern) => {
      const [was, odds] = [pattern.velocity[pad][step], pattern.chance[pad][step]];
      if (was) setStep(pattern, pad, step, clamp(was + velocity, 1, 100), clamp(odds + chance, 1, 100));
    });
  }

  #fine(change, options) {
    const [pad, step] = this.#step;
    this.#edit((pattern) => {
      const { velocity, chance } = { velocity: pattern.velocity[pad][step], chance: pattern.chance[pad][step], ...change };
      setStep(pattern, pad, step, velocity, chance);
    }, options);
  }

  #open(pad, step, button) {
    this.#step = [pad, step];
    const popover = $("step");
    popover.querySelector("h2").textContent = button.ariaLabel.split(":")[0];
    this.#showFine(patternOf(this.#store.doc));
    popover.showPopover();
    const [at, size] = [button.getBoundingClientRect(), popover.getBoundingClientRect()];
    const above = at.top - size.height - EDGE_PX;
    popover.style.left = `${clamp(at.left + at.width / 2 - size.width / 2, EDGE_PX, innerWidth - size.width - EDGE_PX)}px`;
    popover.style.top = `${above >= EDGE_PX ? above : at.bottom + EDGE_PX}px`;
  }

  #showFine({ velocity, chance }) {
    const [pad, step] = this.#step;
    if (velocity[pad][step] === undefined) return $("step").hidePopover(); // the pattern is shorter now
    for (const [name, value] of [["velocity", velocity[pad][step]], ["chance", chance[pad][step]]]) {
      $(name).value = value;
      $(name).parentElement.querySelector("output").textContent = name === "velocity" && !value ? "off" : `${value} %`;
      fill($(name));
    }
    $("chance").disabled = !velocity[pad][step];
  }
}
