// Buffers, voices and the signal path: level -> master volume -> soft limit -> output.

const FADE_S = 0.003; // against clicks: at the edges of a crop, and where a voice is cut off
const LIMIT_FROM = 0.85; // samples below it stay; above it, a tanh bends towards 1

export class Audio {
  context = new AudioContext({ latencyHint: "interactive" });
  #master = this.context.createGain();
  #voices = new Map();

  constructor() {
    const limit = this.context.createWaveShaper();
    limit.curve = Float32Array.from({ length: 4097 }, (_, i) => softLimit(i / 1024 - 2));
    // The shaper clips beyond -1..1, and several drums at once exceed that.
    const down = new GainNode(this.context, { gain: 0.5 });
    this.#master.connect(down).connect(limit).connect(this.context.destination);
  }

  set volume(level) {
    this.#master.gain.setTargetAtTime(level, this.context.currentTime, 0.01);
  }

  /** Whether the browser allows sound: only after the user has touched the page. */
  get allowed() {
    return this.context.state === "running";
  }

  resume() {
    return this.context.resume();
  }

  /** Seconds from a scheduled sample to the output, as the browser reports. */
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
   * A new voice cuts off the one on the same `channel`.
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

  /** Silences the voice of a channel at the context's time `when`. */
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

function softLimit(x) {
  const over = Math.abs(x) - LIMIT_FROM;
  const room = 1 - LIMIT_FROM;
  return over <= 0 ? x : Math.sign(x) * (LIMIT_FROM + room * Math.tanh(over / room));
}
