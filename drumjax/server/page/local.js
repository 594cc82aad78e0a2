// The engine in this page instead of a server, where `drumjax export --page` marked it so: a worker that has the
// properties of a WebSocket, and listens to files of the user's.

import { keyOfBytes } from "./files.js";
import { CLASSES } from "./kit.js";
import { commentOf } from "./wav.js";

/** The folder of the engine; null where the page speaks with a server. */
export const engine = document.documentElement.dataset.engine ?? null;

let told = false; // that files have no blends here

export class Local {
  onopen = null;
  onmessage = null;
  onclose = null;
  #worker = new Worker(new URL(`${engine}worker.js`, document.baseURI), { type: "module" });
  #listening = new Map(); // {id: what becomes of a file that the worker listens to}
  #id = 0;

  constructor() {
    const { version, bundle } = document.documentElement.dataset;
    this.#worker.onmessage = ({ data }) => {
      if (data.type === "listened") this.#listening.get(data.id)?.(data);
      else this.onmessage?.({ data: data.type === "hello" ? { ...data, version, bundle } : data });
    };
    this.#worker.onerror = () => this.onclose?.();
    queueMicrotask(() => this.onopen?.());
  }

  send(text) {
    const message = JSON.parse(text);
    if (message.type === "ping") return this.#answer({ type: "pong", id: message.id }); // the worker may be listening
    const { sound } = message;
    const blended = sound?.other && (sound.own || sound.other.own);
    if (blended) message.sound = { ...sound, other: null };
    if (!told && blended && sound.t) {
      told = true;
      this.#answer({ type: "error", text: "Without a server, a file of yours has no blends." });
    }
    this.#worker.postMessage(JSON.stringify(message));
  }

  #answer(data) {
    queueMicrotask(() => this.onmessage?.({ data }));
  }

  /** Reads a sound file, as `Connection.listen`. Its name may say its class; no guess is made by its sound. */
  async listen(bytes, { name, class: drum, fallback }) {
    const key = await keyOfBytes(bytes);
    if (!key) throw new Error("this browser reads files only on pages with https.");
    const named = drum ?? CLASSES.find(({ name: one }) => name.toLowerCase().replace(/[^a-z]+/g, "_").includes(one))?.name;
    const facts = { key, class: named ?? fallback ?? CLASSES[0].name, certainty: named ? 1 : 0, pad: padOf(commentOf(bytes)) };
    if ((facts.pad && !drum) || !(named || fallback)) return { ...facts, error_db: 0 }; // listened to when it is played
    const rate = rateOf(bytes);
    const buffer = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes.slice(0)).catch(() => {
      throw new Error("this browser cannot read it as sound.");
    });
    const waves = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));
    const samples = new Float32Array(waves.length * buffer.length);
    waves.forEach((wave, i) => wave.forEach((x, at) => (samples[at * waves.length + i] = x)));
    const message = { type: "listen", id: ++this.#id, key, class: facts.class, samples, rate, channels: waves.length };
    this.#worker.postMessage(message, [samples.buffer]);
    const { text, error_db } = await new Promise((resolve) => this.#listening.set(message.id, resolve));
    this.#listening.delete(message.id);
    if (text) throw new Error(`${text}.`);
    return { ...facts, error_db };
  }

  close() {
    this.#worker.terminate();
    for (const done of this.#listening.values()) done({ text: "the engine was restarted" });
  }
}

// The pad in a comment by drumjax, of this bundle; null for any other.
function padOf(comment) {
  try {
    const { drumjax, bundle, pad } = JSON.parse(comment);
    return drumjax && bundle === document.documentElement.dataset.bundle ? pad : null;
  } catch {
    return null;
  }
}

// Hz in the header of a WAV, of which nothing is then resampled; else the most frequent one.
function rateOf(bytes) {
  const view = new DataView(bytes);
  const rate = view.byteLength > 44 && view.getUint32(0) === 0x52494646 && view.getUint32(12) === 0x666d7420 ? view.getUint32(24, true) : 0;
  return rate >= 8000 && rate <= 96000 ? rate : 44100;
}
