// MIDI in: notes to pads, controllers to the three knobs, the clock to the pattern.

import { PAD_OF_NOTE, VELOCITY_CURVES } from "./kit.js";
import { keep, recall } from "./memory.js";

// The general purpose controllers 1 to 3, and a linear velocity.
const INITIAL = { controllers: { x: 16, y: 17, fine: 18 }, curve: "even" };
const CLOCK = { 0xf8: "tick", 0xfa: "start", 0xfb: "onward", 0xfc: "stop" };

/**
 * Events: `note` (detail: pad, velocity 0..1), `control` (detail: knob, value 0..1), `clock` (detail: kind, one of
 * tick, start, onward, stop, and timeStamp in ms), `change` of devices or settings.
 */
export class Midi extends EventTarget {
  settings = recall("midi", settingsOf) ?? structuredClone(INITIAL); // of this computer, not of a preset
  learning = null;
  devices = null;

  /** Requests the devices. Throws where the browser has no MIDI or the user denied it. */
  async open() {
    if (!isSecureContext) throw new Error(`Browsers allow MIDI only on a secure page: on the server's own machine, open ${location.protocol}//127.0.0.1:${location.port}.`);
    if (!navigator.requestMIDIAccess) throw new Error("This browser does not support MIDI.");
    // Firefox also refuses where no device is connected, and has a text of its own for it that speaks of add-ons.
    const access = await navigator.requestMIDIAccess().catch(() => {
      throw new Error("The browser gives no access to MIDI devices. Connect one, press the button again and allow it; a device connected late may need a restart of the browser.");
    });
    const connect = () => {
      this.devices = [...access.inputs.values()].filter(({ state }) => state === "connected");
      for (const input of this.devices) input.onmidimessage = ({ data, timeStamp }) => this.#receive(timeStamp, ...data);
      this.dispatchEvent(new Event("change"));
    };
    access.onstatechange = connect;
    connect();
  }

  learn(knob) {
    this.learning = this.learning === knob ? null : knob;
    this.dispatchEvent(new Event("change"));
  }

  /** Changes a setting, and keeps it. */
  set(change) {
    Object.assign(this.settings, change);
    keep("midi", this.settings);
    this.dispatchEvent(new Event("change"));
  }

  #receive(timeStamp, status, number, value) {
    const kind = status & 0xf0;
    const { controllers, curve } = this.settings;
    if (status in CLOCK) this.#dispatch("clock", { kind: CLOCK[status], timeStamp });
    else if (kind === 0x90 && value && PAD_OF_NOTE.has(number)) {
      this.#dispatch("note", { pad: PAD_OF_NOTE.get(number), velocity: (value / 127) ** VELOCITY_CURVES[curve] });
    } else if (kind === 0xb0 && this.learning) {
      const knob = this.learning;
      this.learning = null;
      this.set({ controllers: { ...controllers, [knob]: number } });
    } else if (kind === 0xb0) {
      for (const [knob, controller] of Object.entries(controllers)) {
        if (controller === number) this.#dispatch("control", { knob, value: value / 127 });
      }
    }
  }

  #dispatch(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

// Kept settings, checked; those of the first version were the controllers alone.
function settingsOf({ controllers, curve, ...old }) {
  const numbers = { ...INITIAL.controllers, ...(controllers ?? old) };
  const isController = (number) => Number.isInteger(number) && number >= 0 && number < 128;
  if (!["x", "y", "fine"].every((knob) => isController(numbers[knob]))) throw new Error("no controllers");
  return { controllers: numbers, curve: Object.hasOwn(VELOCITY_CURVES, curve ?? "") ? curve : INITIAL.curve };
}
