// The selected sound: its place on the map, its knobs and range, class, waveform and crop.

import { Dial } from "./dial.js";
import { CLASSES, clamp, labelOf, LIMITS, MAX_VARY, newSeed, RANGES, SHAPE } from "./kit.js";
import { nameOfSeed } from "./names.js";
import { Pad } from "./pad.js";
import { sliderOf } from "./slider.js";
import { dotSound, isUnmoved, keyOf, mainClass, mixText, newSound, ownSound, takeNumber } from "./recipe.js";
import { Waveform } from "./waveform.js";

const LIT_MS = 250; // a dot of the map that plays
const SILENT_DB = -60; // typed, and anything below

const $ = (id) => document.getElementById(id);
const round3 = (value) => Number(value.toFixed(3));
const signed = (value) => `${value < 0 ? "−" : value > 0 ? "+" : ""}${Math.abs(value).toFixed(2)}`;
const decibels = (gain) => (gain ? `${signed(20 * Math.log10(gain)).slice(0, -1)} dB` : "silent");
const plain = (unit) => ({ unit, typed: (value) => value, read: (number) => number });
const percent = (unit) => ({ unit, typed: (value) => 100 * value, read: (number) => number / 100 });
const gain = {
  unit: "dB",
  typed: (value) => Math.max(20 * Math.log10(value), SILENT_DB),
  read: (number) => (number > SILENT_DB ? 10 ** (number / 20) : 0),
};
const SHAPES = {
  pan: { digits: 2, typing: percent("% right"), format: (value) => (value ? `${Math.round(100 * Math.abs(value))} % ${value < 0 ? "left" : "right"}` : "centre") },
  pitch: { digits: 1, typing: plain("st"), format: (value) => `${signed(value).slice(0, -1)} st` },
  decay: { digits: 2, typing: percent("%"), format: (value) => (value ? `last ${Math.round(100 * value)} %` : "as it is") },
  fade: { digits: 0, typing: plain("ms"), format: (value) => `${value} ms` },
};

export class Panel {
  #store;
  #instrument;
  #audio;
  #connection;
  #sounds;
  #seeds;
  #pad;
  #fine;
  #level;
  #shape;
  #wave;
  #sliders;
  #maps = new Map();
  #mapped = null;
  #longest = 1000; // of the model's sounds, ms
  #unlit;

