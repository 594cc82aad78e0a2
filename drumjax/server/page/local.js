// The engine in this page instead of a server, where `drumjax export --page` marked it so: a worker that has the
// properties of a WebSocket. Files of the user's play here as they are; only a server edits them.

import { keyOfBytes } from "./files.js";
import { CLASSES } from "./kit.js";
import { isUnmoved } from "./recipe.js";
import { commentOf } from "./wav.js";

/** The folder of the engine; null where the page speaks with a server. */
export const engine = document.documentElement.dataset.engine ?? null;

const files = new Map(); // {key: a file's samples}
let told = false; // that files are not edited here

export class Local {
  onopen = null;
  onmessage = null;
  onclose = null;
  #worker = new Worker(new URL(`${engine}worker.js`, document.baseURI), { type: "module" });

  constructor() {
    const { version, bundle } = document.documentElement.dataset;
    this.#worker.onmessage = ({ data }) => this.onmessage?.({ data: data.type === "hello" ? { ...data, version, bundle } : data });
    this.#worker.onerror = () => this.onclose?.();
    queueMicrotask(() => this.onopen?.());
  }

  send(text) {
    const message = JSON.parse(text);
    const { sound } = message;
    if (!told && sound && (sound.own || sound.other?.own) && !isUnmoved(sound)) {
      told = true;
      this.#answer({ type: "error", text: "Without a server, a file of yours plays as it is: knobs, takes and blends do not change it." });
    }
    if (sound?.own) this.#answer(fileSound(message));
    else if (sound?.other?.own) this.#worker.postMessage(JSON.stringify({ ...message, sound: { ...sound, other: null } }));
    else this.#worker.postMessage(text);
  }

  #answer(message) {
    queueMicrotask(() => this.onmessage?.({ data: message }));
  }

  close() {
    this.#worker.terminate();
  }
}

/** Reads a sound file, as `Connection.listen`. Its name may say its class. */
export async function listenHere(bytes, { name, class: drum }) {
  const key = await keyOfBytes(bytes);
  if (!key) throw new Error("this browser reads files only on pages with https.");
  const rate = rateOf(bytes);
  const buffer = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes.slice(0)).catch(() => {
    throw new Error("this browser cannot read it as sound.");
  });
  const waves = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));
  const samples = new Float32Array(waves.length * buffer.length);
  waves.forEach((wave, i) => wave.forEach((x, at) => (samples[at * waves.length + i] = x)));
  files.set(key, { samples, rate, channels: waves.length });
  const named = CLASSES.find(({ name: one }) => name.toLowerCase().replace(/[^a-z]+/g, "_").includes(one));
  const heard = drum ?? named?.name ?? CLASSES[0].name;
  return { key, class: heard, certainty: drum || named ? 1 : 0, error_db: 0, pad: padOf(commentOf(bytes)) };
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

function fileSound({ id, slot, sound: { own } }) {
  if (!files.has(own)) return { type: "error", id, missing: own, text: "This file is not loaded." };
  return { type: "sound", id, slot, ms: 0, at: [0, 0, 0], ...files.get(own) };
}

// Hz in the header of a WAV, of which nothing is then resampled; else the most frequent one.
function rateOf(bytes) {
  const view = new DataView(bytes);
  const rate = view.byteLength > 44 && view.getUint32(0) === 0x52494646 && view.getUint32(12) === 0x666d7420 ? view.getUint32(24, true) : 0;
  return rate >= 8000 && rate <= 96000 ? rate : 44100;
}
