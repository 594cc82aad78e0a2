// The recipe of a pad's sound: { class, knobs, seed, vary } and, where they are set, dot, texture, own, take, other, t.

import { labelOf } from "./kit.js";

/** A new sound of a class: drawn by a seed, or its centre. */
export const newSound = (name, seed = null) => ({ class: name, knobs: [0, 0, 0], seed, vary: [] });

/** The sound of a dot of the map of a class. */
export const dotSound = (name, dot) => ({ ...newSound(name), dot });

/** A file of the user's as it is, known by its key. */
export const ownSound = (name, key) => ({ ...newSound(name), own: key });

/** The class of a sound, or of its largest share: a mix is written as kick:0.7,snare:0.3, the first class first. */
export const mainClass = ({ class: name }) => name.split(/[:,]/)[0];

/** A mix in words, as 70 % kick, 30 % snare; null for one class. */
export function mixText({ class: name }) {
  if (!name.includes(":")) return null;
  const shares = name.split(",").map((part) => part.split(":"));
  const whole = shares.reduce((sum, [, weight]) => sum + Number(weight), 0);
  return shares.map(([one, weight]) => `${Math.round((100 * weight) / whole)} % ${labelOf(one).toLowerCase()}`).join(", ");
}

/** What a pad is called: its file, or its class. */
export function titleOf({ sound, name }) {
  return sound.own && name ? name.replace(/\.\w{1,4}$/, "") : labelOf(mainClass(sound));
}

/** Whether the sound is a file as it came in. */
export function isUnmoved({ own, knobs, vary, take, other, t }) {
  return Boolean(own) && !knobs.some(Boolean) && !vary.length && !take && !(other && t);
}

/** The sound without the files whose keys are in `absent`: the class in their place. */
export function without(sound, absent) {
  const { own, take, other, t, ...rest } = sound;
  if (absent.has(own)) return rest;
  return other && absent.has(other.own) ? { ...rest, own, take } : sound;
}

/** The number of the take: 0 is the sound itself. Takes of a file are its own; a drawn sound has other textures. */
export const takeNumber = (sound) => (sound.own ? sound.take : sound.texture) ?? 0;

export function setTake(sound, number) {
  sound[sound.own ? "take" : "texture"] = number || null;
}

export const keyOf = ({ class: name, knobs, seed, dot, vary, texture, own, take, other, t }) =>
  JSON.stringify([name, knobs, seed, dot ?? null, vary, texture ?? null, own ?? null, take ?? null, other && t ? [keyOf(other), t] : null]);
