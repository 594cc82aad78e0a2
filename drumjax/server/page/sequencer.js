// Schedules the pattern on the audio clock; with Humanise, every hit is a new take of its sound.

import { clamp, HUMANISE_AMOUNT, LIMITS, MAX_VARY, newSeed, STEP_LEVELS, STEPS } from "./kit.js";
import { Pulse, TICKS } from "./pulse.js";
import { keyOf } from "./sounds.js";

const AHEAD_S = 0.4; // how far hits are scheduled before they sound: for so long the page may be busy
const START_S = 0.06;
const SOON_S = 0.03; // a hit this near is not taken back
const FRESH = 4; // unused takes of a lane

/** Events: `state` when `playing` changes. `position(time)` is the step that sounds at a time of the audio clock. */
export class Sequencer extends EventTarget {
  playing = false;
  #count = 0; // of the next step to schedule, from the start
  #next = 0; // its time
  #steps = []; // those scheduled, and the one that sounds: { count, time, hits }
  #changed = false;
  #pulse = new Pulse(); // the MIDI clock
  #armed = false; // its next tick starts the pattern
  #following = false; // the pattern was started by it
  #stoppedAt = -1; // the tick
  #store;
  #instrument;
  #audio;
  #takes;

  constructor(store, instrument, sounds, audio, connection) {
    super();
    [this.#store, this.#instrument, this.#audio] = [store, instrument, audio];
    this.#takes = new Takes(store, sounds, connection);
    const change = () => (this.#changed = true);
    store.addEventListener("change", change);
    instrument.addEventListener("take", change);
    const clock = new Worker(new URL("./clock.js", import.meta.url));
    clock.onmessage = () => this.playing && this.#tick();
  }

  toggle() {
    return this.playing ? this.stop() : this.start();
  }

  async start() {
    await this.#audio.resume();
    if (!this.playing && this.#audio.context) this.#begin(0, this.#audio.now + START_S);
  }

  stop() {
    this.playing = this.#following = this.#armed = false;
    this.#stoppedAt = this.#pulse.ticks;
    this.#steps = [];
    this.#audio.cutAll();
    this.dispatchEvent(new Event("state"));
  }

  /** The start of a MIDI clock: its next tick starts the pattern, from the top or, `onward`, from where it stopped. */
  arm({ onward = false } = {}) {
    if (this.playing) this.stop();
    this.#armed = true;
    this.#pulse.ticks = onward ? this.#stoppedAt : -1;
  }

  /** A tick of a MIDI clock came at `time`: the tempo follows it, and so does a pattern that it started. */
  pulse(time) {
    this.#pulse.add(time);
    const tempo = Math.round(clamp(this.#pulse.tempo ?? 0, LIMITS.tempo.min, LIMITS.tempo.max));
    if (this.#pulse.tempo && tempo !== this.#store.doc.tempo) this.#store.edit((doc) => (doc.tempo = tempo), { live: true });
    if (this.#armed) {
      this.#armed = false;
      this.#following = true;
      const { ticks } = this.#pulse;
      let count = 2 * Math.floor(ticks / (TICKS / 2));
      while (this.#ticksTo(count) < ticks) count += 1;
      this.#begin(count, time);
    } else if (this.#following) {
      this.#next = this.#timeOf(this.#count);
      this.#changed ||= !this.#pulse.tempo; // the first ticks show the tempo only roughly
    }
  }

  position(time) {
    while (this.#steps.length > 1 && this.#steps[1].time <= time) this.#steps.shift();
    return this.#steps[0]?.time <= time ? this.#steps[0].count % STEPS : null;
  }

  #begin(count, time) {
    this.playing = true;
    this.#count = count;
    this.#next = Math.max(time, this.#audio.now);
    this.#tick();
    this.dispatchEvent(new Event("state"));
  }

  #tick() {
    const { now } = this.#audio;
    this.position(now);
    if (this.#changed) this.#takeBack(now + SOON_S);
    this.#changed = false;
    // The page was busy for too long: the beat goes on, without the hits whose time has passed.
    while (this.#next < now) this.#advance();
    while (this.#next < now + AHEAD_S) {
      this.#schedule();
      this.#advance();
    }
    this.#takes.refill();
  }

  #advance() {
    this.#next += this.#duration(this.#count);
    this.#count += 1;
  }

  #schedule() {
    const step = this.#count % STEPS;
    const hits = this.#store.doc.steps.flatMap((lane, pad) => {
      if (!lane[step] || this.#store.pads[pad].mute) return [];
      const take = this.#takes.next(pad);
      return { pad, take, voice: this.#instrument.play(pad, { velocity: STEP_LEVELS[lane[step]], when: this.#next, take }) };
    });
    this.#steps.push({ count: this.#count, time: this.#next, hits });
  }

  // After a change, what is scheduled is scheduled anew.
  #takeBack(from) {
    const at = this.#steps.findIndex(({ time }) => time >= from);
    if (at < 0) return;
    const steps = this.#steps.splice(at);
    this.#count = steps[0].count;
    this.#next = this.#following ? this.#timeOf(this.#count) : steps[0].time;
    const hits = steps.flatMap((step) => step.hits);
    this.#audio.revoke(hits.flatMap(({ voice }) => voice ?? []));
    hits.reverse().forEach(({ pad, take }) => take && this.#takes.giveBack(pad, take));
  }

  // Two sixteenths share an eighth note; with swing, the first takes more than half of it.
  #duration(count) {
    return (this.#ticksTo(count + 1) - this.#ticksTo(count)) * this.#period;
  }

  #ticksTo(count) {
    return (TICKS / 2) * (Math.floor(count / 2) + (count % 2 ? this.#store.doc.swing / 100 : 0));
  }

  #timeOf(count) {
    return this.#pulse.timeOf(this.#ticksTo(count), this.#period);
  }

  get #period() {
    return (this.#following && this.#pulse.period) || 60 / (TICKS * this.#store.doc.tempo);
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

  /** Returns a take whose hit was taken back. */
  giveBack(pad, take) {
    const { fresh, used } = this.#lane(pad);
    const at = used.indexOf(take);
    if (at >= 0) fresh.unshift(...used.splice(at, 1));
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
