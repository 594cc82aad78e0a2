// The eleven pads as sounds: requests a take when a pad's description changes, plays it, and previews changes.

import { PADS } from "./kit.js";
import { mainClass } from "./recipe.js";
import { keyOf } from "./sounds.js";

const SEND_MS = 16; // between two rounds of requests: a drag sends at most 60 a second
const CHOKES = { closed_hat: "open_hat" }; // the closed hat cuts the open one off

/** How a pad of a kit sounds: the options of `Voices.play` that it sets. */
export function strikeOf(pads, index) {
  const { level, crop, sound, pan, pitch, decay, fade } = pads[index];
  const chokes = [...pads.keys()].filter((other) => mainClass(pads[other].sound) === CHOKES[mainClass(sound)]);
  return { level, crop, chokes, shape: { pan, pitch, decay, fade } };
}

/**
 * `takes` holds the rendered sound of each pad: { key, sound, buffer, at }. Events: `take` (detail: pad) when a pad's sound arrived,
 * `played` (detail: pad, voice, velocity) when a hit sounds, `latency` (detail: toAudio and render, ms).
 */
export class Instrument extends EventTarget {
  takes = Array(PADS).fill(null);
  #requested = Array(PADS).fill(null);
  #held = new Set(); // pads that play a file of the user's until the server has it
  #last = 0;
  #timer;
  #store;
  #sounds;
  #audio;

  constructor(store, sounds, audio, connection) {
    super();
    [this.#store, this.#sounds, this.#audio] = [store, sounds, audio];
    store.addEventListener("change", () => this.#syncSoon());
    connection.addEventListener("state", () => {
      if (connection.state === "ready") this.refresh();
    });
  }

  /** Requests anew what has not come. */
  refresh() {
    this.#requested = this.#requested.map((key, pad) => (this.takes[pad]?.key === key ? key : null));
    this.#sync();
  }

  /** Plays a sound file at once, and in this pad until the server has it; not where the browser cannot read it. */
  async hold(pad, bytes) {
    const buffer = await this.#audio.context?.decodeAudioData(bytes).catch(() => null);
    if (!buffer) return;
    this.takes[pad] = { key: null, buffer, at: [0, 0, 0], sound: this.#store.pads[pad].sound };
    this.#held.add(pad);
    this.dispatchEvent(new CustomEvent("take", { detail: { pad } }));
    this.play(pad);
  }

  /**
   * Plays a pad, now or at the time `when`, with its own sound or another `take` of it. Returns the voice, which can be
   * taken back; null if there is none.
   */
  play(index, { velocity = 1, when = 0, take = null } = {}) {
    const { pads } = this.#store;
    const { buffer } = take ?? this.takes[index] ?? {};
    if (!buffer || !this.#audio.context) return null;
    if (!this.#audio.allowed && !when) {
      this.#audio.resume().then(() => this.play(index, { velocity, take }));
      return null;
    }
    const voice = this.#audio.play(buffer, index, { ...strikeOf(pads, index), velocity, when });
    const show = () => this.dispatchEvent(new CustomEvent("played", { detail: { pad: index, voice, velocity } }));
    const wait = voice.start - this.#audio.now;
    if (wait > 0) setTimeout(() => voice.until > voice.start && show(), 1000 * wait);
    else show();
    return voice;
  }

  #syncSoon() {
    clearTimeout(this.#timer);
    const wait = this.#last + SEND_MS - performance.now();
    if (wait <= 0) this.#sync();
    else this.#timer = setTimeout(() => this.#sync(), wait);
  }

  #sync() {
    this.#last = performance.now();
    const { doc, pads } = this.#store;
    // What is in the user's hand comes first.
    for (const pad of [doc.selected, ...pads.keys()]) {
      const { sound } = pads[pad];
      const key = keyOf(sound);
      if (key === this.#requested[pad]) continue;
      const first = this.#requested[pad] === null || this.#held.delete(pad);
      const asked = structuredClone(sound); // by the time it comes, the pad may have moved on
      const sent = this.#sounds.request(sound, `pad${pad}`, (take, job) => this.#onTake(pad, { key, sound: asked, ...take }, job, first));
      if (sent) this.#requested[pad] = key;
    }
  }

  #onTake(pad, take, job, first) {
    this.takes[pad] = take;
    const { preview, selected } = this.#store.doc;
    if (preview && pad === selected && !first && this.#audio.allowed) {
      this.play(pad);
      if (job) this.#measure(job);
    }
    this.dispatchEvent(new CustomEvent("take", { detail: { pad } }));
  }

  #measure({ sentAt, ms }) {
    const name = "message to audio";
    if (performance.getEntriesByName(name).length >= 1000) performance.clearMeasures(name);
    const { duration } = performance.measure(name, { start: sentAt, detail: { render: ms } });
    this.dispatchEvent(new CustomEvent("latency", { detail: { toAudio: duration, render: ms } }));
  }
}
