// Buffers, voices and the mix bus: level -> volume and headroom -> limiter -> meter -> output.

const FADE_S = 0.003; // against clicks: at the edges of a crop, and where a voice is cut off
const HEADROOM = 0.5; // a second drum of full level fits in
const LIMITER_S = 0.006; // its look-ahead, which the browser does not report
const CEILING = 0.95; // what the limiter lets through at most is bent to stay below 1

export class Audio {
  context = contextOf();
  #bus = this.context && mixBus(this.context);
  #voices = [];

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

  buffer(samples, rate) {
    if (!this.context) return { duration: samples.length / rate, sampleRate: rate, getChannelData: () => samples };
    const buffer = this.context.createBuffer(1, Math.max(samples.length, 1), rate);
    buffer.copyToChannel(samples, 0);
    return buffer;
  }

  /**
   * Plays `buffer` between the milliseconds of `crop` (null: all of it) at the time `when` (0: now). When it starts,
   * it cuts off earlier voices of its `channel` and of the channels in `chokes`; voices that start with it stay.
   */
  play(buffer, channel, { level = 1, crop = null, when = 0, chokes = [] } = {}) {
    const start = Math.max(when, this.now);
    const [from, to] = crop ? crop.map((ms) => ms / 1000) : [0, buffer.duration];
    const length = Math.max(Math.min(to, buffer.duration) - from, 3 * FADE_S);
    const source = new AudioBufferSourceNode(this.context, { buffer });
    const gain = new GainNode(this.context, { gain: level });
    if (from > 0) gain.gain.setValueAtTime(0, start).linearRampToValueAtTime(level, start + FADE_S);
    else gain.gain.setValueAtTime(level, start);
    source.connect(gain).connect(this.#bus.input);
    source.start(start, from, length);
    const voice = { source, gain, level, channel, chokes, start, fadeAt: start + length - FADE_S, until: Infinity };
    source.onended = () => {
      gain.disconnect();
      this.#drop([voice]);
    };
    this.#voices.push(voice);
    this.#arrange();
    return voice;
  }

  /** Takes back scheduled voices as if they had never been; one that sounds already is cut off. */
  revoke(voices) {
    this.#drop(voices);
    for (const voice of voices) fadeOut(voice, this.now);
    this.#arrange();
  }

  cutAll() {
    this.revoke([...this.#voices]);
  }

  #drop(voices) {
    this.#voices = this.#voices.filter((voice) => !voices.includes(voice));
  }

  // Every voice fades out at its own end, or where a later voice cuts it off.
  #arrange() {
    this.#voices.forEach((voice, at) => {
      const cuts = this.#voices.filter((other, i) => isCutBy(voice, other, i > at)).map(({ start }) => start);
      const until = Math.min(voice.fadeAt, ...cuts);
      if (until !== voice.until && voice.until > this.now) fadeOut(voice, until);
    });
  }
}

function isCutBy(voice, other, newer) {
  if (other.channel === voice.channel) return other.start > voice.start || (newer && other.start === voice.start);
  return other.start > voice.start && other.chokes.includes(voice.channel);
}

function fadeOut(voice, when) {
  const { source, gain, level, start } = voice;
  voice.until = when;
  gain.gain.cancelScheduledValues(start + 1.5 * FADE_S);
  gain.gain.setValueAtTime(level, when).linearRampToValueAtTime(0, when + FADE_S);
  source.stop(when <= start ? when : when + FADE_S);
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
  const limiter = new DynamicsCompressorNode(context, { threshold: -6, knee: 0, ratio: 20, attack: 0.001, release: 0.1 });
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
