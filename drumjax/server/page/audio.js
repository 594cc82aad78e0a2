// Buffers, voices and the mix bus: voices -> volume and headroom -> limiter -> meter -> output.
// A voice: sound -> level and velocity -> low-pass of soft hits -> decay -> fade -> pan.

const EDGE_S = 0.003; // against clicks: at the edges of a crop, and where a voice is cut off
export const HEADROOM = 0.5; // a second drum of full level fits in
export const LIMITER_S = 0.006; // its look-ahead, which the browser does not report
const LIMITER = { threshold: -6, knee: 0, ratio: 20, attack: 0.001, release: 0.1 };
/** The limiter's gain on what it does not limit: 0.6 of what full level loses in it, after the Web Audio standard. */
export const MAKEUP = 10 ** ((0.6 * -LIMITER.threshold * (1 - 1 / LIMITER.ratio)) / 20);
const CEILING = 0.95; // what the limiter lets through at most is bent to stay below 1
const DULLEST_HZ = 5000; // low-pass of the softest hit; four times that at full velocity, as in the SFZ kits
const BUTTERWORTH_DB = -10 * Math.log10(2); // a low-pass without a resonance
const DECAYED = 0.001; // of the level, at the end of a decay: -60 dB

export class Audio {
  context = contextOf();
  #bus = this.context && mixBus(this.context);
  #voices = this.context && new Voices(() => this.#bus.input, this.context);

  constructor() {
    this.#bus?.output.connect(this.context.destination);
  }

  set volume(level) {
    this.#bus?.input.gain.setTargetAtTime(level * HEADROOM, this.now, 0.01);
  }

  /** Whether the browser allows sound: only after the user has touched the page. */
  get allowed() {
    return this.context?.state === "running";
  }

  async resume() {
    await this.context?.resume();
  }

  /** Seconds on the clock of the voices. */
  get now() {
    return this.context?.currentTime ?? performance.now() / 1000;
  }

  /** The time of a sound that leaves the output at the milliseconds `ms` of `performance.now()`. */
  timeAt(ms) {
    const { contextTime, performanceTime } = this.context?.getOutputTimestamp?.() ?? {};
    if (!performanceTime) return this.now + (ms - performance.now()) / 1000;
    return contextTime + (ms - performanceTime) / 1000 - LIMITER_S;
  }

  /** Seconds from a scheduled sample to the output. */
  get outputLatency() {
    return (this.context?.outputLatency || 0) + (this.context?.baseLatency || 0) + LIMITER_S;
  }

  /** The largest sample of the last moments, at the output, and whether the limiter turns the mix down. */
  get meter() {
    return this.#bus?.meter() ?? { peak: 0, limiting: false };
  }

  /** A buffer of samples, those of `channels` in turn. */
  buffer(samples, rate, channels = 1) {
    const length = samples.length / channels;
    const waves = channels === 1 ? [samples] : Array.from({ length: channels }, () => new Float32Array(length));
    if (channels > 1) samples.forEach((sample, at) => (waves[at % channels][Math.floor(at / channels)] = sample));
    const buffer = new AudioBuffer({ numberOfChannels: channels, length: Math.max(length, 1), sampleRate: rate });
    waves.forEach((wave, channel) => buffer.copyToChannel(wave, channel));
    return buffer;
  }

  /** See `Voices.play`. */
  play(...hit) {
    return this.#voices.play(...hit);
  }

  /** Takes back scheduled voices as if they had never been; one that sounds already is cut off. */
  revoke(voices) {
    this.#voices?.revoke(voices);
  }

  cutAll() {
    this.#voices?.cutAll();
  }
}

/** The voices of a context, which cut each other off; those of a channel sound into the node `outputOf(channel)`. */
export class Voices {
  #voices = [];
  #context;
  #outputOf;

