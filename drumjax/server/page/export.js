// Downloads: the selected sound as a WAV, the kit as a zip. The server makes the files, or where there is none the page.

import { engine } from "./local.js";
import { wavOf, zipOf } from "./wav.js";

const LONGEST_MS = 30_000;
const FORMAT = { bits: 24 }; // at 44,100 Hz, a file of the user's at its own rate

/** Saves a pad; `sounds` renders it where there is no server. */
export async function saveSound({ sound, crop, level }, sounds) {
  const wanted = { sound, crop, gain: level };
  const content = engine === null ? await fromServer("/export.wav", { ...wanted, ...FORMAT }) : await wavHere(wanted, sounds);
  save(content, `${sound.class}.wav`);
}

export async function saveKit(pads, sounds) {
  const wanted = pads.map(({ sound, crop, level }) => ({ sound, crop, gain: level, name: sound.class }));
  save(engine === null ? await fromServer("/kit.zip", { sounds: wanted, ...FORMAT }) : await zipHere(wanted, sounds), "kit.zip");
}

// As drumjax/server/exports.py: the end of a cropped sound as it is, no peak above full scale.
async function wavHere({ sound, crop, gain }, sounds) {
  const { buffer } = await sounds.take(sound);
  const rate = buffer.sampleRate;
  const [start, end] = crop ? crop.map((ms) => Math.round((ms * rate) / 1000)) : [0, buffer.length];
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) => {
    const kept = new Float32Array(Math.max(end - start, 0)); // silent where a crop ends after the sound
    kept.set(buffer.getChannelData(i).subarray(start, end));
    return kept;
  });
  if (start >= buffer.length) throw new Error("The crop contains no sound.");
  const peak = Math.max(...channels.map((samples) => samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0)));
  const factor = gain / Math.max(1, gain * peak);
  return wavOf(channels.map((samples) => samples.map((x) => factor * x)), rate, JSON.stringify({ drumjax: { sound, crop, gain } }));
}

// Equal names get a number.
async function zipHere(wanted, sounds) {
  const files = {};
  for (const { name, ...one } of wanted) {
    let free = name;
    for (let number = 2; `${free}.wav` in files; number++) free = `${name}_${number}`;
    files[`${free}.wav`] = await wavHere(one, sounds);
  }
  return zipOf(files);
}

async function fromServer(path, body) {
  const headers = { "content-type": "application/json" };
  const signal = AbortSignal.timeout(LONGEST_MS);
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal }).catch(({ name }) => {
    throw new Error(name === "TimeoutError" ? "The server does not answer." : "Server not reachable.");
  });
  if (!answer.ok) throw new Error((await answer.text()) || `The server answered ${answer.status}.`);
  return answer.blob();
}

/** Lets the browser save `content`, a Blob or bytes. */
export function save(content, name) {
  const link = Object.assign(document.createElement("a"), { download: name });
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content]));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
