// Assembles the instrument: the document, the controls, MIDI and the server.

import { Audio } from "./audio.js";
import { Bank } from "./bank.js";
import { Connection } from "./connection.js";
import { saveKit, saveSound } from "./export.js";
import { Grid } from "./grid.js";
import { Instrument } from "./instrument.js";
import { KEYS, newSeed } from "./kit.js";
import { Midi } from "./midi.js";
import { showMidi } from "./mididialog.js";
import { Panel } from "./panel.js";
import { Sequencer } from "./sequencer.js";
import { fill, sliderOf } from "./slider.js";
import { Sounds } from "./sounds.js";
import { Store } from "./store.js";

const $ = (id) => document.getElementById(id);
const button = (id, text, title) =>
  Object.assign(document.createElement("button"), { id, className: "plain", textContent: text, title });

const store = new Store();
const audio = new Audio();
const connection = new Connection();
const sounds = new Sounds(connection, audio);
const instrument = new Instrument(store, sounds, audio, connection);
const sequencer = new Sequencer(store, instrument, sounds, audio, connection);
const panel = new Panel(store, instrument, audio, connection);
const midi = new Midi();

const newKit = button("new-kit", "New kit", "A new sound on every pad");
const saveAll = button("save-kit", "Save kit", "Save all pads: a zip of WAVs, 44.1 kHz, 24 bit");
const bank = new Bank($("pads"), { onhit: (pad) => strike(pad), extras: [newKit, saveAll] });
const grid = new Grid($("lanes"), {
  onstep: (pad, step, value, live) => store.edit(({ steps }) => (steps[pad][step] = value), { live }),
  onend: () => store.commit(),
  onmute: (pad) => store.edit(() => (store.pads[pad].mute = !store.pads[pad].mute)),
  onselect: (pad) => strike(pad),
});
const sliders = [
  sliderOf(store, "tempo", (value) => `${value} bpm`),
  sliderOf(store, "swing", (value) => `${value} %`),
  sliderOf(store, "humanise", (value) => (value ? `${value} %` : "off")),
];

function strike(pad) {
  select(pad);
  instrument.play(pad);
}

const select = (pad) => store.edit((doc) => (doc.selected = pad), { live: true });

function show() {
  const { doc, pads } = store;
  panel.show();
  bank.show(pads, doc.selected);
  grid.show(doc.steps, pads, doc.selected);
  sliders.forEach((slider) => slider());
  $("undo").disabled = !store.canUndo;
  $("redo").disabled = !store.canRedo;
  $("kits").querySelector(`[value=${doc.kit}]`).checked = true;
  $("copy-kit").textContent = `Copy to ${doc.kit === "a" ? "B" : "A"}`;
}

let fading;
function notify(text) {
  $("toast").textContent = text;
  $("toast").classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => $("toast").classList.remove("shown"), 3500);
}

// The top bar
$("undo").onclick = () => store.undo();
$("redo").onclick = () => store.redo();
$("kits").onchange = ({ target }) => store.edit((doc) => (doc.kit = target.value));
$("copy-kit").onclick = () => {
  store.edit(({ kits, kit }) => (kits[kit === "a" ? "b" : "a"] = structuredClone(kits[kit])));
  notify("Copied: both kits are the same now.");
};
$("volume").oninput = ({ target }) => {
  audio.volume = (target.value / 100) ** 2;
  fill(target);
};
$("volume").oninput({ target: $("volume") });
$("share").onclick = async () => {
  const link = store.write();
  try {
    await navigator.clipboard.writeText(link);
    notify("Link copied. It opens both kits and the pattern.");
  } catch {
    notify("This browser does not allow copying. The link is in the address bar.");
  }
};
$("open-help").onclick = () => $("help").showModal();

// Kits, pattern, files
newKit.onclick = () =>
  store.edit(() => {
    for (const pad of store.pads) {
      Object.assign(pad, { crop: null, sound: { ...pad.sound, knobs: [0, 0, 0], seed: newSeed(), vary: [] } });
    }
  });