  constructor(outputOf, context) {
    [this.#outputOf, this.#context] = [outputOf, context];
  }

  /**
   * Plays `buffer` between the milliseconds of `crop` (null: all of it) at the time `when` (0: now). When it starts,
   * it cuts off earlier voices of its `channel` and of the channels in `chokes`; voices that start with it stay.
   * `velocity`, 0..1: softer hits are quieter and duller. `shape`: the pad's pan, -1..1, pitch in semitones, decay, the
   * share of its end over which it falls to silence, and fade, ms.
   */
  play(buffer, channel, options) {
    const voice = this.#voice(buffer, channel, options);
    this.#arrange();
    return voice;
  }

  /** Plays many hits, each [buffer, channel, options] of `play`. */
  playAll(hits) {
    for (const hit of hits) this.#voice(...hit);
    this.#arrange();
  }

  revoke(voices) {
    this.#drop(voices);
    for (const voice of voices) cutOff(voice, this.#context.currentTime);
    this.#arrange();
  }

  cutAll() {
    this.revoke([...this.#voices]);
  }

  #voice(buffer, channel, { level = 1, velocity = 1, crop = null, when = 0, chokes = [], shape = {} } = {}) {
    const context = this.#context;
    const start = Math.max(when, context.currentTime);
    const rate = 2 ** ((shape.pitch ?? 0) / 12);
    const [from, to] = crop ? crop.map((ms) => ms / 1000) : [0, buffer.duration];
    const kept = Math.max(Math.min(to, buffer.duration) - from, 3 * EDGE_S * rate); // of the buffer, s
    const end = start + kept / rate;
    // A panner turns a mono sound down by 3 dB in the middle, where without it it plays as it is.
    const full = level * velocity * (shape.pan && buffer.numberOfChannels === 1 ? Math.SQRT2 : 1);
    const source = new AudioBufferSourceNode(context, { buffer, playbackRate: rate });
    const gain = new GainNode(context, { gain: full });
    if (from > 0) gain.gain.setValueAtTime(0, start).linearRampToValueAtTime(full, start + EDGE_S);
    else gain.gain.setValueAtTime(full, start);
    const path = [source, gain, ...effectsOf(context, { velocity, start, end, ...shape }), this.#outputOf(channel)];
    path.slice(1).forEach((node, at) => path[at].connect(node));
    source.start(start, from, kept);
    const voice = { source, gain, level: full, channel, chokes, start, rate, fadeAt: end - EDGE_S, until: Infinity };
    source.onended = () => {
      path.at(-2).disconnect();
      this.#drop([voice]);
    };
    this.#voices.push(voice);
    return voice;
  }

  #drop(voices) {
    this.#voices = this.#voices.filter((voice) => !voices.includes(voice));
  }

  // Every voice fades out at its own end, or where a later voice cuts it off.
  #arrange() {
    this.#voices.forEach((voice, at) => {
      const cuts = this.#voices.filter((other, i) => isCutBy(voice, other, i > at)).map(({ start }) => start);
      const until = Math.min(voice.fadeAt, ...cuts);
      if (until !== voice.until && voice.until > this.#context.currentTime) cutOff(voice, until);
    });
  }
}

function effectsOf(context, { velocity, start, end, pan = 0, decay = 0, fade = 0 }) {
  const falling = (from, fall) => {
    const node = new GainNode(context);
    fall(node.gain.setValueAtTime(1, from));
    return node;
  };
  const nodes = [];
  if (velocity < 1) {
    const frequency = DULLEST_HZ * 4 ** velocity;
    nodes.push(new BiquadFilterNode(context, { type: "lowpass", frequency, Q: BUTTERWORTH_DB }));
  }
  if (decay) nodes.push(falling(end - decay * (end - start), (gain) => gain.exponentialRampToValueAtTime(DECAYED, end)));
  if (fade) nodes.push(falling(Math.max(end - fade / 1000, start), (gain) => gain.linearRampToValueAtTime(0, end)));
  if (pan) nodes.push(new StereoPannerNode(context, { pan }));
  return nodes;
}

function isCutBy(voice, other, newer) {
  if (other.channel === voice.channel) return other.start > voice.start || (newer && other.start === voice.start);
  return other.start > voice.start && other.chokes.includes(voice.channel);
}

function cutOff(voice, when) {
  const { source, gain, level, start } = voice;
  voice.until = when;
  gain.gain.cancelScheduledValues(start + 1.5 * EDGE_S);
  gain.gain.setValueAtTime(level, when).linearRampToValueAtTime(0, when + EDGE_S);
  source.stop(when <= start ? when : when + EDGE_S);
}

function contextOf() {
  try {
    return new AudioContext({ latencyHint: "interactive" });
  } catch {
    return null;
  }
}

/** The path of the mix in a `context`: `input`, a gain; `output`, a node; and `meter()`. */
export function mixBus(context) {
  const input = new GainNode(context, { gain: HEADROOM });
  const limiter = new DynamicsCompressorNode(context, LIMITER);
  const half = new GainNode(context, { gain: 0.5 }); // the shaper's curve ends at 1 and covers 2
  const curve = Float32Array.from({ length: 4097 }, (_, i) => bend(i / 1024 - 2));
  const output = new WaveShaperNode(context, { curve });
  const ear = new AnalyserNode(context, { fftSize: 2048 });
  input.connect(limiter).connect(half).connect(output).connect(ear);
  const block = new Float32Array(ear.fftSize);
  const meter = () => {
    ear.getFloatTimeDomainData(block);
    return { peak: block.reduce((most, x) => Math.max(most, Math.abs(x)), 0), limiting: limiter.reduction < -1 };
  };
  return { input, output, meter };
}

function bend(x) {
  const [over, room] = [Math.abs(x) - CEILING, 1 - CEILING];
  return over <= 0 ? x : Math.sign(x) * (CEILING + room * Math.tanh(over / room));
}
