// The engine in WebAssembly, for browsers, Node and Node for Max: the functions of drumjax.h, with sounds as the page
// describes them. It needs no files and no network: its caller brings the bytes of drumjax.wasm and of an instrument.

const KNOBS = 3;
const DEFAULT_NAMES = ["knob 1", "knob 2", "knob 3"];
const REFUSED = 8; // of WASI, "bad file descriptor": the engine opens no files
const WASI = { fd_close: () => REFUSED, fd_seek: () => REFUSED, fd_write: () => REFUSED };

export class Engine {
  #c; // exported functions
  #instrument;
  #player;
  #at = {}; // addresses of the arguments: error, knobs, mix, base, wave, count

  /** Throws an Error where the instrument cannot be read. */
  static async load(program, instrument) {
    const { instance } = await WebAssembly.instantiate(program, { wasi_snapshot_preview1: WASI });
    return new Engine(instance.exports, instrument);
  }

  constructor(exported, instrument) {
    this.#c = exported;
    exported._initialize();
    const room = 400;
    const [file, error] = [exported.malloc(instrument.byteLength), exported.malloc(room)];
    new Uint8Array(exported.memory.buffer).set(new Uint8Array(instrument), file);
    this.#instrument = exported.drumjax_load(file, instrument.byteLength, error, room);
    exported.free(file);
    if (!this.#instrument) throw new Error(this.#text(error));
    this.#player = exported.drumjax_player_new(this.#instrument);
    const ask = (name) => exported[`drumjax_${name}`](this.#instrument);
    [this.rate, this.samples, this.latent, this.texture] = ["rate", "samples", "latent", "texture"].map(ask);
    this.classes = Array.from({ length: ask("classes") }, (_, i) => this.#text(exported.drumjax_class_name(this.#instrument, i)));
    const floats = { knobs: KNOBS, mix: this.classes.length, base: this.latent, wave: this.samples, count: 1 };
    for (const [name, length] of Object.entries(floats)) this.#at[name] = exported.malloc(4 * length);
  }

  /** Names of the three knobs of each class. */
  get knobs() {
    const name = (label, knob) => {
      const at = this.#c.drumjax_knob_name(this.#instrument, label, knob);
      return at ? this.#text(at) : DEFAULT_NAMES[knob];
    };
    return Object.fromEntries(this.classes.map((drum, label) => [drum, DEFAULT_NAMES.map((_, knob) => name(label, knob))]));
  }

  /** Sources of the training sounds with their licences. */
  get sources() {
    return JSON.parse(this.#text(this.#c.drumjax_sources(this.#instrument)));
  }

  /** Places of training sounds of a class: knobs one and two, and the spectral centroid in Hz. */
  map(drumClass) {
    const points = this.#c.drumjax_map(this.#instrument, this.#label(drumClass), this.#at.count);
    const count = new Int32Array(this.#c.memory.buffer, this.#at.count, 1)[0];
    const all = this.#floats(points, 3 * count);
    return Array.from({ length: count }, (_, i) => [...all.subarray(3 * i, 3 * i + 3)]);
  }

  /**
   * The latents of a sound: `class`, or weights as in "kick:0.7,snare:0.3"; `knobs`; `seed` of its base, or `dot`, the
   * number of one of the class's map, or latents `around`, or none of them for the centre of the class; `vary`, pairs of amount and seed; a second sound `other`, to which it is
   * blended by the share `t`.
   */
  latents(sound) {
    return this.#place(sound).slice();
  }

  /**
   * A sound's `samples` up to its end, of take `texture` (-1: smooth), its `rate` and `channels`, whose samples come in
   * turn, and `at`, the knob positions nearest to it. With a `file` of `listen` it is that file, moved, or its `take`.
   */
  render({ texture, take = null, around, ...sound }, file = null) {
    this.#place({ ...sound, around: file ? this.#floats(this.#c.drumjax_sound_latents(file.handle), this.latent) : around });
    const { knobs, mix, base, wave } = this.#at;
    this.#floats(knobs, KNOBS).fill(0); // the latents are at their place already
    const seed = BigInt(texture ?? 0);
    const c = this.#c;
    const length = (to) => this.#check(c.drumjax_render(this.#player, knobs, mix, seed, base, to));
    const taken = (to) => this.#check(c.drumjax_take(this.#player, file.handle, knobs, BigInt(take), base, to));
    const edited = (to) => this.#check(c.drumjax_edit(this.#player, file.handle, knobs, mix, seed, base, to));
    const samples = file ? this.#made(file, take === null ? edited : taken) : this.#floats(wave, length(wave)).slice();
    this.#check(this.#c.drumjax_read_knobs(this.#instrument, base, mix, knobs));
    const { rate, channels } = file ?? { rate: this.rate, channels: 1 };
    return { samples, rate, channels, at: [...this.#floats(knobs, KNOBS)] };
  }

  /** What the engine makes of a file: `samples` of its `channels` in turn, at `rate` Hz. Keep it until `forget`. */
  listen({ samples, rate, channels }, drumClass) {
    const { mix, count } = this.#at;
    this.#floats(mix, this.classes.length).set(this.#weights(drumClass));
    const from = this.#c.malloc(4 * samples.length);
    this.#floats(from, samples.length).set(samples);
    const result = this.#c.drumjax_listen(this.#player, from, samples.length / channels, channels, rate, mix, count);
    this.#c.free(from);
    this.#check(result);
    const handle = new Uint32Array(this.#c.memory.buffer, count, 1)[0];
    return { handle, rate, channels, errorDb: this.#c.drumjax_sound_error_db(handle) };
  }

  forget(file) {
    if (file) this.#c.drumjax_sound_free(file.handle);
  }

  // The samples of a file that `make` writes to an address; it returns how many of each channel.
  #made({ handle, channels }, make) {
    const to = this.#c.malloc(4 * channels * this.#c.drumjax_edit_samples(this.#player, handle));
    try {
      const length = make(to);
      return this.#floats(to, length * channels).slice();
    } finally {
      this.#c.free(to);
    }
  }

  // Writes a sound's mix and latents into the engine's memory; a view of the latents, which are where `base` was.
  #place({ class: drumClass, knobs = [0, 0, 0], seed = null, dot = null, around = null, vary = [], other = null, t = 0 }) {
    const { knobs: turned, mix, base } = this.#at;
    const second = other && [this.#place(other).slice(), this.#floats(mix, this.classes.length).slice()];
    this.#floats(mix, this.classes.length).set(this.#weights(drumClass));
    this.#floats(turned, KNOBS).set(knobs);
    if (around) this.#floats(base, this.latent).set(around);
    else if (seed !== null) this.#check(this.#c.drumjax_draw(this.#instrument, mix, BigInt(seed), 1, base));
    else if (dot !== null) {
      const label = this.#label(drumClass.split(":")[0]); // of a mix, the first class's map
      this.#check(this.#c.drumjax_dot(this.#instrument, label, dot, base));
    }
    const start = around || seed !== null || dot !== null ? base : 0;
    this.#check(this.#c.drumjax_place(this.#instrument, turned, mix, start, base));
    for (const [amount, number] of vary) {
      this.#check(this.#c.drumjax_vary(this.#instrument, mix, amount, BigInt(number), base));
    }
    const latents = this.#floats(base, this.latent);
    if (second) {
      latents.forEach((z, i) => (latents[i] = (1 - t) * z + t * second[0][i]));
      const weights = this.#floats(mix, this.classes.length);
      weights.forEach((weight, i) => (weights[i] = (1 - t) * weight + t * second[1][i]));
    }
    return latents;
  }

  // Their sum is 1.
  #weights(text) {
    const weights = new Float32Array(this.classes.length);
    for (const part of text.split(",")) {
      const [name, weight = 1] = part.split(":");
      weights[this.#label(name)] = Number(weight);
    }
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  }

  #label(name) {
    const label = this.classes.indexOf(name);
    if (label < 0) throw new Error(`drum class must be one of ${this.classes.join(", ")}; got ${name}`);
    return label;
  }

  #check(result) {
    if (result < 0) throw new Error(this.#text(this.#c.drumjax_error(result)));
    return result;
  }

  // A view, valid until the engine's memory grows: not for keeping.
  #floats(address, length) {
    return new Float32Array(this.#c.memory.buffer, address, length);
  }

  #text(address) {
    const bytes = new Uint8Array(this.#c.memory.buffer, address);
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  }
}