  constructor(store, instrument, sounds, seeds, audio, connection) {
    [this.#store, this.#instrument, this.#sounds, this.#seeds] = [store, instrument, sounds, seeds];
    [this.#audio, this.#connection] = [audio, connection];
    const live = { live: true };
    const onend = () => store.commit();
    this.#pad = new Pad($("xy"), {
      onend,
      onmove: (x, y) => this.#turn({ 0: x, 1: y }),
      onhover: (dot) => this.#audition(dot),
      onpick: (dot) => this.#replace((sound) => dotSound(mainClass(sound), dot)),
    });
    this.#fine = new Dial($("fine"), { format: signed, onend, oninput: (value) => this.#turn({ 2: value }) });
    this.#level = new Dial($("level"), {
      format: decibels,
      typing: gain,
      onend,
      oninput: (value) => store.edit(() => (store.pad.level = round3(value)), live),
    });
    this.#shape = SHAPE.map((name) => this.#shapeDial(name));
    this.#wave = new Waveform($("wave"), { onend, oncrop: (crop) => store.edit(() => (store.pad.crop = crop), live) });
    this.#sliders = ["sens", "amount"].map((name) => sliderOf(store, name, (value) => `${value} %`));
    $("class").append(...CLASSES.map(({ name, label }) => new Option(label, name)));
    this.#listen();
  }

  show() {
    const { doc, pad } = this.#store;
    const { knobs, seed, vary, own, dot } = pad.sound;
    const name = mainClass(pad.sound);
    const [x, y] = this.#knobNames(name);
    $("class").value = name;
    $("preview").checked = doc.preview;
    $("range").querySelector(`[value="${pad.range}"]`).checked = true;
    $("beyond").hidden = pad.range === RANGES[0];
    $("centre").hidden = own ? isUnmoved(pad.sound) : seed === null && dot == null && !vary.length;
    $("centre").textContent = own ? "Original" : "Typical";
    $("centre").title = own ? "Back to the file as it is" : "Back to the typical sound of this class";
    $("base").textContent = baseText(pad);
    $("lock").ariaPressed = pad.lock;
    $("place").textContent = `${x} ${signed(knobs[0])}  ${y} ${signed(knobs[1])}`;
    $("crop-reset").disabled = !pad.crop;
    this.#sliders.forEach((show) => show());
    this.#pad.sens = doc.sens / 100;
    this.#pad.show(knobs, pad.range);
    this.#fine.limits(-pad.range, pad.range);
    this.#fine.show(knobs[2]);
    this.#level.show(pad.level);
    SHAPE.forEach((name, at) => this.#shape[at].show(pad[name]));
    this.#showSound();
    this.#showMap(name);
  }

  // No new take comes after a change of the shape, so that the preview is played here.
  #shapeDial(name) {
    const { digits, format, typing } = SHAPES[name];
    const store = this.#store;
    Object.assign($(name).dataset, LIMITS[name]);
    return new Dial($(name), {
      format,
      typing,
      oninput: (value) => store.edit(() => (store.pad[name] = Number(value.toFixed(digits))), { live: true }),
      onend: () => {
        store.commit();
        if (store.doc.preview && this.#audio.allowed) this.#instrument.play(store.doc.selected);
      },
    });
  }

  /** Sets knobs from 0..1 of their range, as a MIDI controller does. */
  control(knob, share) {
    const index = ["x", "y", "fine"].indexOf(knob);
    const { range } = this.#store.pad;
    const [low, high] = this.#pad.bounds[index] ?? [-range, range];
    this.#turn({ [index]: low + share * (high - low) });
  }

  /** A locked pad keeps its sound when a new kit comes. */
  lock() {
    this.#store.edit(() => (this.#store.pad.lock = !this.#store.pad.lock));
  }

  dice() {
    this.#replace(({ class: name }) => newSound(name, this.#seeds.next(name)));
  }

  vary() {
    const step = [this.#store.doc.amount / 100, newSeed()];
    // The last variation is reserved for the sequencer's humanised hits.
    this.#store.edit(() => {
      const { sound } = this.#store.pad;
      sound.vary = [...sound.vary.slice(0, MAX_VARY - 2), step];
    });
  }

  #turn(changes) {
    const { sound } = this.#store.pad;
    const knobs = sound.knobs.map((value, i) => round3(changes[i] ?? value));
    this.#store.edit(() => (sound.knobs = knobs), { live: true });
  }

  // Plays a dot of the map as the pad would play it, without changing the pad.
  #audition(dot) {
    const { doc, pad } = this.#store;
    if (!doc.preview || !this.#audio.allowed) return;
    this.#sounds.request(dotSound(mainClass(pad.sound), dot), "dot", ({ buffer }) => {
      this.#audio.play(buffer, "dot", { level: pad.level });
      this.#pad.light(dot);
      clearTimeout(this.#unlit);
      this.#unlit = setTimeout(() => this.#pad.light(null), LIT_MS);
    });
  }

  // A new sound has another length, so the crop is removed.
  #replace(change) {
    this.#store.edit(() => {
      const { pad } = this.#store;
      Object.assign(pad, { sound: change(pad.sound), crop: null });
    });
  }

  #listen() {
    const edit = (change) => this.#store.edit(() => change(this.#store.pad));
    $("class").onchange = ({ target }) =>
      this.#replace(({ knobs, own }) => (own ? ownSound(target.value, own) : { ...newSound(target.value), knobs }));
    $("range").onchange = ({ target }) =>
      edit((pad) => {
        const [x, y, fine] = pad.sound.knobs;
        pad.range = Number(target.value);
        this.#pad.show([0, 0], pad.range);
        const [across, up] = this.#pad.bounds;
        pad.sound.knobs = [clamp(x, ...across), clamp(y, ...up), clamp(fine, -pad.range, pad.range)].map(round3);
      });
    $("preview").onchange = ({ target }) => this.#store.edit((doc) => (doc.preview = target.checked));
    $("centre").onclick = () => this.#replace((sound) => (sound.own ? ownSound(sound.class, sound.own) : newSound(sound.class)));
    $("dice").onclick = () => this.dice();
    $("lock").onclick = () => this.lock();
    $("vary").onclick = () => this.vary();
    $("play-sound").onclick = () => this.#instrument.play(this.#store.doc.selected);
    $("crop-mode").onchange = ({ target }) => (this.#wave.mode = target.value);
    $("crop-reset").onclick = () => edit((pad) => (pad.crop = null));
    this.#instrument.addEventListener("take", ({ detail }) => detail.pad === this.#store.doc.selected && this.#showSound());
    this.#instrument.addEventListener("played", ({ detail: { pad, voice } }) => {
      if (pad !== this.#store.doc.selected) return;
      this.#pad.pulse();
      this.#wave.follow(() => (this.#audio.now - voice.start) * voice.rate);
    });
    this.#connection.addEventListener("hello", ({ detail: { samples, rate, dots } }) => {
      this.#pad.dots = Boolean(dots);
      this.#longest = (1000 * samples) / rate;
      this.#mapped = null;
      this.show();
    });
    this.#connection.addEventListener("map", ({ detail }) => {
      this.#maps.set(detail.class, detail.points);
      this.#mapped = null;
      this.#showMap(mainClass(this.#store.pad.sound));
    });
  }

  #showSound() {
    const { pad, doc } = this.#store;
    const take = this.#instrument.takes[doc.selected];
    const { buffer } = take ?? {};
    this.#wave.length = Math.max(this.#longest, 1000 * (buffer?.duration ?? 0));
    this.#wave.show(buffer ?? null, pad.crop, take?.key !== keyOf(pad.sound));
    if (take?.key === keyOf(pad.sound)) this.#pad.base = take.at.slice(0, 2).map((place, i) => place - take.sound.knobs[i]);
    $("facts").textContent = buffer ? factsOf(buffer, pad.crop) : "";
  }

  #knobNames(name) {
    const names = this.#connection.hello.knobs[name] ?? ["across", "up", "knob"];
    return names.map((text) => text[0].toUpperCase() + text.slice(1));
  }

  #showMap(name) {
    if (this.#mapped === name) return;
    this.#mapped = name;
    const [x, y, fine] = this.#knobNames(name);
    $("axis-x").textContent = `more ${x.toLowerCase()} →`;
    $("axis-y").textContent = `↑ more ${y.toLowerCase()}`;
    $("fine-label").textContent = fine;
    const points = this.#maps.get(name);
    if (!points) this.#connection.send({ type: "map", class: name });
    const span = this.#pad.map(points ?? []);
    $("legend").hidden = !span;
    const [low, high] = $("legend").querySelectorAll("span");
    if (span) [low.textContent, high.textContent] = span.map((hz) => `${(hz / 1000).toFixed(1)}`);
    if (span) high.textContent += " kHz";
  }
}

function baseText({ sound, name }) {
  const { seed, vary, own, dot, other, t } = sound;
  const label = labelOf(mainClass(sound)).toLowerCase();
  const drawn = seed !== null ? nameOfSeed(seed) : dot != null ? `Training ${label} ${dot + 1}` : (mixText(sound) ?? `Typical ${label}`);
  const number = takeNumber(sound);
  const parts = [own ? (name ?? "A sound file") : drawn];
  if (vary.length) parts.push(`varied ${vary.length} ×`);
  if (number) parts.push(`take ${number}`);
  if (other && t) parts.push("blended");
  return parts.join(", ");
}

function factsOf(buffer, crop) {
  const samples = buffer.getChannelData(0);
  let [peak, last] = [0, 0];
  samples.forEach((sample, at) => {
    if (Math.abs(sample) > peak) peak = Math.abs(sample);
    if (sample) last = at + 1;
  });
  const length = Math.round((1000 * last) / buffer.sampleRate);
  return crop ? `${crop[0]} – ${crop[1]} ms of ${length}` : `${length} ms, peak ${decibels(peak)}`;
}
