// Sounds and patterns rendered as they are heard: through the voices and the mix bus, faster than they play.

import { HEADROOM, LIMITER_S, MAKEUP, mixBus, Voices } from "./audio.js";

export const RATE = 44100;
const FULL = 1 - 2 ** -23; // the largest sample of 24 bits

/**
 * A pad's sound alone, at its own rate and level; above full scale it is turned down. `strike`: see `strikeOf`. Throws an
 * Error if the crop contains no sound.
 */
export async function renderedPad(buffer, { crop, shape, ...strike }) {
  const { sampleRate } = buffer;
  const [from, to] = crop ?? [0, Infinity];
  const seconds = (Math.min(to / 1000, buffer.duration) - from / 1000) / 2 ** (shape.pitch / 12);
  if (seconds <= 0) throw new Error("The crop contains no sound.");
  const context = new OfflineAudioContext(2, Math.ceil(seconds * sampleRate - 1e-6), sampleRate);
  new Voices(() => context.destination, context).play(buffer, 0, { crop, shape, ...strike });
  return scaled(channelsOf(await context.startRendering()));
}

/**
 * A loop of the hits, each { time, channel, buffer, options of `Voices.play` }, within `seconds`: what is heard from
 * its second pass on, with the ends of the sounds before. Two channels.
 */
export async function renderedLoop(hits, seconds) {
  const length = Math.round(seconds * RATE);
  const late = Math.floor(LIMITER_S * RATE);
  const context = new OfflineAudioContext(2, 2 * length + late, RATE);
  const bus = mixBus(context);
  bus.output.connect(context.destination);
  new Voices(() => bus.input, context).playAll(twice(hits, length));
  return channelsOf(await context.startRendering()).map((channel) => channel.subarray(length + late));
}

/** The same loop before the limiter, for each of `count` channels of the hits on its own: [[left, right], ...]. */
export async function renderedStems(hits, seconds, count) {
  const length = Math.round(seconds * RATE);
  const context = new OfflineAudioContext(2 * count, 2 * length, RATE);
  const merger = new ChannelMergerNode(context, { numberOfInputs: 2 * count });
  const stems = Array.from({ length: count }, (_, at) => {
    const stem = new GainNode(context, { gain: HEADROOM * MAKEUP, channelCount: 2, channelCountMode: "explicit" });
    const sides = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
    stem.connect(sides);
    for (const side of [0, 1]) sides.connect(merger, side, 2 * at + side);
    return stem;
  });
  merger.connect(context.destination);
  new Voices((channel) => stems[channel], context).playAll(twice(hits, length));
  const channels = scaled(channelsOf(await context.startRendering()).map((channel) => channel.subarray(length)));
  return stems.map((_, at) => channels.slice(2 * at, 2 * at + 2));
}

// Every hit in a first and in a second pass, on whole samples.
function twice(hits, length) {
  return [0, length].flatMap((pass) =>
    hits.map(({ time, channel, buffer, options }) => {
      const when = (pass + Math.round(time * RATE)) / RATE;
      return [buffer, channel, { ...options, when }];
    }),
  );
}

function channelsOf(buffer) {
  return Array.from({ length: buffer.numberOfChannels }, (_, channel) => buffer.getChannelData(channel));
}

// Turned down together where one of them is above full scale.
function scaled(channels) {
  const peak = channels.reduce((most, channel) => channel.reduce((m, x) => Math.max(m, Math.abs(x)), most), 0);
  return peak > FULL ? channels.map((channel) => channel.map((x) => (x * FULL) / peak)) : channels;
}
