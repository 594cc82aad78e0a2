// The engine in a worker of the page. It answers the page's messages as the server does: of the requests for a slot it
// renders the newest, and every one is answered. Files of the user's come with a message `listen`, as samples.

import { Engine } from "./engine.js";

const MOST_FILES = 64; // and sounds made of them; of more, the oldest leave

const round3 = (value) => Number(value.toFixed(3));

const engine = load();
const waiting = new Map(); // {slot: the newest request}
const files = new Map(); // {key: a file's samples, rate and channels}
const heard = new Map(); // {key and class: what the engine makes of it}
const turn = new MessageChannel(); // its messages come after those of the page that have arrived already
turn.port1.onmessage = () => next();
let busy = false;

onmessage = async ({ data }) => {
  const message = typeof data === "string" ? JSON.parse(data) : data;
  const { type, id, slot } = message;
  if (type === "ping") postMessage({ type: "pong", id });
  if (type === "hello") postMessage(await hello().catch(({ message: text }) => ({ type: "failed", text })));
  if (type === "map") {
    const points = (await engine).map(message.class);
    postMessage({ type: "map", class: message.class, points: points.map((point) => point.map(round3)) });
  }
  if (type === "listen") postMessage({ type: "listened", id, ...(await listen(message)) });
  if (type !== "render") return;
  const place = slot ?? `${message.sound.class} ${id}`;
  const overtaken = waiting.get(place);
  if (overtaken) postMessage({ type: "overtaken", id: overtaken.id, slot });
  waiting.set(place, message); // in the place of the older one: a drag does not hold up the other slots
  if (!busy) turn.port2.postMessage(null);
  busy = true;
};

async function hello() {
  const { classes, rate, samples, knobs, texture } = await engine;
  return { type: "hello", classes, rate, samples, knobs, texture: texture > 0, dots: true };
}

async function next() {
  const player = await engine;
  const [place, { id, slot, sound }] = waiting.entries().next().value;
  waiting.delete(place);
  try {
    const start = performance.now();
    const file = sound.own && fileOf(player, sound.own, sound.class);
    const { samples, at, rate, channels } = player.render(sound, file);
    const ms = performance.now() - start;
    postMessage({ type: "sound", id, slot, ms, at: at.map(round3), rate, channels, samples }, [samples.buffer]);
  } catch ({ message: text, missing }) {
    postMessage({ type: "error", id, text, missing });
  }
  busy = waiting.size > 0;
  if (busy) turn.port2.postMessage(null);
}

async function listen({ key, class: drum, samples, rate, channels }) {
  try {
    const player = await engine;
    keep(files, key, { samples, rate, channels });
    return { error_db: fileOf(player, key, drum).errorDb };
  } catch ({ message: text }) {
    return { text };
  }
}

function fileOf(player, key, drum) {
  if (!files.has(key)) throw Object.assign(new Error("This file is not loaded."), { missing: key });
  const name = `${key} ${drum}`;
  if (!heard.has(name)) player.forget(keep(heard, name, player.listen(files.get(key), drum)));
  return heard.get(name);
}

// Returns what left.
function keep(map, key, value) {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MOST_FILES) return null;
  const [[oldest, left]] = map;
  map.delete(oldest);
  return left;
}

async function load() {
  const [program, instrument] = await Promise.all([bytesOf("drumjax.wasm"), bytesOf("drums.safetensors", true)]);
  return Engine.load(program, instrument);
}

/** The bytes of a file beside this one; `report`: the page hears which share of them has come. */
async function bytesOf(name, report = false) {
  const answer = await fetch(new URL(name, import.meta.url));
  if (!answer.ok) throw new Error(`${name}: the web space answered ${answer.status}`);
  const all = Number(answer.headers.get("content-length"));
  const [parts, reader] = [[], answer.body.getReader()];
  let count = 0;
  for (let part; (part = await reader.read()).value; ) {
    parts.push(part.value);
    count += part.value.length;
    if (report) postMessage({ type: "loading", share: all ? Math.min(count / all, 1) : null });
  }
  return new Blob(parts).arrayBuffer();
}
