// The panel of the pattern: banks, the grid, and what a single step has.

import { patternOf } from "./hits.js";
import { GROOVES } from "./grooves.js";
import { CLASSES, clamp, LIMITS, newSeed } from "./kit.js";
import { Grid } from "./grid.js";
import { isEmpty, laneOf, patternOfText, setLane, setLength, setStep } from "./pattern.js";
import { notify } from "./notice.js";
import { opens, show } from "./popover.js";
import { titleOf } from "./recipe.js";
import { fill } from "./slider.js";
import { Taps } from "./typing.js";

const $ = (id) => document.getElementById(id);
const REST_MS = 1000; // after which taps of the tempo are a step of undo

export class PatternPanel {
  #store;
  #grid;
  #step = null; // the pad and step that the popover edits
  #copied = { lane: null, pattern: null };
  #taps = new Taps();
  #resting;

  /** `onselect(pad)`: a lane's name was pressed; `onbank(bank, now)`: a pattern was chosen, with Shift to play at once. */
  constructor(store, { onselect, onbank }) {
    this.#store = store;
    this.#grid = new Grid($("lanes"), {
      onselect,
      onstep: (pad, step, value, live) => this.#edit((pattern) => setStep(pattern, pad, step, value), { live }),
      onend: () => store.commit(),
      onnudge: (pad, step, change) => this.#nudge(pad, step, change),
      onfine: (pad, step, button) => this.#open(pad, step, button),
      onmute: (pad) => store.edit(() => (store.pads[pad].mute = !store.pads[pad].mute)),
      onsolo: (pad) => store.edit(() => (store.pads[pad].solo = !store.pads[pad].solo)),
      oncopy: (pad) => this.#copyLane(pad),
      onpaste: (pad) => this.#pasteLane(pad),
    });
    // A click, since the pattern that plays can be chosen again.
    $("banks").onclick = ({ target, shiftKey }) => {
      if (!target.value) return; // of a label; its button is clicked, too
      onbank(target.value, shiftKey);
      this.show();
    };
    $("clear").onclick = () => this.#edit((pattern) => Object.assign(pattern, patternOfText(pattern.velocity.map(() => ""), pattern.length)));
    this.#fillMenu();
    for (const name of ["velocity", "chance"]) {
      $(name).oninput = () => this.#fine({ [name]: Number($(name).value) }, { live: true });
      $(name).onchange = () => store.commit();
    }
    $("tap").onclick = ({ timeStamp }) => this.tap(timeStamp);
  }

  /** A tap of the tempo, at a time in ms. */
  tap(time) {
    const tempo = this.#taps.add(time);
    if (!tempo) return;
    const { min, max } = LIMITS.tempo;
    this.#store.edit((doc) => (doc.tempo = clamp(Math.round(tempo), min, max)), { live: true });
    $("typed-value").value = this.#store.doc.tempo;
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#store.commit(), REST_MS);
  }

  show() {
    const { doc, pads } = this.#store;
    const pattern = patternOf(doc);
    this.#grid.show(pattern, pads, doc.selected);
    $("banks").querySelector(`[value=${doc.bank}]`).checked = true;
    const lane = titleOf(pads[doc.selected]);
    $("length").querySelector(`[value="${pattern.length}"]`).checked = true;
    $("copy-lane").textContent = `Copy lane ${lane}`;
    $("paste-lane").textContent = `Paste to lane ${lane}`;
    $("paste-lane").disabled = !this.#copied.lane;
    $("paste-pattern").disabled = !this.#copied.pattern;
    if (this.#step) this.#showFine(pattern);
  }

  /** Shows which pattern plays from the next bar on; null for none. */
  queue(bank) {
    for (const input of $("banks").querySelectorAll("input")) {
      input.parentElement.classList.toggle("queued", input.value === bank);
      input.ariaDescription = input.value === bank ? "plays from the next bar on" : null;
    }
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
    show(popover, button);
  }

  #fillMenu() {
    opens($("open-pattern"), $("pattern-menu"));
    $("length").onchange = ({ target }) => this.#edit((pattern) => setLength(pattern, Number(target.value)));
    $("copy-pattern").onclick = () => {
      this.#copied.pattern = structuredClone(patternOf(this.#store.doc));
      this.show();
    };
    $("paste-pattern").onclick = () => this.#edit((pattern) => Object.assign(pattern, structuredClone(this.#copied.pattern)));
    $("copy-lane").onclick = () => this.#copyLane(this.#store.doc.selected);
    $("paste-lane").onclick = () => this.#pasteLane(this.#store.doc.selected);
    $("new-chances").onclick = () => this.#store.edit((doc) => (doc.seed = newSeed()));
    for (const groove of GROOVES) {
      const button = Object.assign(document.createElement("button"), { textContent: groove.name, onclick: () => this.#start(groove) });
      button.dataset.closes = "";
      $("grooves").append(button);
    }
  }

  #copyLane(pad) {
    this.#copied.lane = structuredClone(laneOf(patternOf(this.#store.doc), pad));
    notify(`Copied the steps of ${titleOf(this.#store.pads[pad])}.`);
    this.show();
  }

  #pasteLane(pad) {
    if (this.#copied.lane) this.#edit((pattern) => setLane(pattern, pad, this.#copied.lane));
  }

  // The tempo comes with the steps, unless another pattern plays at it already.
  #start({ name, tempo, swing, ...lanes }) {
    const texts = CLASSES.map(({ name }) => lanes[name] ?? "");
    this.#store.edit((doc) => {
      const others = Object.keys(doc.banks).filter((bank) => bank !== doc.bank);
      if (others.every((bank) => isEmpty(doc.banks[bank]))) Object.assign(doc, { tempo, swing });
      doc.banks[doc.bank] = patternOfText(texts, Math.max(...texts.map(({ length }) => length)));
    });
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
