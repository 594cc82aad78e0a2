// The engine in Node, for trials: node trial.mjs drumjax.wasm INSTRUMENT. Each line of JSON on its input is a sound as
// the page describes it, of which it writes the samples, or with "only": "latents" these. An answer: the number of
// floats as uint32, the milliseconds that they took as float32, and the floats.

import { readFileSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { Engine } from "./web/engine.js";

const engine = await Engine.load(...process.argv.slice(2).map((path) => readFileSync(path)));

for await (const line of createInterface({ input: process.stdin })) {
  const { only, ...sound } = JSON.parse(line);
  const start = performance.now();
  const floats = only ? engine.latents(sound) : engine.render(sound).samples;
  const ms = performance.now() - start;
  const head = new DataView(new ArrayBuffer(8));
  head.setUint32(0, floats.length, true);
  head.setFloat32(4, ms, true);
  write(new Uint8Array(head.buffer));
  write(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength));
}

function write(bytes) {
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}
