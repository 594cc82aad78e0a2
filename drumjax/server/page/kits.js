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
  kit("Workshop", 11, [2, 0, 1, 16, 3, 2, 4, 18, 19, 0, 95], [100, 23, 51, 20, 35, 20, 27, 20, 20, 35, 54]),
  kit("Rebound", 5, [13, 31, 3, 7, 3, 0, 21, 2, 1, 0, 1], [100, 33, 59, 20, 31, 20, 27, 45, 22, 39, 39]),
  kit("Big Hall", 6, [4, 1, 28, 13, 0, 23, 21, 26, 8, 0, 158], [100, 25, 51, 20, 26, 20, 30, 28, 20, 33, 24]),
  kit("Dry Room", 9, [19, 1, 0, 6, 1, 13, 1, 12, 2, 4, 37], [100, 75, 84, 20, 61, 32, 25, 58, 20, 42, 96]),
  kit("Silver", 10, [16, 2, 28, 31, 1, 0, 6, 31, 0, 1, 15], [100, 22, 53, 20, 20, 20, 20, 23, 20, 35, 29]),
  kit("Long Boom", 20, [39, 0, 2, 4, 1, 5, 5, 11, 3, 2, 10], [100, 34, 86, 20, 62, 20, 43, 33, 20, 41, 53]),
  kit("Dark Wood", 25, [20, 0, 1, 2, 0, 3, 11, 4, 19, 2, 14], [100, 30, 61, 20, 28, 20, 47, 25, 24, 43, 53]),
  kit("Street", 26, [15, 2, 1, 10, 0, 1, 5, 6, 2, 0, 128], [100, 57, 48, 20, 23, 21, 26, 49, 20, 45, 66]),
  kit("Tight", 30, [28, 0, 2, 12, 0, 17, 0, 17, 0, 2, 2], [100, 33, 68, 20, 27, 23, 20, 21, 25, 34, 70]),
  kit("Open Air", 31, [0, 1, 2, 15, 2, 3, 3, 8, 2, 1, 14], [100, 35, 43, 20, 31, 23, 46, 34, 20, 51, 51]),
  kit("Deep End", 34, [13, 28, 0, 5, 1, 3, 5, 3, 0, 0, 55], [100, 28, 69, 20, 34, 24, 50, 34, 20, 46, 45]),
  kit("Bright Side", 35, [35, 1, 0, 17, 2, 10, 2, 7, 11, 0, 14], [100, 23, 23, 20, 23, 20, 20, 21, 20, 32, 43]),
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
