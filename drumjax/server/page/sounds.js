// Requests sounds and caches them: a description always gives the same sound, so each is requested once.

import { keyOf, without } from "./recipe.js";

const CACHED = 2 ** 24; // samples, 64 MB: some 400 sounds of a second
const LONGEST_MS = 15_000; // a connection on which no sound that is waited for comes for longer counts as hung

export { keyOf };

/** `absent`: keys of files that are neither on the server nor in this browser; the class plays in their place. */
export class Sounds extends EventTarget {
  absent = new Set();
  #connection;
  #audio;
  #cache = new Map();
  #cached = 0; // samples
  #jobs = new Map();
  #id = 0;
  #heard = 0; // when the last sound came

  constructor(connection, audio) {
    super();
    this.#connection = connection;
    this.#audio = audio;
    connection.addEventListener("sound", ({ detail }) => this.#onSound(detail));
    connection.addEventListener("error", ({ detail }) => this.#drop(detail.id, detail.text));
    connection.addEventListener("state", () => [...this.#jobs.keys()].forEach((id) => this.#drop(id, "Not reachable.")));
    setInterval(() => {
      const late = performance.now() - LONGEST_MS;
      if (this.#heard < late && [...this.#jobs.values()].some(({ sentAt }) => sentAt < late)) connection.reopen();
    }, 1000);
  }

  /** Whether a request is unanswered. */
  get busy() {
    return this.#jobs.size > 0;
  }

  /**
   * Calls `then(take, job)` when the sound has come; a take has the `buffer` and `at`, the sound's place on the map of
   * its class. A cached sound comes at once and without a job. Of several requests for one slot, only the newest is
   * sure to be answered. Returns false without a connection.
   */
  request(described, slot, then, { keep = true, fail = null } = {}) {
    const sound = without(described, this.absent);
    const take = this.#cache.get(keyOf(sound));
    if (take) {
      this.#forget(slot, this.#id);
      then(take);
      return true;
    }
    const job = { slot, key: keep ? keyOf(sound) : null, then, fail, sentAt: performance.now() };
    if (!this.#connection.send({ type: "render", id: ++this.#id, slot, sound })) return false;
    this.#jobs.set(this.#id, job);
    return true;
  }

  /** The take of a sound, for a file: later requests do not overtake it. */
  take(sound) {
    return new Promise((resolve, reject) => {
      const fail = (text) => reject(new Error(text));
      if (!this.request(sound, `file${this.#id}`, resolve, { fail })) fail("The instrument is not ready.");
    });
  }

  #drop(id, text) {
    this.#jobs.get(id)?.fail?.(text);
    this.#jobs.delete(id);
  }

  #onSound({ id, slot, rate, ms, at, samples, channels }) {
    this.#heard = performance.now();
    const job = this.#jobs.get(id);
    if (!job) return;
    this.#forget(slot, id);
    const take = { buffer: this.#audio.buffer(samples, rate, channels), at };
    if (job.key) this.#store(job.key, take);
    job.then(take, { ...job, ms });
  }

  #forget(slot, newest) {
    for (const [id, job] of this.#jobs) if (job.slot === slot && id <= newest) this.#jobs.delete(id);
  }

  #store(key, take) {
    this.#cached += sizeOf(take) - (this.#cache.has(key) ? sizeOf(this.#cache.get(key)) : 0);
    this.#cache.set(key, take);
    for (const [oldest, old] of this.#cache) {
      if (this.#cached <= CACHED || oldest === key) break;
      this.#cache.delete(oldest);
      this.#cached -= sizeOf(old);
    }
  }
}

const sizeOf = ({ buffer }) => Math.round(buffer.duration * buffer.sampleRate) * (buffer.numberOfChannels ?? 1);
