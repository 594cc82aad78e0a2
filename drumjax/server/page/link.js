// The document <-> the fragment of the URL, readable and short: it holds only the differences from a new instrument.
//
//   #a=kick~0.5~-1.25~0~s42~r5~c0-380~g0.8~m~v0.25-123,clap~0~0~0,...&t=120&p=<8 hex digits a lane>~0-4-55-80

import { LIMITS, MAX_VARY, newDocument, newPad, PADS, RANGES, clamp } from "./kit.js";
import { classOfText, classText, rareFields, readRare, SECOND } from "./linksound.js";
import { BANKS, LENGTHS, setStep, stateOf, VELOCITIES } from "./pattern.js";

const NUMBERS = { t: "tempo", w: "swing", h: "humanise", s: "sens", x: "amount" };
const PATTERNS = { p: "a", pb: "b", pc: "c", pd: "d" };
const SEEDS = 2 ** 31 - 1; // the largest

// Letters of a pad's fields: flags, and numbers within their LIMITS.
const FLAGS = { m: "mute", o: "solo", l: "lock" };
const FIELDS = ["class", "knobs", "seed", "dot", "vary", "texture", "own", "take", "t"]; // of a sound, beside a second one
const LEVELS = { g: "level", p: "pan", i: "pitch", d: "decay", f: "fade" };

export function encode(doc) {
  const initial = newDocument();
  const parts = [];
  const put = (key, value, usual) => value !== usual && parts.push(`${key}=${value}`);
  for (const side of ["a", "b"]) put(side, kitText(doc.kits[side]), kitText(initial.kits[side]));
  put("k", doc.kit, initial.kit);
  for (const [key, bank] of Object.entries(PATTERNS)) put(key, patternText(doc.banks[bank]), patternText(initial.banks[bank]));
  put("q", doc.bank, initial.bank);
  put("e", doc.seed, initial.seed);
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
    else if (Object.hasOwn(PATTERNS, key)) doc.banks[PATTERNS[key]] = patternOf(value);
    else if (key === "q") doc.bank = oneOf(value, BANKS);
    else if (key === "e") doc.seed = number(value, 0, SEEDS, true);
    else if (key === "n") doc.selected = number(value, 0, PADS - 1, true);
    else if (key === "v") doc.preview = oneOf(value, ["0", "1"]) === "1";
    else if (Object.hasOwn(NUMBERS, key)) doc[NUMBERS[key]] = number(value, LIMITS[NUMBERS[key]].min, LIMITS[NUMBERS[key]].max);
    else throw new Error(`unknown field ${key}`);
  }
  return doc;
}

const kitText = (pads) => pads.map(padText).join(",");

function padText(pad, index) {
  const { sound, range, crop } = pad;
  const initial = newPad(index);
  const fields = [classText(sound.class), ...sound.knobs];
  if (sound.seed !== null) fields.push(`s${sound.seed}`);
  else if (sound.dot != null) fields.push(`b${sound.dot}`);
  if (range !== initial.range) fields.push(`r${range}`);
  if (crop) fields.push(`c${crop.join("-")}`);
  for (const [letter, name] of Object.entries(LEVELS)) if (pad[name] !== initial[name]) fields.push(letter + pad[name]);
  for (const [letter, name] of Object.entries(FLAGS)) if (pad[name]) fields.push(letter);
  for (const [amount, seed] of sound.vary) fields.push(`v${amount}-${seed}`);
  const own = [...fields, ...rareFields(pad)].join("~");
  return sound.other ? own + SECOND + padText({ ...newPad(0), sound: sound.other }, 0) : own;
}

/** The pad, as a link keeps it; what it lacks is as on a new one. Throws an Error if it is none. */
export const checkedPad = (pad) => padOf(padText({ ...newPad(0), ...pad, sound: wholeSound(pad.sound) }, 0), 0);

function wholeSound({ other, ...sound }) {
  const unknown = Object.keys(sound).find((field) => !FIELDS.includes(field));
  if (unknown) throw new Error(`a sound has no ${unknown}`);
  return { ...newPad(0).sound, ...sound, ...(other && { other: wholeSound(other) }) };
}

