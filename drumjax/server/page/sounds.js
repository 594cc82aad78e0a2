// Asks the server for sounds and keeps what came: a sound is a description, so it never has to be asked for twice.

const KEPT = 256; // sounds, 90 kB each

export const keyOf = (sound) => JSON.stringify([sound.class, sound.knobs, sound.seed, sound.vary]);

export class Sounds extends EventTarget {
  #connection;
  #audio;
  #kept = new Map();
  #jobs = new Map();
  #id = 0;

  constructor(connection, audio) {
    super();
    this.#connection = connection;
    this.#audio = audio;
    connection.addEventListener("sound", ({ detail }) => this.#arrived(detail));
    connection.addEventListener("error", ({ detail }) => this.#jobs.delete(detail.id));
    connection.addEventListener("state", () => this.#jobs.clear());
  }

  /** Whether an answer is under way. */
  get busy() {
    return this.#jobs.size > 0;
  }

  /**
   * Calls `then(take, job)` when the sound is there, a take being its `buffer` and the place `at` where it lies among
   * the sounds of its class: at once, without a job, if it was kept. Of several requests for one slot only the newest
   * is sure to be answered. False if the server is not there.
   */
  ask(sound, slot, then, { keep = true } = {}) {
    const kept = this.#kept.get(keyOf(sound));
    if (kept) {
      this.#forget(slot, this.#id);
      then(kept);
      return true;
    }
    const job = { slot, key: keep ? keyOf(sound) : null, then, asked: performance.now() };
    if (!this.#connection.send({ type: "render", id: ++this.#id, slot, sound })) return false;
    this.#jobs.set(this.#id, job);
    return true;
  }

  #arrived({ id, slot, rate, ms, at, samples }) {
    const job = this.#jobs.get(id);
    if (!job) return;
    this.#forget(slot, id);
    const take = { buffer: this.#audio.buffer(samples, rate), at };
    if (job.key) this.#keep(job.key, take);
    job.then(take, { ...job, ms });
  }

  #forget(slot, newest) {
    for (const [id, job] of this.#jobs) if (job.slot === slot && id <= newest) this.#jobs.delete(id);
  }

  #keep(key, take) {
    this.#kept.set(key, take);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value);
  }
}
