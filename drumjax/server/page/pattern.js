// A pattern: for each pad and step a velocity, 0 for no hit, and the chance that it sounds, both in percent.

export const BANKS = ["a", "b", "c", "d"];
export const STEPS = 16; // of a bar
export const LENGTHS = [STEPS, 2 * STEPS];
export const VELOCITIES = { off: 0, on: 70, accent: 100 };
const ACCENT = 85; // the least velocity of one
const SOFT = 35;

export const stateOf = (velocity) => (velocity >= ACCENT ? "accent" : velocity ? "on" : "off");

/** The pattern of lanes written as letters: x for a hit, X for an accent, o for a soft hit. */
export function patternOfText(lanes, length = STEPS) {
  const velocities = { x: VELOCITIES.on, X: VELOCITIES.accent, o: SOFT };
  const velocity = lanes.map((lane) => Array.from({ length }, (_, step) => velocities[lane[step % lane.length]] ?? 0));
  return { length, velocity, chance: lanes.map(() => Array(length).fill(100)) };
}

/** A step that is switched off or on again has the full chance. */
export function setStep({ velocity, chance }, pad, step, value, odds = 100) {
  velocity[pad][step] = value;
  chance[pad][step] = value ? odds : 100;
}

/** Cuts a pattern, or repeats it up to the new length. */
export function setLength(pattern, length) {
  for (const name of ["velocity", "chance"]) {
    pattern[name] = pattern[name].map((lane) => Array.from({ length }, (_, step) => lane[step % pattern.length]));
  }
  pattern.length = length;
}

/** What a lane has, to be pasted into another. */
export const laneOf = ({ velocity, chance }, pad) => ({ velocity: velocity[pad], chance: chance[pad] });

/** Replaces a lane by another one, which is repeated or cut where its pattern has another length. */
export function setLane(pattern, pad, lane) {
  for (const name of ["velocity", "chance"]) {
    pattern[name][pad] = Array.from({ length: pattern.length }, (_, step) => lane[name][step % lane[name].length]);
  }
}

export const isEmpty = ({ velocity }) => !velocity.flat().some(Boolean);
