// Schedules the pattern on the audio clock; with Humanise, every hit is another take of its sound.

import { audible, hitsAt, patternOf, TAKES, takeOf, ticksTo } from "./hits.js";
import { clamp, LIMITS, STEPS } from "./kit.js";
import { Pulse, TICKS } from "./pulse.js";
import { keyOf } from "./sounds.js";

const AHEAD_S = 0.4; // how far hits are scheduled before they sound: for so long the page may be busy
const START_S = 0.06;
const SOON_S = 0.03; // a hit this near is not taken back
const LEAST_S = 0.005; // a hit nearer than this may be late when the audio thread hears of it
const READY = 2 * TAKES; // steps ahead of their hits for which takes are requested

/**
 * Events: `state` when `playing` changes, `queue` when `queued` does. `position(time)` is the step that sounds at a time
 * of the audio clock.
 */
export class Sequencer extends EventTarget {
  playing = false;
  queued = null; // the pattern that plays from the next bar on
  #bar = 0; // the first step of that bar
  #origin = 0; // the step with which the pattern that plays began
  #count = 0; // of the next step to schedule, from the start
  #next = 0; // its time
  #steps = []; // those scheduled, and the one that sounds: { count, time, voices }
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
    clock.onmessage = () => {
      clock.postMessage(0); // for the next one
      if (this.playing) this.#tick();
    };
  }

  toggle() {
    return this.playing ? this.stop() : this.start();
  }

  async start() {
    if (!this.#audio.allowed) await this.#audio.resume();
    if (!this.playing && this.#audio.context) this.#begin(0, this.#audio.now + START_S);
  }

  stop() {
    this.playing = this.#following = this.#armed = false;
    this.#stoppedAt = this.#pulse.ticks;
    this.#steps = [];
    this.#audio.cutAll();
    if (this.queued) this.#turn(this.queued);
    this.dispatchEvent(new Event("state"));
  }

  /**
   * Has a pattern play: from the next bar on, or at once where `now` is set, nothing plays, or it is chosen again. The one
   * that plays, chosen again, takes the choice of another one back.
   */
  choose(bank, { now = false } = {}) {
    const { doc } = this.#store;
    if (now || !this.playing || bank === this.queued) return this.#turn(bank);
    const from = this.#audio.now + SOON_S;
    const count = this.#steps.find(({ time }) => time >= from)?.count ?? this.#count;
    this.#bar = this.#origin + STEPS * Math.ceil((count - this.#origin) / STEPS);
    this.#queue(bank === doc.bank ? null : bank);
  }

  #queue(bank) {
    this.queued = bank;
    this.#changed = true;
    this.dispatchEvent(new Event("queue"));
  }

  #turn(bank) {
    this.#queue(null);
    if (bank !== this.#store.doc.bank) this.#store.edit((doc) => (doc.bank = bank));
  }

  // The pattern of a step counted from the start, and the step counted from the start of that pattern.
  #placeOf(count) {
    if (this.queued && count >= this.#bar) return { bank: this.queued, step: count - this.#bar };
    return { bank: this.#store.doc.bank, step: count - this.#origin };
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
    if (!(this.#steps[0]?.time <= time)) return null;
    const { bank, step } = this.#placeOf(this.#steps[0].count);
    return step % patternOf(this.#store.doc, bank).length;
  }

  #begin(count, time) {
    this.playing = true;
    if (count < this.#origin) this.#origin = 0;
    this.#count = count;
    this.#next = Math.max(time, this.#audio.now + 2 * LEAST_S); // the tick is a little later
    this.#tick();
    this.dispatchEvent(new Event("state"));
  }

  #tick() {
    const { now } = this.#audio;
    if (this.position(now) !== null && this.queued && this.#steps[0].count >= this.#bar) {
      this.#origin = this.#bar;
      this.#turn(this.queued);
    }
    if (this.#changed) this.#takeBack(now + SOON_S);
    this.#changed = false;
    // The page was busy for too long: the beat goes on, without the hits whose time has passed.
    while (this.#next < now + LEAST_S) this.#advance();
    while (this.#next < now + AHEAD_S) {
      this.#schedule();
      this.#advance();
    }
    this.#takes.request(this.#count, (count) => this.#placeOf(count));
  }

  #advance() {
    this.#next += this.#duration(this.#count);
    this.#count += 1;
  }

  #schedule() {
    const { bank, step } = this.#placeOf(this.#count);
    const voices = hitsAt(this.#store.doc, step, bank).flatMap(({ pad, velocity, number }) => {
      const take = this.#takes.of(pad, number);
      return this.#instrument.play(pad, { velocity, when: this.#next, take }) ?? [];
    });
    this.#steps.push({ count: this.#count, time: this.#next, voices });
  }

  // After a change, what is scheduled is scheduled anew.
  #takeBack(from) {
    const at = this.#steps.findIndex(({ time }) => time >= from);
    if (at < 0) return;
    const steps = this.#steps.splice(at);
    this.#count = steps[0].count;
    this.#next = this.#following ? this.#timeOf(this.#count) : steps[0].time;
    this.#audio.revoke(steps.flatMap(({ voices }) => voices));
  }

  #duration(count) {
    return (this.#ticksTo(count + 1) - this.#ticksTo(count)) * this.#period;
  }

  #ticksTo(count) {
    return ticksTo(this.#store.doc, count);
  }

  #timeOf(count) {
    return this.#pulse.timeOf(this.#ticksTo(count), this.#period);
  }

  get #period() {
    return (this.#following && this.#pulse.period) || 60 / (TICKS * this.#store.doc.tempo);
  }
}

/** The humanised takes of each lane's sound, rendered while the pattern plays. */
class Takes {
  #lanes = new Map();
  #store;
  #sounds;
  #connection;

  constructor(store, sounds, connection) {
    [this.#store, this.#sounds, this.#connection] = [store, sounds, connection];
  }

  /** A take; another one of the same lane until it has come; null for the sound itself. */
  of(pad, number) {
    const { takes } = this.#lane(pad);
    return takes.get(number) ?? [...takes.values()].at(-1) ?? null;
  }

  /**
   * Requests one take: the first that is missing from the step `from` on, of `placeOf(count)`. The user's own changes go
   * first.
   */
  request(from, placeOf) {
    const { doc, pads } = this.#store;
    if (!doc.humanise || this.#sounds.busy) return;
    const heard = audible(pads);
    const lanes = pads.map((_, pad) => this.#lane(pad).takes);
    for (let count = from; count < from + READY; count++) {
      const { bank, step } = placeOf(count);
      const { length, velocity } = patternOf(doc, bank);
      const number = step % TAKES;
      const pad = lanes.findIndex((takes, at) => velocity[at][step % length] && heard[at] && !takes.has(number));
      if (pad < 0) continue;
      const take = takeOf(doc, pad, number, this.#connection.hello.texture);
      this.#sounds.request(take, "take", (rendered) => lanes[pad].set(number, rendered), { keep: false });
      return;
    }
  }

  // The takes of a lane hold for its current sound, amount and seed.
  #lane(pad) {
    const { humanise, seed } = this.#store.doc;
    const key = [keyOf(this.#store.pads[pad].sound), humanise, seed].join();
    if (this.#lanes.get(pad)?.key !== key) this.#lanes.set(pad, { key, takes: new Map() });
    return this.#lanes.get(pad);
  }
}
