// Schedules the pattern on the audio clock; with Humanise, every hit is a new take of its sound.

import { HUMANISE_AMOUNT, MAX_VARY, newSeed, STEP_LEVELS, STEPS } from "./kit.js";
import { keyOf } from "./sounds.js";

const AHEAD_S = 0.12; // how far hits are scheduled before they sound
const START_S = 0.06;
const FRESH = 3; // unused takes of a lane

/** Events: `state` when `playing` changes. `position(time)` is the step that sounds at a time of the context. */
export class Sequencer extends EventTarget {
  playing = false;
  #step = 0;
  #next = 0;
  #marks = [];
  #store;
  #instrument;
  #audio;
  #takes;

  constructor(store, instrument, sounds, audio, connection) {
    super();
    [this.#store, this.#instrument, this.#audio] = [store, instrument, audio];
    this.#takes = new Takes(store, sounds, connection);
    const clock = new Worker(new URL("./clock.js", import.meta.url));
    clock.onmessage = () => this.playing && this.#tick();
  }

  async toggle() {
    if (this.playing) {
      this.playing = false;
      this.#marks = [];
      this.#audio.cutAll();
    } else {
      await this.#audio.resume();
      this.playing = true;
      this.#step = 0;
      this.#next = this.#audio.context.currentTime + START_S;
    }
    this.dispatchEvent(new Event("state"));
  }

  position(time) {
    while (this.#marks.length > 1 && this.#marks[1].time <= time) this.#marks.shift();
    return this.#marks[0]?.time <= time ? this.#marks[0].step : null;
  }

  #tick() {
    const now = this.#audio.context.currentTime;
    // After a pause of the computer the pattern continues from now, without the missed steps.
    if (this.#next < now) this.#next = now + START_S;
    while (this.#next < now + AHEAD_S) {
      this.#schedule(this.#step, this.#next);
      this.#next += this.#duration(this.#step);
      this.#step = (this.#step + 1) % STEPS;
    }
    this.#takes.refill();
  }

  #schedule(step, when) {
    this.#store.doc.steps.forEach((lane, pad) => {
      if (!lane[step] || this.#store.pads[pad].mute) return;
      this.#instrument.play(pad, { velocity: STEP_LEVELS[lane[step]], when, take: this.#takes.next(pad) });
    });
    this.#marks.push({ step, time: when });
  }

  // Two sixteenths share an eighth note; with swing, the first takes more than half of it.
  #duration(step) {
    const { tempo, swing } = this.#store.doc;
    const share = step % 2 ? 1 - swing / 100 : swing / 100;
    return (30 / tempo) * share;
  }
}

/** Small variations of each lane's sound, one for a hit, rendered while the pattern plays. */
class Takes {
  #lanes = new Map();
  #store;
  #sounds;
  #connection;

  constructor(store, sounds, connection) {
    [this.#store, this.#sounds, this.#connection] = [store, sounds, connection];
  }

  /** A take for the next hit: a used one if the server is too slow; null for the sound itself. */
  next(pad) {
    const { fresh, used } = this.#lane(pad);
    if (!fresh.length) return used[Math.floor(Math.random() * used.length)] ?? null;
    used.push(fresh.shift());
    if (used.length > FRESH) used.shift();
    return used.at(-1);
  }

  /** Requests a take for the lane with the fewest unused ones. The user's own changes go first. */
  refill() {
    const { doc, pads } = this.#store;
    if (!doc.humanise || this.#sounds.busy) return;
    const lanes = doc.steps.flatMap((lane, pad) => (lane.some(Boolean) && !pads[pad].mute ? [pad] : []));
    const [pad] = lanes.sort((a, b) => this.#lane(a).fresh.length - this.#lane(b).fresh.length);
    if (pad === undefined || this.#lane(pad).fresh.length >= FRESH) return;
    const { sound } = pads[pad];
    const step = [Number(((doc.humanise / 100) * HUMANISE_AMOUNT).toFixed(3)), newSeed()];
    const take = { ...sound, vary: [...sound.vary.slice(0, MAX_VARY - 1), step] };
    if (this.#connection.hello.texture) take.texture = newSeed(); // another noise for each hit
    const { fresh } = this.#lane(pad);
    this.#sounds.request(take, "take", (rendered) => fresh.push(rendered), { keep: false });
  }

  // The takes of a lane hold for its current sound and amount.
  #lane(pad) {
    const key = keyOf(this.#store.pads[pad].sound) + this.#store.doc.humanise;
    if (this.#lanes.get(pad)?.key !== key) this.#lanes.set(pad, { key, fresh: [], used: [] });
    return this.#lanes.get(pad);
  }
}
