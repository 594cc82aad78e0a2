// Kits: those to start from, and new ones that belong together, whose sounds the server draws.

import { CLASSES, newDocument, newSeed } from "./kit.js";
import { mainClass, newSound } from "./recipe.js";

const PATIENCE_MS = 4000; // then every pad gets any sound of its class
const SEEDS = Math.floor(2 ** 31 / 1000); // of kits: each has a thousand seeds of sounds

/**
 * Kits to start from, each of draws of a seed of `drumjax kit`: chosen among 48 for a low kick, bright hats of which the
 * open one is the longer, and toms below snares. Their levels set each drum to a loudness below that of the kick.
 */
export const KITS = [
  kit("Opener", 5, [14, 3, 3, 0, 3, 0, 4, 2, 1, 0, 1], [100, 43, 65, 20, 34, 20, 51, 49, 24, 43, 43]),
  kit("Big Hall", 6, [20, 1, 0, 2, 0, 5, 5, 5, 0, 0, 158], [100, 40, 59, 25, 42, 21, 35, 27, 20, 54, 40]),
  kit("Dry Room", 9, [3, 1, 0, 2, 1, 13, 1, 12, 2, 4, 37], [100, 92, 102, 21, 74, 38, 30, 71, 20, 51, 116]),
  kit("Silver", 10, [10, 2, 1, 0, 1, 0, 6, 5, 0, 1, 131], [100, 50, 51, 21, 41, 30, 42, 32, 29, 81, 67]),
  kit("Workshop", 11, [8, 0, 1, 0, 3, 2, 4, 18, 5, 0, 95], [100, 24, 52, 22, 36, 20, 28, 21, 20, 36, 55]),
  kit("Long Boom", 20, [39, 0, 2, 0, 1, 5, 5, 11, 3, 2, 31], [100, 34, 86, 20, 62, 20, 43, 33, 20, 41, 31]),
  kit("Dark Wood", 25, [14, 0, 1, 2, 0, 3, 6, 4, 3, 2, 14], [100, 35, 72, 21, 33, 22, 39, 29, 21, 51, 62]),
  kit("Street", 26, [15, 2, 1, 1, 0, 1, 5, 6, 2, 0, 128], [100, 57, 48, 20, 23, 21, 26, 49, 20, 45, 66]),
  kit("Tight", 30, [28, 0, 2, 1, 0, 17, 0, 17, 0, 2, 2], [100, 33, 68, 20, 27, 23, 20, 21, 25, 34, 70]),
  kit("Open Air", 31, [29, 1, 2, 0, 2, 3, 3, 8, 2, 1, 48], [100, 33, 41, 24, 29, 22, 44, 32, 20, 48, 53]),
  kit("Deep End", 34, [7, 1, 0, 0, 1, 3, 5, 3, 0, 0, 55], [100, 28, 69, 20, 34, 24, 50, 35, 20, 46, 45]),
  kit("Bright Side", 35, [35, 1, 0, 1, 2, 0, 0, 7, 0, 0, 61], [100, 23, 23, 20, 23, 20, 27, 21, 20, 32, 23]),
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

/** Puts the sounds of a kit on the pads that are not locked, and its levels where it has some. */
export function putKit(pads, { seeds, levels }) {
  const used = new Set();
  for (const pad of pads.filter(({ lock }) => !lock)) {
    const name = mainClass(pad.sound);
    // A second pad of a class gets another sound of it.
    const seed = used.has(name) ? newSeed() : (seeds[name] ?? newSeed());
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
    const seed = Math.floor(Math.random() * SEEDS);
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
