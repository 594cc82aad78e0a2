// The pattern as a standard MIDI file, and the note of each pad.

import { ticksTo } from "./hits.js";
import { TICKS } from "./pulse.js";
import { mainClass } from "./recipe.js";
import { joined } from "./zip.js";

const QUARTER = 960; // ticks of the file
const LENGTH = QUARTER / 8; // of a note: drums sound to their end
const CHANNEL = 9; // the tenth: percussion

// The notes of each class in General MIDI, and on the keys of `drumjax kit`: the usual one first.
const NOTES = {
  kick: [36, 35], clap: [39], snare: [38, 40], open_hat: [46], closed_hat: [42, 44], tambourine: [54], conga: [64, 63, 62],
  bongo: [61, 60], shaker: [82, 70, 69], snap: [37, 75, 76, 77], tom: [45, 47, 50, 41, 43, 48],
};
const OTHERS = Array.from({ length: 47 }, (_, i) => 35 + i);

/** A note for each pad, all of them different: the next one of its class, else one that is free. */
export function notesOf(pads) {
  const used = new Set();
  return pads.map(({ sound }) => {
    const note = [...NOTES[mainClass(sound)], ...OTHERS].find((note) => !used.has(note));
    used.add(note);
    return note;
  });
}

/** The bytes of a MIDI file of format 0. `hits`: those of `hitsOf`; `steps`: how many the pattern has. */
export function midiFileOf(doc, hits, steps) {
  const notes = notesOf(doc.kits[doc.kit]);
  const tickOf = (step) => Math.round((ticksTo(doc, step) * QUARTER) / TICKS);
  const events = hits.flatMap(({ pad, step, velocity }) => [
    [tickOf(step), 0x90 | CHANNEL, notes[pad], Math.max(1, Math.round(127 * velocity))],
    [tickOf(step) + LENGTH, 0x80 | CHANNEL, notes[pad], 64],
  ]);
  events.sort(([at, status], [other, next]) => at - other || status - next); // a note ends before the next begins
  const tempo = Math.round(6e7 / doc.tempo); // microseconds of a quarter note
  const name = new TextEncoder().encode("drumjax");
  const track = [
    [0, 0xff, 0x03, name.length, ...name],
    [0, 0xff, 0x51, 3, tempo >> 16, (tempo >> 8) & 255, tempo & 255],
    [0, 0xff, 0x58, 4, 4, 2, TICKS, 8], // four quarters a bar
    ...events,
  ];
  const end = Math.max(tickOf(steps), events.at(-1)?.[0] ?? 0);
  let now = 0;
  const bytes = [...track, [end, 0xff, 0x2f, 0]].flatMap(([at, ...message]) => {
    const wait = at - now;
    now = at;
    return [...lengthOf(wait), ...message];
  });
  const head = chunk("MThd", [0, 0, 0, 1, QUARTER >> 8, QUARTER & 255]);
  return joined([head, chunk("MTrk", bytes)]);
}

function chunk(mark, bytes) {
  const { length } = bytes;
  const size = [24, 16, 8, 0].map((shift) => (length >> shift) & 255);
  return Uint8Array.from([...[...mark].map((letter) => letter.charCodeAt(0)), ...size, ...bytes]);
}

// A number in groups of seven bits, the highest first; all but the last are marked.
function lengthOf(ticks) {
  const groups = [ticks & 127];
  while ((ticks >>= 7)) groups.unshift((ticks & 127) | 128);
  return groups;
}
