// What a pattern plays, and when: pure functions of the document, for playing and for files alike.

import { HUMANISE_AMOUNT, MAX_VARY, STEPS } from "./kit.js";
import { TICKS } from "./pulse.js";

/** Humanised takes of a pad's sound. A prime: the hits of a bar have different takes, and so have those of the next. */
export const TAKES = 13;
const [VARIATION, TEXTURE, CHANCE] = [1, 2, 3]; // what a number is drawn for

export const patternOf = (doc, bank = doc.bank) => doc.banks[bank];

/** Which pads are heard: those that are solo, or without any, those that are not muted. */
export function audible(pads) {
  const some = pads.some(({ solo }) => solo);
  return pads.map(({ solo, mute }) => (some ? solo : !mute));
}

/** The hits of the step `count` of a pattern, counted from its start: { pad, velocity 0..1, number of its take }. */
export function hitsAt(doc, count, bank = doc.bank) {
  const { length, velocity, chance } = patternOf(doc, bank);
  const step = count % length;
  const heard = audible(doc.kits[doc.kit]);
  return velocity.flatMap((lane, pad) => {
    if (!lane[step] || !heard[pad]) return [];
    if (chance[pad][step] < 100 && 100 * share(doc.seed, CHANCE, pad, count) >= chance[pad][step]) return [];
    return { pad, velocity: lane[step] / 100, number: count % TAKES };
  });
}

/** The sound of a humanised hit; null without Humanise: the pad's own. `texture`: whether the server has textures. */
export function takeOf(doc, pad, number, texture) {
  if (!doc.humanise) return null;
  const { sound } = doc.kits[doc.kit][pad];
  const step = [Number(((doc.humanise / 100) * HUMANISE_AMOUNT).toFixed(3)), seedOf(doc.seed, VARIATION, pad, number)];
  const take = { ...sound, vary: [...sound.vary.slice(0, MAX_VARY - 1), step] };
  return texture ? { ...take, texture: seedOf(doc.seed, TEXTURE, pad, number) } : take; // another noise for each hit
}

/** Ticks of a MIDI clock from the start to a step. Two steps share an eighth note; with swing, the first has more of it. */
export function ticksTo(doc, count) {
  return (TICKS / 2) * (Math.floor(count / 2) + (count % 2 ? doc.swing / 100 : 0));
}

export const secondsTo = (doc, count) => (ticksTo(doc, count) * 60) / (TICKS * doc.tempo);

/**
 * The hits of the first `bars`, of sixteen steps each, as they are heard from the start on:
 * { pad, step (from the start), time (s), velocity (0..1), take (a sound, or null for the pad's own) }.
 */
export function hitsOf(doc, bars, { texture = false } = {}) {
  return Array.from({ length: STEPS * bars }, (_, step) =>
    hitsAt(doc, step).map(({ pad, velocity, number }) => ({
      pad,
      step,
      time: secondsTo(doc, step),
      velocity,
      take: takeOf(doc, pad, number, texture),
    })),
  ).flat();
}

const share = (...numbers) => seedOf(...numbers) / 2 ** 31;

// A whole number below 2^31 that looks random, the same for the same numbers.
function seedOf(...numbers) {
  let hash = 0x5bd1;
  for (const number of numbers) {
    hash = Math.imul(hash ^ number, 0x2c1b3c6d);
    hash = Math.imul(hash ^ (hash >>> 15), 0x297a2d39);
    hash ^= hash >>> 14;
  }
  return hash >>> 1;
}
