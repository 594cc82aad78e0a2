// The parts of the instrument: pads, their keys and MIDI notes, the ranges of all controls.

import { BANKS, patternOfText, STEPS } from "./pattern.js";

export { STEPS };
export const RANGES = [2, 5, 10];
export const MAX_VARY = 8; // variations of one sound, as on the server

// Notes of General MIDI percussion, and of its second edition: what has no class plays the class it is nearest to.
export const CLASSES = [
  { name: "kick", label: "Kick", notes: [35, 36] },
  { name: "clap", label: "Clap", notes: [28, 39] },
  { name: "snare", label: "Snare", notes: [38, 40] },
  { name: "open_hat", label: "Open hat", notes: [46, 49, 51, 52, 53, 55, 57, 59] }, // and cymbals
  { name: "closed_hat", label: "Closed hat", notes: [42, 44] },
  { name: "tambourine", label: "Tambourine", notes: [34, 54, 80, 81, 83, 84] }, // bells, triangles
  { name: "conga", label: "Conga", notes: [62, 63, 64, 78, 79] }, // cuicas
  { name: "bongo", label: "Bongo", notes: [27, 56, 60, 61, 67, 68] }, // cowbell, agogos
  { name: "shaker", label: "Shaker", notes: [29, 30, 58, 69, 70, 71, 72, 73, 74, 82] }, // cabasa, maracas, guiros
  { name: "snap", label: "Snap", notes: [31, 32, 33, 37, 75, 76, 77, 85] }, // side stick, claves, wood blocks
  { name: "tom", label: "Tom", notes: [41, 43, 45, 47, 48, 50, 65, 66, 86, 87] }, // timbales, surdos
];
export const PAD_OF_NOTE = new Map(CLASSES.flatMap(({ notes }, pad) => notes.map((note) => [note, pad])));

/** Exponents: the level of a hit over its velocity, for keys and hands of all weights. */
export const VELOCITY_CURVES = { light: 0.5, even: 1, heavy: 2, fixed: 0 };

export const PADS = CLASSES.length;

// Key positions, not letters: four columns under the left hand, in the order of the pads on the screen.
export const KEYS = ["Digit1", "Digit2", "Digit3", "Digit4", "KeyQ", "KeyW", "KeyE", "KeyR", "KeyA", "KeyS", "KeyD"];

export const LIMITS = {
  tempo: { min: 40, max: 240, initial: 112, unit: "bpm" },
  swing: { min: 50, max: 75, initial: 54, unit: "%" }, // share of a pair of sixteenths that the first one takes
  humanise: { min: 0, max: 100, initial: 20, unit: "%" },
  sens: { min: 5, max: 100, initial: 100, unit: "%" }, // share of a drag that the point moves
  amount: { min: 2, max: 100, initial: 25, unit: "%" }, // of a variation
  level: { min: 0, max: 2, initial: 1 },
  pan: { min: -1, max: 1, initial: 0 }, // left to right
  pitch: { min: -12, max: 12, initial: 0 }, // semitones
  decay: { min: 0, max: 1, initial: 0 }, // share of the sound, at its end, over which it falls to silence
  fade: { min: 0, max: 500, initial: 0 }, // at the end, ms
};

export const SHAPE = ["pan", "pitch", "decay", "fade"];

export const HUMANISE_AMOUNT = 0.3; // of `vary`, at a humanise of 100 %

export const labelOf = (name) => CLASSES.find((c) => c.name === name).label;
export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
export const newSeed = () => Math.floor(Math.random() * 2 ** 31);

const PATTERN = {
  kick: "x......x..x.....",
  snare: "....X.......X...",
  clap: "............x...",
  closed_hat: "x.x.x.x.x.x.x.x.",
  open_hat: "..............x.",
  conga: "...x..x....x....",
  shaker: ".x.x.x.x.x.x.x.x",
};

export function newPad(index) {
  const sound = { class: CLASSES[index].name, knobs: [0, 0, 0], seed: null, vary: [] };
  const shape = { pan: 0, pitch: 0, decay: 0, fade: 0 };
  return { sound, range: RANGES[0], crop: null, level: LIMITS.level.initial, mute: false, solo: false, lock: false, name: null, ...shape };
}

/** The whole state of the instrument, as plain data: undo keeps it, and a link holds it. */
export function newDocument() {
  const pads = () => CLASSES.map((_, index) => newPad(index));
  const lanes = (pattern) => CLASSES.map(({ name }) => pattern[name] ?? ".");
  const banks = BANKS.map((bank) => [bank, patternOfText(lanes(bank === "a" ? PATTERN : {}))]);
  const { tempo, swing, humanise, sens, amount } = LIMITS;
  return {
    kits: { a: pads(), b: pads() },
    kit: "a",
    banks: Object.fromEntries(banks),
    bank: "a",
    seed: 0, // of chances and humanised takes
    tempo: tempo.initial,
    swing: swing.initial,
    humanise: humanise.initial,
    selected: 0,
    sens: sens.initial,
    amount: amount.initial,
    preview: true,
  };
}
