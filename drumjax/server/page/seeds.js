// Seeds of new sounds. A server says which seeds make sounds that a classifier takes for their class; asked ahead, so that
// nobody waits. A seed is valid anywhere: only its choice is strict. Where none has come, it is any seed.

import { newSeed } from "./kit.js";

export const THOUSANDS = Math.floor(2 ** 31 / 1000); // of seeds: the server draws from one of them
const FEW = 4; // then more are asked for

export class Seeds {
  #connection;
  #ready = new Map(); // {class: seeds}
  #asked = new Set(); // classes

  constructor(connection) {
    this.#connection = connection;
    connection.addEventListener("state", () => this.#asked.clear());
    connection.addEventListener("seeds", ({ detail: { class: name, seeds } }) => {
      this.#ready.set(name, [...this.#of(name), ...seeds]);
      this.#asked.delete(name);
    });
  }

  /** A seed for a new sound of a class, or of a mix. */
  next(name) {
    const seed = this.#of(name).shift() ?? newSeed();
    this.prepare(name);
    return seed;
  }

  /** Has seeds of a class chosen, unless there are some. */
  prepare(name) {
    if (!this.#connection.hello.kits || name.includes(":") || this.#asked.has(name) || this.#of(name).length >= FEW) return;
    const seed = Math.floor(Math.random() * THOUSANDS);
    if (this.#connection.send({ type: "seeds", class: name, seed })) this.#asked.add(name);
  }

  #of(name) {
    return this.#ready.get(name) ?? [];
  }
}
