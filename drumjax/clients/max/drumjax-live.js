// Plays for drumjax-live.amxd in Node for Max, without a server. Its messages are those of the server's OSC
// (docs/server.md), so that both devices are one patch.
//
// An older Node, which lacks what the engine needs, has to read this file to say so: no syntax newer than its own here.

const fs = require("fs");
const os = require("os");
const path = require("path");
const max = require("max-api");

const VERSION = ""; // filled in by the export
const BESIDE = ["engine.mjs", "wav.mjs", "drumjax.wasm", "drums.safetensors"];
const NODE = 18; // an older one cannot read the engine
const PREFIX = "drumjax-live-"; // of the folders of WAVs: then the number of the process
const NAMES = 64; // WAVs that are kept: Max may still be reading the last ones
const NO_ID = -1;
const NO_SEED = -1;

const waiting = new Map(); // {slot: the newest request}
let engine, wavOf, folder;
let take = 0; // of the requests to come
let written = 0;

start().catch((error) => {
  max.post(`drumjax: ${lineOf(error)}`, max.POST_LEVELS.ERROR);
  max.outlet("/drum/error", lineOf(error), NO_ID);
});

async function start() {
  const began = Date.now();
  if (parseInt(process.versions.node, 10) < NODE) {
    throw new Error(`it needs Node ${NODE} or newer and this Max has ${process.versions.node}; update Max`);
  }
  const missing = BESIDE.filter((name) => !fs.existsSync(beside(name)));
  if (missing.length) {
    throw new Error(`${missing.join(", ")} missing; keep the device in its folder, not frozen, or export it again`);
  }
  const { Engine } = await import("./engine.mjs");
  ({ wavOf } = await import("./wav.mjs"));
  engine = await Engine.load(fs.readFileSync(beside("drumjax.wasm")), fs.readFileSync(beside("drums.safetensors"))).catch((error) => {
    const file = error instanceof WebAssembly.CompileError ? "drumjax.wasm" : "drums.safetensors";
    throw new Error(`${file} cannot be read; export it again (${lineOf(error)})`);
  });
  removeLeftovers();
  max.addHandlers({ "/drum/generate": generate, "/drum/texture": texture, "/drum/knobs": knobs });
  max.post(`drumjax ${VERSION}: ready after ${Date.now() - began} ms`);
  max.outlet("/drum/hello", "drumjax", VERSION);
}

// Of the requests with the same class and id, as those of a drag, the newest wins; every one is answered.
function generate(...values) {
  const [label, id] = values.slice(3);
  const slot = `${label} ${id}`;
  if (waiting.has(slot)) max.outlet("/drum/error", "overtaken", id);
  else if (!waiting.size) setImmediate(next); // after the messages that have arrived already
  waiting.set(slot, { values, take, arrived: Date.now() }); // in the place of the older one
}

function next() {
  const [slot, request] = waiting.entries().next().value;
  waiting.delete(slot);
  const [p1, p2, p3, label, id, seed, amount, variation] = request.values;
  answer(id, () => {
    const sound = {
      class: nameOf(label),
      knobs: [p1, p2, p3],
      seed: seed === NO_SEED ? null : seed,
      vary: [[amount, variation]],
      texture: request.take,
    };
    const file = write(wavOf([engine.render(sound).samples], engine.rate));
    return ["/drum/file", file, id, Date.now() - request.arrived];
  });
  if (waiting.size) setImmediate(next);
}

function texture(seed) {
  if (engine.texture) take = seed;
  else max.outlet("/drum/error", "this bundle has no texture", NO_ID);
}

function knobs(label) {
  answer(NO_ID, () => ["/drum/knobs", label, ...engine.knobs[nameOf(label)]]);
}

function answer(id, make) {
  try {
    max.outlet(...make());
  } catch (error) {
    max.outlet("/drum/error", lineOf(error), id);
  }
}

function nameOf(label) {
  if (!(label in engine.classes)) throw new Error(`class must be from 0 to ${engine.classes.length - 1}; got ${label}`);
  return engine.classes[label];
}

// Writes a WAV, whole or not at all, under the oldest name, and returns its path as Max writes paths.
function write(bytes) {
  // Cleaners of temporary files may have removed the folder.
  if (!folder || !fs.existsSync(folder)) folder = fs.mkdtempSync(path.join(os.tmpdir(), `${PREFIX}${process.pid}-`));
  const file = path.join(folder, `drum${String(written++ % NAMES).padStart(2, "0")}.wav`);
  fs.writeFileSync(`${file}.tmp`, bytes);
  fs.renameSync(`${file}.tmp`, file);
  return file.split(path.sep).join("/");
}

// Folders of scripts that were ended without a word.
function removeLeftovers() {
  for (const name of fs.readdirSync(os.tmpdir())) {
    const pid = name.startsWith(PREFIX) && parseInt(name.slice(PREFIX.length), 10);
    if (pid && !runs(pid)) remove(path.join(os.tmpdir(), name));
  }
}

function runs(pid) {
  try {
    return process.kill(pid, 0); // asks, ends nothing
  } catch ({ code }) {
    return code !== "ESRCH";
  }
}

function remove(folder) {
  try {
    fs.rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    max.post(`drumjax: ${lineOf(error)}`, max.POST_LEVELS.WARN); // another user's, or open
  }
}

process.on("exit", () => folder && remove(folder));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit());

function beside(name) {
  return path.join(__dirname, name);
}

function lineOf({ message }) {
  return String(message).replace(/\s+/g, " ").trim();
}
