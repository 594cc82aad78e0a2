// MIDI in: notes to pads, controllers to the three knobs.

import { CLASSES } from "./kit.js";

const STORED = "drumjax.midi"; // the assignment belongs to this computer, not to a preset
const INITIAL = { x: 16, y: 17, fine: 18 }; // the general purpose controllers 1 to 3

const PAD_OF_NOTE = new Map(CLASSES.flatMap(({ notes }, pad) => notes.map((note) => [note, pad])));

/** Events: `note` (detail: pad, velocity 0..1), `control` (detail: knob, value 0..1), `change` of devices or mapping. */
export class Midi extends EventTarget {
  controllers = { ...INITIAL, ...JSON.parse(localStorage.getItem(STORED) ?? "{}") };
  learning = null;
  devices = null;

  /** Requests the devices. Throws where the browser has no MIDI or the user denied it. */
  async open() {
    if (!navigator.requestMIDIAccess) throw new Error("This browser does not support MIDI.");
    const access = await navigator.requestMIDIAccess();
    const connect = () => {
      this.devices = [...access.inputs.values()].filter(({ state }) => state === "connected");
      for (const input of this.devices) input.onmidimessage = ({ data }) => this.#receive(...data);
      this.dispatchEvent(new Event("change"));
    };
    access.onstatechange = connect;
    connect();
  }

  learn(knob) {
    this.learning = this.learning === knob ? null : knob;
    this.dispatchEvent(new Event("change"));
  }

  #receive(status, number, value) {
    const kind = status & 0xf0;
    if (kind === 0x90 && value && PAD_OF_NOTE.has(number)) {
      this.#dispatch("note", { pad: PAD_OF_NOTE.get(number), velocity: value / 127 });
    } else if (kind === 0xb0 && this.learning) {
      this.controllers[this.learning] = number;
      localStorage.setItem(STORED, JSON.stringify(this.controllers));
      this.learn(null);
    } else if (kind === 0xb0) {
      for (const [knob, controller] of Object.entries(this.controllers)) {
        if (controller === number) this.#dispatch("control", { knob, value: value / 127 });
      }
    }
  }

  #dispatch(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