const save = (file) => file.catch((error) => notify(`Not saved. ${connection.state === "ready" ? error.message : "Server not reachable."}`));
saveAll.onclick = () => save(saveKit(store.pads));
$("save-sound").onclick = () => save(saveSound(store.pad));
$("run").onclick = () => sequencer.toggle();
$("clear").onclick = () => store.edit(({ steps }) => steps.forEach((lane) => lane.fill(0)));
sequencer.addEventListener("state", () => {
  $("run").ariaPressed = sequencer.playing;
  $("run").querySelector("span").textContent = sequencer.playing ? "Stop" : "Play";
  requestAnimationFrame(follow);
});

function follow() {
  grid.mark(sequencer.playing ? sequencer.position(audio.context.currentTime) : null);
  if (sequencer.playing) requestAnimationFrame(follow);
}

// Events of the instrument and the server
instrument.addEventListener("take", ({ detail: { pad } }) => bank.wave(pad, instrument.takes[pad].buffer));
instrument.addEventListener("played", ({ detail: { pad, voice, velocity } }) => {
  bank.flash(pad, velocity, 1000 * Math.max(0, voice.start - audio.context.currentTime));
});
instrument.addEventListener("latency", ({ detail: { toAudio, render } }) => {
  const output = 1000 * audio.outputLatency;
  $("latency").firstElementChild.textContent = `${toAudio.toFixed(0)} ms`;
  $("latency").title =
    `${toAudio.toFixed(1)} ms from the request to the start of the sound, ${render.toFixed(1)} ms of it rendering. ` +
    `The audio output adds ${output.toFixed(0)} ms, as the browser reports.`;
});
connection.addEventListener("state", () => {
  $("status").dataset.state = connection.state;
  $("status").lastElementChild.textContent = { ready: "Connected", lost: "Retrying" }[connection.state];
  $("banner").hidden = connection.state === "ready";
});
connection.addEventListener("error", ({ detail }) => notify(detail.text));
$("retry").onclick = () => connection.open();
store.addEventListener("change", show);
store.addEventListener("linkerror", () => notify(`This link is damaged: ${store.linkError}.`));

// Input: keys, MIDI, and the first touch, after which the browser allows sound
const shortcuts = {
  Space: () => sequencer.toggle(),
  Enter: () => instrument.play(store.doc.selected),
  KeyN: () => panel.dice(),
  KeyV: () => panel.vary(),
};
addEventListener("keydown", (event) => {
  audio.resume();
  const { code, target } = event;
  if (document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.metaKey) {
    const redo = code === "KeyY" || (code === "KeyZ" && event.shiftKey);
    if (!redo && code !== "KeyZ") return;
    event.preventDefault();
    return redo ? store.redo() : store.undo();
  }
  if (event.repeat || event.altKey || target.closest("select")) return;
  const pad = KEYS.indexOf(code);
  const pressed = target.closest("button, [type=radio], [type=checkbox]") && ["Space", "Enter"].includes(code);
  if (pad >= 0) (event.shiftKey ? strike : (index) => instrument.play(index))(pad);
  else if (shortcuts[code] && !pressed) {
    event.preventDefault();
    shortcuts[code]();
  }
});
for (const type of ["pointerdown", "pointerup"]) addEventListener(type, () => audio.allowed || audio.resume(), true);

midi.addEventListener("note", ({ detail: { pad, velocity } }) => instrument.play(pad, { velocity }));
let resting;
midi.addEventListener("control", ({ detail: { knob, value } }) => {
  panel.control(knob, value);
  clearTimeout(resting);
  resting = setTimeout(() => store.commit(), 400);
});
showMidi(midi);

show();
if (store.linkError) notify(`This link is damaged: ${store.linkError}.`);
connection.open();
