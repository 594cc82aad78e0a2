// What few sounds have, as fields of a pad in a link: a file of the user's, takes, a second sound, a mix of classes.
//
//   H<key of the file>  N<its name>  K<take of it>  X<texture>  T<share of the second sound>, which follows ~O~

import { CLASSES, clamp } from "./kit.js";

export const SECOND = "~O~";

const CLASS_NAMES = CLASSES.map(({ name }) => name);
const SEEDS = 2 ** 31 - 1;

export function rareFields({ sound: { texture, own, take, other, t }, name }) {
  const fields = { H: own, N: own && name && escaped(name), K: own && take, X: texture, T: other && String(t ?? 0) };
  return Object.entries(fields).flatMap(([letter, value]) => (value ? letter + value : []));
}

/** Reads a field of `rareFields` into a pad; false for any other. */
export function readRare(pad, letter, value) {
  const { sound } = pad;
  if (letter === "H" && /^[0-9a-f]{16}$/.test(value)) sound.own = value;
  else if (letter === "N") pad.name = unescaped(value);
  else if (letter === "K") sound.take = number(value, SEEDS);
  else if (letter === "X") sound.texture = number(value, SEEDS);
  else if (letter === "T") sound.t = number(value, 1, false);
  else return false;
  return true;
}

/** A mix kick:0.7,snare:0.3 is kick-0.7-snare-0.3 in a link. */
export const classText = (name) => name.replace(/[:,]/g, "-");

export function classOfText(text) {
  const parts = text.split("-");
  const names = parts.length === 1 ? parts : parts.filter((_, at) => at % 2 === 0);
  const weights = parts.filter((_, at) => at % 2);
  const known = names.every((name) => CLASS_NAMES.includes(name)) && new Set(names).size === names.length;
  if (!known || (weights.length && weights.length !== names.length)) throw new Error(`expected one of ${CLASS_NAMES.join(", ")}; got ${text}`);
  if (!weights.length) return text;
  return names.map((name, at) => `${name}:${number(weights[at], 1000, false)}`).join(",");
}

// Letters, digits, points and hyphens stay; any other character is its code between underscores.
const escaped = (name) => [...name].slice(0, 60).map((c) => (/[a-zA-Z0-9.-]/.test(c) ? c : `_${c.codePointAt(0).toString(16)}_`)).join("");

function unescaped(text) {
  if (!/^([a-zA-Z0-9.-]|_[0-9a-f]{1,5}_)+$/.test(text)) throw new Error("the name of a file is damaged");
  return text.replace(/_([0-9a-f]+)_/g, (_, code) => String.fromCodePoint(parseInt(code, 16)));
}

function number(text, high, whole = true) {
  const value = Number(text);
  const fits = text.trim() && value === clamp(value, 0, high) && (!whole || Number.isInteger(value));
  if (!fits) throw new Error(`expected a number from 0 to ${high}; got ${text}`);
  return value;
}
