// Buffers, voices and the way out: level -> master volume -> soft limit -> loudspeaker.

const FADE_S = 0.003; // of a voice that is cut off, and at a crop's edges: against clicks
const LIMIT_FROM = 0.85; // below it nothing changes; above, a tangent bends towards 1

export class Audio {
  context = new AudioContext({ latencyHint: "interactive" });
  #master = this.context.createGain();
  #voices = new Map();

  constructor() {
    const limit = this.context.createWaveShaper();
    limit.curve = Float32Array.from({ length: 4097 }, (_, i) => limited(i / 1024 - 2));
    // A shaper takes -1 to 1, and several drums at once reach further.
    const down = new GainNode(this.context, { gain: 0.5 });
    this.#master.connect(down).connect(limit).connect(this.context.destination);
  }

  set volume(level) {
    this.#master.gain.setTargetAtTime(level, this.context.currentTime, 0.01);
  }

  /** A browser lets a page sound only after a hand has touched it. */
  get allowed() {
    return this.context.state === "running";
  }

  resume() {
    return this.context.resume();
  }

  /** Seconds from a scheduled sample to the loudspeaker, as far as the browser knows. */
  get outputLatency() {
    return (this.context.outputLatency || 0) + (this.context.baseLatency || 0);
  }

  buffer(samples, rate) {
    const buffer = this.context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(samples, 0);
    return buffer;
  }

  /**
   * Plays `buffer` between the milliseconds of `crop` (null: all of it) at the context's time `when` (0: now).
   * A voice cuts off the one that sounds on the same `channel`.
   */
  play(buffer, channel, { level = 1, crop = null, when = 0 } = {}) {
    const start = Math.max(when, this.context.currentTime);
    const [from, to] = crop ? crop.map((ms) => ms / 1000) : [0, buffer.duration];
    const length = Math.max(Math.min(to, buffer.duration) - from, 2 * FADE_S);
    const end = start + length;
    const source = new AudioBufferSourceNode(this.context, { buffer });
    const gain = new GainNode(this.context, { gain: level });
    if (from > 0) gain.gain.setValueAtTime(0, start).linearRampToValueAtTime(level, start + FADE_S);
    gain.gain.setValueAtTime(level, end - FADE_S).linearRampToValueAtTime(0, end);
    source.connect(gain).connect(this.#master);
    this.cut(channel, start);
    source.start(start, from, length);
    const voice = { source, gain, start };
    this.#voices.set(channel, voice);
    source.onended = () => {
      gain.disconnect();
      if (this.#voices.get(channel) === voice) this.#voices.delete(channel);
    };
    return voice;
  }

  /** Silences what sounds on a channel from the context's time `when` on. */
  cut(channel, when = this.context.currentTime) {
    const voice = this.#voices.get(channel);
    if (!voice) return;
    voice.gain.gain.cancelAndHoldAtTime?.(when);
    voice.gain.gain.setTargetAtTime(0, when, FADE_S / 3);
    voice.source.stop(when + 2 * FADE_S);
  }

  cutAll() {
    for (const channel of this.#voices.keys()) this.cut(channel);
  }
}

function limited(x) {
  const over = Math.abs(x) - LIMIT_FROM;
  const room = 1 - LIMIT_FROM;
  return over <= 0 ? x : Math.sign(x) * (LIMIT_FROM + room * Math.tanh(over / room));
}
