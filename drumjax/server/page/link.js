// The document <-> the fragment of the URL, readable and short: it holds only the differences from a new instrument.
//
//   #a=kick~0.5~-1.25~0~s42~r5~c0-380~g0.8~m~v0.25-123,clap~0~0~0,...&t=120&p=<8 hex digits a lane>

import { CLASSES, LIMITS, MAX_VARY, PADS, RANGES, STEPS, clamp, newDocument } from "./kit.js";

const SHAPE = { p: "pan", i: "pitch", d: "decay", f: "fade" };
const NUMBERS = { t: "tempo", w: "swing", h: "humanise", s: "sens", x: "amount" };

export function encode(doc) {
  const initial = newDocument();
  const parts = [];
  const put = (key, value, usual) => value !== usual && parts.push(`${key}=${value}`);
  for (const side of ["a", "b"]) put(side, kitText(doc.kits[side]), kitText(initial.kits[side]));
  put("k", doc.kit, initial.kit);
  put("p", stepsText(doc.steps), stepsText(initial.steps));
  for (const [key, name] of Object.entries(NUMBERS)) put(key, doc[name], initial[name]);
  put("n", doc.selected, initial.selected);
  put("v", Number(doc.preview), Number(initial.preview));
  return parts.join("&");
}

/** The document of a fragment (without #). Throws an Error if the fragment is not one of `encode`. */
export function decode(fragment) {
  const doc = newDocument();
  for (const part of fragment.split("&").filter(Boolean)) {
    const [key, value = ""] = part.split("=");
    if (key === "a" || key === "b") doc.kits[key] = kitOf(value);
    else if (key === "k") doc.kit = oneOf(value, ["a", "b"]);
    else if (key === "p") doc.steps = stepsOf(value);
    else if (key === "n") doc.selected = number(value, 0, PADS - 1, true);
    else if (key === "v") doc.preview = oneOf(value, ["0", "1"]) === "1";
    else if (Object.hasOwn(NUMBERS, key)) doc[NUMBERS[key]] = number(value, LIMITS[NUMBERS[key]].min, LIMITS[NUMBERS[key]].max);
    else throw new Error(`unknown field ${key}`);
  }
  return doc;
}

const kitText = (pads) => pads.map(padText).join(",");

function padText({ sound, range, crop, level, mute, ...shape }) {
  const fields = [sound.class, ...sound.knobs];
  if (sound.seed !== null) fields.push(`s${sound.seed}`);
  if (range !== RANGES[0]) fields.push(`r${range}`);
  if (crop) fields.push(`c${crop.join("-")}`);
  if (level !== LIMITS.level.initial) fields.push(`g${level}`);
  if (mute) fields.push("m");
  for (const [key, name] of Object.entries(SHAPE)) if (shape[name]) fields.push(key + shape[name]);
  for (const [amount, seed] of sound.vary) fields.push(`v${amount}-${seed}`);
  return fields.join("~");
}

function kitOf(text) {
  const pads = text.split(",").map(padOf);
  if (pads.length !== PADS) throw new Error(`a kit has ${PADS} pads; got ${pads.length}`);
  return pads;
}

function padOf(text) {
  const [name, x, y, fine, ...fields] = text.split("~");
  const limit = RANGES.at(-1);
  const sound = {
    class: oneOf(name, CLASSES.map((c) => c.name)),
    knobs: [x, y, fine].map((value) => number(value, -limit, limit)),
    seed: null,
    vary: [],
  };
  const pad = { sound, range: RANGES[0], crop: null, level: LIMITS.level.initial, mute: false, pan: 0, pitch: 0, decay: 0, fade: 0 };
  for (const field of fields) {
    const value = field.slice(1);
    if (field[0] === "s") sound.seed = number(value, 0, 2 ** 31 - 1, true);
    else if (field[0] === "r") pad.range = Number(oneOf(value, RANGES.map(String)));
    else if (field[0] === "c") pad.crop = cropOf(value.split("-").map((ms) => number(ms, 0, 10000)));
    else if (field[0] === "g") pad.level = number(value, LIMITS.level.min, LIMITS.level.max);
    else if (field === "m") pad.mute = true;
    else if (field[0] === "v") sound.vary.push(varyOf(value.split("-")));
    else if (Object.hasOwn(SHAPE, field[0])) pad[SHAPE[field[0]]] = number(value, LIMITS[SHAPE[field[0]]].min, LIMITS[SHAPE[field[0]]].max);
    else throw new Error(`unknown field ${field}`);
  }
  if (sound.vary.length > MAX_VARY) throw new Error(`a sound has ${MAX_VARY} variations at most`);
  return pad;
}

function cropOf(crop) {
  if (crop.length !== 2 || crop[0] >= crop[1]) throw new Error(`a crop has a start and a later end; got ${crop}`);
  return crop;
}

const varyOf = ([amount, seed]) => [number(amount, 0, 1), number(seed, 0, 2 ** 31 - 1, true)];

// A lane is two bit masks, which steps sound and which are accents; the first step is the highest bit.
const stepsText = (steps) => steps.map((lane) => maskText(lane, 1) + maskText(lane, 2)).join("");

function maskText(lane, least) {
  const bits = lane.reduce((mask, level) => mask * 2 + Number(level >= least), 0);
  return bits.toString(16).padStart(STEPS / 4, "0");
}

function stepsOf(text) {
  const digits = STEPS / 4;
  if (!/^[0-9a-f]*$/.test(text) || text.length !== PADS * 2 * digits) throw new Error("the pattern is damaged");
  const mask = (at) => [...parseInt(text.slice(at, at + digits), 16).toString(2).padStart(STEPS, "0")].map(Number);
  return Array.from({ length: PADS }, (_, lane) => {
    const [on, accent] = [mask(lane * 2 * digits), mask((lane * 2 + 1) * digits)];
    return on.map((bit, step) => bit + (bit && accent[step]));
  });
}

function number(text, low, high, whole = false) {
  const value = Number(text);
  const fits = text?.trim() && value === clamp(value, low, high) && (!whole || Number.isInteger(value));
  if (!fits) throw new Error(`expected a number from ${low} to ${high}; got ${text}`);
  return value;
}

function oneOf(text, choices) {
  if (!choices.includes(text)) throw new Error(`expected one of ${choices.join(", ")}; got ${text}`);
  return text;
}