function kitOf(text) {
  const pads = text.split(",");
  if (pads.length !== PADS) throw new Error(`a kit has ${PADS} pads; got ${pads.length}`);
  return pads.map(padOf);
}

function padOf(text, index) {
  const [own, other] = text.split(SECOND);
  const [name, x, y, fine, ...fields] = own.split("~");
  const limit = RANGES.at(-1);
  const pad = newPad(index);
  const { sound } = pad;
  sound.class = classOfText(name);
  sound.knobs = [x, y, fine].map((value) => number(value, -limit, limit));
  for (const field of fields) {
    const [letter, value] = [field[0], field.slice(1)];
    if (letter === "s") sound.seed = number(value, 0, SEEDS, true);
    else if (letter === "b") sound.dot = number(value, 0, SEEDS, true);
    else if (letter === "r") pad.range = Number(oneOf(value, RANGES.map(String)));
    else if (letter === "c") pad.crop = cropOf(value.split("-").map((ms) => number(ms, 0, 60000)));
    else if (letter === "v") sound.vary.push(varyOf(value.split("-")));
    else if (Object.hasOwn(LEVELS, letter)) pad[LEVELS[letter]] = number(value, LIMITS[LEVELS[letter]].min, LIMITS[LEVELS[letter]].max);
    else if (Object.hasOwn(FLAGS, field)) pad[FLAGS[field]] = true;
    else if (!readRare(pad, letter, value)) throw new Error(`unknown field ${field}`);
  }
  if (other) sound.other = padOf(other, 0).sound;
  if (sound.vary.length > MAX_VARY) throw new Error(`a sound has ${MAX_VARY} variations at most`);
  return pad;
}

function cropOf(crop) {
  if (crop.length !== 2 || crop[0] >= crop[1]) throw new Error(`a crop has a start and a later end; got ${crop}`);
  return crop;
}

const varyOf = ([amount, seed]) => [number(amount, 0, 1), number(seed, 0, SEEDS, true)];

// A lane is two bit masks, which steps sound and which are accents; the first step is the highest bit. Then come the
// steps with another velocity or chance than these give: pad-step-velocity-chance.
function patternText({ length, velocity, chance }) {
  const masks = velocity.map((lane) => maskText(lane.map(Boolean)) + maskText(lane.map((value) => stateOf(value) === "accent")));
  const fine = velocity.flatMap((lane, pad) =>
    lane.flatMap((value, step) => {
      const plain = value === VELOCITIES[stateOf(value)] && chance[pad][step] === 100;
      return plain ? [] : [pad, step, value, chance[pad][step]].join("-");
    }),
  );
  return [masks.join(""), ...fine].join("~");
}

function maskText(bits) {
  const nibbles = Array.from({ length: bits.length / 4 }, (_, at) => bits.slice(4 * at, 4 * at + 4));
  return nibbles.map((nibble) => nibble.reduce((mask, bit) => mask * 2 + bit, 0).toString(16)).join("");
}

function patternOf(text) {
  const [masks, ...fine] = text.split("~");
  const digits = masks.length / (2 * PADS);
  if (!/^[0-9a-f]*$/.test(masks) || !LENGTHS.includes(4 * digits)) throw new Error("the pattern is damaged");
  const mask = (at) => [...masks.slice(at * digits, (at + 1) * digits)].flatMap((digit) => bitsOf(parseInt(digit, 16)));
  const velocity = Array.from({ length: PADS }, (_, pad) => {
    const [on, accent] = [mask(2 * pad), mask(2 * pad + 1)];
    return on.map((bit, step) => VELOCITIES[bit ? (accent[step] ? "accent" : "on") : "off"]);
  });
  const pattern = { length: 4 * digits, velocity, chance: velocity.map((lane) => lane.map(() => 100)) };
  for (const step of fine) {
    const values = step.split("-");
    if (values.length !== 4) throw new Error("the pattern is damaged");
    const limits = [[0, PADS - 1], [0, pattern.length - 1], [1, 100], [1, 100]];
    setStep(pattern, ...values.map((value, at) => number(value, ...limits[at], true)));
  }
  return pattern;
}

const bitsOf = (nibble) => [8, 4, 2, 1].map((bit) => Number((nibble & bit) > 0));

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
