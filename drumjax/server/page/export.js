// What leaves the page: a pad, the loop, its stems, its MIDI file, the kit. All but FLACs and sampler formats is made here.

import { hitsOf, patternOf, secondsTo } from "./hits.js";
import { strikeOf } from "./instrument.js";
import { newPad, STEPS } from "./kit.js";
import { midiFileOf, notesOf } from "./midifile.js";
import { keyOf, mainClass } from "./recipe.js";
import { RATE, renderedLoop, renderedPad, renderedStems } from "./render.js";
import { wavOf } from "./wav.js";
import { zipOf } from "./zip.js";

const LONGEST_MS = 30_000;
const AT_ONCE = 32; // requests of sounds that wait for an answer

/** Makes files: each function gives { name, type, bytes } of the document as it is. */
export class Exporter {
  #store;
  #sounds;
  #connection;

  constructor(store, sounds, connection) {
    [this.#store, this.#sounds, this.#connection] = [store, sounds, connection];
  }

  /** A pad's sound as it is heard, with its recipe in a comment. */
  async wav(index = this.#store.doc.selected) {
    const { pads } = this.#store;
    const [buffer] = await this.#buffersOf([pads[index].sound]);
    const bytes = wavOf(await renderedPad(buffer, strikeOf(pads, index)), buffer.sampleRate, this.#recipe(index));
    return { name: `${namesOf(pads)[index]}.wav`, type: "audio/wav", bytes };
  }

  async flac() {
    const { name, bytes } = await this.wav();
    const flac = await ask("/export.flac", bytes, "audio/wav");
    return { name: name.replace(/wav$/, "flac"), type: "audio/flac", bytes: flac };
  }

  /** The pattern as a WAV that loops, as it is heard from the second pass on. */
  async loop() {
    const { hits, seconds } = await this.#hits();
    const bytes = wavOf(await renderedLoop(hits, seconds), RATE);
    return { name: `${this.#title("loop")}.wav`, type: "audio/wav", bytes };
  }

  /** A zip of the same loop, one WAV for each pad that plays. */
  async stems() {
    const { pads } = this.#store;
    const { hits, seconds } = await this.#hits();
    const names = namesOf(pads);
    const stems = await renderedStems(hits, seconds, pads.length);
    const files = stems.flatMap((channels, pad) =>
      hits.some(({ channel }) => channel === pad) ? [[`${names[pad]}.wav`, wavOf(channels, RATE)]] : [],
    );
    return { name: `${this.#title("stems")}.zip`, type: "application/zip", bytes: zipOf(Object.fromEntries(files)) };
  }

  async midi() {
    const { doc } = this.#store;
    const { length } = patternOf(doc);
    return { name: `${this.#title("loop")}.mid`, type: "audio/midi", bytes: midiFileOf(doc, hitsOf(doc, length / STEPS), length) };
  }

  /** A zip of all pads' WAVs. */
  async wavs() {
    const files = [];
    for (const index of this.#store.pads.keys()) files.push(await this.wav(index));
    return { name: "kit.zip", type: "application/zip", bytes: zipOf(Object.fromEntries(files.map(({ name, bytes }) => [name, bytes]))) };
  }

  /** A zip of the kit for a sampler: `format` is sfz, decent or hydrogen. */
  async kit(format) {
    const { pads } = this.#store;
    const [names, notes] = [namesOf(pads), notesOf(pads)];
    const sounds = pads.map(({ sound, crop, level, pan, pitch, decay, fade }, index) => ({
      sound, crop, pan, pitch, decay, fade, gain: level, name: names[index], key: notes[index],
    }));
    const body = JSON.stringify({ format, name: "drumjax-kit", sounds });
    return { name: `kit-${format}.zip`, type: "application/zip", bytes: await ask("/kit.zip", body, "application/json") };
  }

  async #hits() {
    const { doc, pads } = this.#store;
    const { length } = patternOf(doc);
    const hits = hitsOf(doc, length / STEPS, { texture: this.#connection.hello.texture });
    const buffers = await this.#buffersOf(hits.map(({ pad, take }) => take ?? pads[pad].sound));
    const voices = hits.map(({ pad, time, velocity }, at) => {
      return { time, channel: pad, buffer: buffers[at], options: { ...strikeOf(pads, pad), velocity } };
    });
    return { hits: voices, seconds: secondsTo(doc, length) };
  }

  async #buffersOf(sounds) {
    const distinct = [...new Map(sounds.map((sound) => [keyOf(sound), sound])).entries()];
    const buffers = new Map();
    for (let at = 0; at < distinct.length; at += AT_ONCE) {
      const some = distinct.slice(at, at + AT_ONCE);
      const found = await Promise.all(some.map(([, sound]) => this.#bufferOf(sound)));
      some.forEach(([key], place) => buffers.set(key, found[place]));
    }
    return sounds.map((sound) => buffers.get(keyOf(sound)));
  }

  async #bufferOf(sound) {
    try {
      return (await this.#sounds.take(sound)).buffer;
    } catch (error) {
      throw this.#connection.state === "ready" ? error : new Error("Server not reachable.");
    }
  }

  // What differs from a new pad, as JSON: dropped on the page, the file is the pad again.
  #recipe(index) {
    const initial = Object.entries(newPad(index));
    const pad = this.#store.pads[index];
    const set = initial.filter(([name, value]) => name === "sound" || JSON.stringify(pad[name]) !== JSON.stringify(value));
    const fields = Object.fromEntries(set.map(([name]) => [name, pad[name]]));
    const { version, bundle } = this.#connection.hello;
    const text = JSON.stringify({ drumjax: version, bundle, pad: fields });
    return text.replace(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
  }

  #title(what) {
    return `${what}-${this.#store.doc.tempo}bpm`;
  }
}

/** Lets the browser save a file. */
export function download({ name, type, bytes }) {
  const link = Object.assign(document.createElement("a"), { download: name });
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// The names of the pads for files; equal ones get a number.
function namesOf(pads) {
  const used = new Set();
  return pads.map(({ name, sound }) => {
    const plain = (sound.own && name ? name : mainClass(sound)).replace(/\.\w{1,4}$/, "").toLowerCase().replace(/[^a-z0-9_-]+/g, "-") || "sound";
    let [unique, number] = [plain, 1];
    while (used.has(unique)) unique = `${plain}_${++number}`;
    used.add(unique);
    return unique;
  });
}

async function ask(path, body, type) {
  const signal = AbortSignal.timeout(LONGEST_MS);
  const answer = await fetch(path, { method: "POST", headers: { "content-type": type }, body, signal }).catch(({ name }) => {
    throw new Error(name === "TimeoutError" ? "The server does not answer." : "Server not reachable.");
  });
  if (!answer.ok) throw new Error((await answer.text()) || `The server answered ${answer.status}.`);
  return new Uint8Array(await answer.arrayBuffer());
}
