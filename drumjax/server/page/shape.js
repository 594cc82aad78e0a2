// More of the selected sound: another take of it, and a second sound that it is blended with.

import { CLASSES } from "./kit.js";
import { fill } from "./slider.js";
import { keyOf, newSound, setTake, takeNumber, titleOf } from "./recipe.js";

const HALF = 0.5; // of a blend that was just chosen

const $ = (id) => document.getElementById(id);

export class Shape {
  #store;
  #connection;
  #choices = []; // what the list of sounds to blend with holds
  #listed = "";

  constructor(store, connection) {
    [this.#store, this.#connection] = [store, connection];
    $("take-less").onclick = () => this.take(-1);
    $("take-more").onclick = () => this.take(1);
    $("blend").onchange = ({ target }) => {
      const other = this.#choices[target.selectedIndex]?.sound ?? null;
      this.#edit((sound) => Object.assign(sound, { other: structuredClone(other), t: other ? sound.t || HALF : 0 }));
    };
    $("blend-share").oninput = ({ target }) => store.edit(() => (store.pad.sound.t = Number(target.value) / 100), { live: true });
    $("blend-share").onchange = () => store.commit();
    $("shape").ontoggle = () => this.show();
  }

  /** Another take of the sound: the next one, or the one before. */
  take(step) {
    this.#edit((sound) => this.#hasTakes && setTake(sound, Math.max(0, takeNumber(sound) + step)));
  }

  show() {
    if (!$("shape").open) return;
    const { sound } = this.#store.pad;
    const number = takeNumber(sound);
    $("take").textContent = number ? `Take ${number}` : "Original take";
    $("take-less").disabled = !number;
    $("takes").hidden = !this.#hasTakes;
    this.#list();
    const share = Math.round(100 * (sound.t ?? 0));
    $("blend-share").value = share;
    $("blend-share").disabled = !sound.other;
    $("blend-share").parentElement.querySelector("output").textContent = `${share} %`;
    fill($("blend-share"));
  }

  get #hasTakes() {
    return Boolean(this.#store.pad.sound.own) || this.#connection.hello.texture;
  }

  #edit(change) {
    this.#store.edit(() => change(this.#store.pad.sound));
  }

  // The sounds that can be chosen: the centres of the classes, the other pads, and what was chosen earlier.
  #list() {
    const { pads, pad, doc } = this.#store;
    const classes = CLASSES.map(({ name, label }) => ({ group: "Class", label, sound: newSound(name) }));
    const others = pads.flatMap((one, at) => {
      const { other, t, ...sound } = one.sound;
      return at === doc.selected ? [] : { group: "Pad", label: `${at + 1}: ${titleOf(one)}`, sound };
    });
    this.#choices = [{ label: "nothing", sound: null }, ...classes, ...others];
    const same = ({ sound }) => (sound && keyOf(sound)) === (pad.sound.other ? keyOf(pad.sound.other) : null);
    if (!this.#choices.some(same)) this.#choices.splice(1, 0, { label: `${titleOf({ sound: pad.sound.other })} from before`, sound: pad.sound.other });
    const listed = JSON.stringify(this.#choices.map(({ label }) => label));
    if (listed !== this.#listed) $("blend").replaceChildren(...groupsOf(this.#choices));
    this.#listed = listed;
    $("blend").selectedIndex = this.#choices.findIndex(same);
  }
}

function groupsOf(choices) {
  const options = choices.map(({ label }) => new Option(label));
  return [null, "Class", "Pad"].flatMap((group) => {
    const own = options.filter((_, at) => (choices[at].group ?? null) === group);
    if (!group) return own;
    const element = Object.assign(document.createElement("optgroup"), { label: group });
    element.append(...own);
    return element;
  });
}
