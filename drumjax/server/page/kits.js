// Kits: those to start from, and new ones that belong together, whose sounds the server draws.

import { CLASSES, newDocument, newSeed } from "./kit.js";
import { mainClass, newSound } from "./recipe.js";
import { THOUSANDS } from "./seeds.js";

const PATIENCE_MS = 4000; // then every pad gets any sound of its class

/**
 * Kits to start from, each of draws of a seed of `drumjax kit`: chosen among 48 for a low kick, bright hats of which the
 * open one is the longer, and toms below snares; draws that swell were replaced. Their levels set each drum to a loudness
 * below that of the kick.
 */
export const KITS = [
  kit("Workshop", 31, [6, 1, 1, 1, 1, 0, 10, 5, 2, 2, 0], [100, 23, 43, 20, 21, 28, 20, 20, 20, 21, 85]),
  kit("Rebound", 26, [0, 2, 0, 6, 2, 6, 1, 1, 2, 1, 6], [100, 46, 107, 20, 32, 21, 20, 45, 20, 41, 55]),
  kit("Big Hall", 42, [5, 0, 1, 1, 3, 1, 1, 0, 0, 1, 0], [100, 20, 60, 20, 27, 34, 44, 33, 20, 35, 35]),
  kit("Dry Room", 24, [4, 0, 1, 1, 0, 0, 6, 1, 0, 1, 5], [100, 20, 34, 20, 20, 20, 20, 20, 20, 20, 29]),
  kit("Silver", 14, [1, 2, 0, 6, 2, 6, 1, 9, 2, 2, 1], [100, 21, 73, 20, 20, 25, 31, 25, 20, 32, 48]),
  kit("Long Boom", 28, [4, 1, 1, 5, 0, 2, 6, 2, 4, 0, 3], [100, 78, 79, 27, 32, 27, 50, 36, 25, 41, 79]),
  kit("Dark Wood", 47, [0, 2, 2, 11, 0, 1, 12, 9, 3, 1, 4], [100, 36, 43, 20, 20, 22, 20, 33, 20, 42, 42]),
  kit("Street", 7, [6, 1, 6, 3, 2, 0, 0, 1, 0, 0, 4], [100, 22, 85, 20, 20, 20, 44, 30, 20, 34, 68]),
  kit("Tight", 12, [2, 1, 3, 1, 1, 0, 2, 1, 2, 2, 9], [100, 28, 52, 20, 20, 22, 32, 30, 20, 31, 44]),
  kit("Open Air", 18, [3, 0, 1, 6, 2, 3, 1, 1, 2, 2, 12], [100, 50, 52, 20, 20, 20, 32, 24, 21, 35, 34]),
  kit("Deep End", 17, [5, 1, 0, 0, 2, 4, 2, 13, 2, 1, 21], [100, 24, 72, 20, 30, 22, 41, 26, 20, 38, 41]),
  kit("Bright Side", 32, [1, 0, 2, 1, 1, 2, 6, 2, 5, 2, 0], [100, 20, 29, 20, 20, 20, 20, 20, 20, 21, 50]),
];

// `draws`: which of the seed's thousand draws each class has; `percent`: the level of each.
function kit(name, seed, draws, percent) {
  const byClass = (values) => Object.fromEntries(CLASSES.map((c, at) => [c.name, values[at]]));
  return { name, seeds: byClass(draws.map((draw) => 1000 * seed + draw)), levels: byClass(percent.map((level) => level / 100)) };
}

/** The document of a first visit and of a new start. */
export function startDocument() {
  const doc = newDocument();
  for (const pads of Object.values(doc.kits)) putKit(pads, KITS[0]);
  return doc;
}

/** Puts the sounds of a kit on the pads that are not locked, and its levels where it has some; `seedOf`: see `Seeds.next`. */
export function putKit(pads, { seeds, levels }, seedOf = newSeed) {
  const used = new Set();
  for (const pad of pads.filter(({ lock }) => !lock)) {
    const name = mainClass(pad.sound);
    // A second pad of a class gets another sound of it.
    const seed = used.has(name) ? seedOf(name) : (seeds[name] ?? seedOf(name));
    used.add(name);
    Object.assign(pad, { crop: null, sound: newSound(name, seed) });
    if (levels) pad.level = levels[name];
  }
}

/** Draws new kits. */
export class KitRoller {
  #connection;
  #next = null; // the promise of a kit that is not used yet

  constructor(connection) {
    this.#connection = connection;
  }

  /** Has the next kit drawn, so that it is there when it is wanted. */
  prepare() {
    this.#next ??= this.#draw();
  }

  /** A new kit, { seeds }, by class. */
  async roll() {
    this.prepare();
    const kit = await this.#next;
    this.#next = null;
    return kit;
  }

  #draw() {
    const connection = this.#connection;
    const any = { seeds: {} };
    const seed = Math.floor(Math.random() * THOUSANDS);
    if (!connection.hello.kits || !connection.send({ type: "kit", seed })) return Promise.resolve(any);
    return new Promise((resolve) => {
      const finish = (kit) => {
        connection.removeEventListener("kit", onKit);
        resolve(kit);
      };
      const onKit = ({ detail }) => detail.seed === seed && finish({ seed, seeds: detail.seeds });
      connection.addEventListener("kit", onKit);
      setTimeout(finish, PATIENCE_MS, any);
    });
  }
}
