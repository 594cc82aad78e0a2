// Assembles the instrument: the document, the controls, MIDI and the server, or the engine in its place.

import { Audio } from "./audio.js";
import { Bank } from "./bank.js";
import { Connection } from "./connection.js";
import { Exporter } from "./export.js";
import { showExport } from "./exportdialog.js";
import { guide } from "./hints.js";
import { Instrument } from "./instrument.js";
import { listenToKeys } from "./keys.js";
import { clamp } from "./kit.js";
import { KitRoller, putKit, startDocument } from "./kits.js";
import { engine } from "./local.js";
import { Library, tabs } from "./library.js";
import { keep, recall, trouble } from "./memory.js";
import { Midi } from "./midi.js";
import { showMidi } from "./mididialog.js";
import { banner, notify } from "./notice.js";
import { Own } from "./own.js";
import { Panel } from "./panel.js";
import { PatternPanel } from "./patternpanel.js";
import { Seeds } from "./seeds.js";
import { Sequencer } from "./sequencer.js";
import { fill, sliderOf } from "./slider.js";
import { Shape } from "./shape.js";
import { Shelf } from "./shelf.js";
import { Sounds } from "./sounds.js";
import { Store } from "./store.js";

const SILENT_MS = 2000; // an output that is not open so long after the first touch is missing
const METER_DB = 48;

const $ = (id) => document.getElementById(id);
const button = (id, text, title) =>
  Object.assign(document.createElement("button"), { id, className: "plain", textContent: text, title });

const store = new Store();
const audio = new Audio();
const connection = new Connection();
const sounds = new Sounds(connection, audio);
const instrument = new Instrument(store, sounds, audio, connection);
const sequencer = new Sequencer(store, instrument, sounds, audio, connection);
const seeds = new Seeds(connection);
const panel = new Panel(store, instrument, sounds, seeds, audio, connection);
const shape = new Shape(store, connection);
const midi = new Midi();

const newKit = button("new-kit", "New kit", "A new sound on every pad that is not locked; they belong together");
const select = (pad) => store.edit((doc) => (doc.selected = pad), { live: true });
const strike = (pad) => {
  select(pad);
  instrument.play(pad);
};
const bank = new Bank($("pads"), {
  onhit: (pad, velocity) => instrument.play(pad, { velocity }),
  onselect: select,
  extras: [newKit, button("open-kits", "Kits", "Kits to start from")],
});
const pattern = new PatternPanel(store, {
  onselect: (pad) => (sequencer.playing ? select : strike)(pad),
  onbank: (name, now) => sequencer.choose(name, { now }),
});
sequencer.addEventListener("queue", () => pattern.queue(sequencer.queued));
const sliders = [
  sliderOf(store, "tempo", (value) => `${value} bpm`),
  sliderOf(store, "swing", (value) => `${value} %`),
  sliderOf(store, "humanise", (value) => (value ? `${value} %` : "off")),
];

function show() {
  const { doc, pads } = store;
  panel.show();
  shape.show();
  bank.show(pads, doc.selected);
  pattern.show();
  sliders.forEach((slider) => slider());
  $("undo").disabled = !store.canUndo;
  $("redo").disabled = !store.canRedo;
  $("kits").querySelector(`[value=${doc.kit}]`).checked = true;
  $("copy-kit").textContent = `Copy kit ${doc.kit.toUpperCase()} to ${doc.kit === "a" ? "B" : "A"}`;
}

// The top bar and the menu
$("undo").onclick = () => store.undo();
$("redo").onclick = () => store.redo();
$("kits").onchange = ({ target }) => store.edit((doc) => (doc.kit = target.value));
$("copy-kit").onclick = () => {
  store.edit(({ kits, kit }) => (kits[kit === "a" ? "b" : "a"] = structuredClone(kits[kit])));
  notify("Copied: both kits are the same now.");
};
const startNew = () => {
  store.edit((doc) => Object.assign(doc, startDocument()));
  notify("A new start. Undo brings your work back.");
};
$("start-new").onclick = startNew;
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

const volume = $("volume");
volume.value = recall("volume", (value) => clamp(Number(value), 0, 100)) ?? volume.value;
volume.oninput = () => {
  audio.volume = (volume.value / 100) ** 2;
  fill(volume);
};
volume.onchange = () => keep("volume", Number(volume.value));
volume.oninput();

let level = 0;
function meter() {
  const { peak, limiting } = audio.meter;
  level = Math.max(peak, 0.9 * level);
  $("meter").style.setProperty("--level", clamp(1 + (20 * Math.log10(level + 1e-9)) / METER_DB, 0, 1));
  $("meter").classList.toggle("limiting", limiting);
  if (level > 0.001) requestAnimationFrame(meter);
  else level = 0;
}

// Kits, pattern, files
showExport(new Exporter(store, sounds, connection), store);
const roller = new KitRoller(connection);
for (const type of ["pointerenter", "focus"]) newKit.addEventListener(type, () => roller.prepare());
newKit.onclick = async () => {
  newKit.ariaBusy = true;
  const kit = await roller.roll();
  newKit.ariaBusy = false;
  store.edit(() => putKit(store.pads, kit, (name) => seeds.next(name)));
  roller.prepare();
};
new Shelf(store, sounds, instrument);
$("run").onclick = () => sequencer.toggle();
sequencer.addEventListener("state", () => {
  $("run").ariaPressed = sequencer.playing;
  $("run").querySelector("span").textContent = sequencer.playing ? "Stop" : "Play";
  requestAnimationFrame(follow);
});

function follow() {
  pattern.mark(sequencer.playing ? sequencer.position(audio.now) : null);
  if (sequencer.playing) requestAnimationFrame(follow);
}

// Events of the instrument and the server
const prepareSeeds = () => instrument.takes.every(Boolean) && seeds.prepare(store.pad.sound.class); // the pads come first
store.addEventListener("change", prepareSeeds);
instrument.addEventListener("take", ({ detail: { pad } }) => {
  bank.wave(pad, instrument.takes[pad].buffer);
  prepareSeeds();
});
instrument.addEventListener("played", ({ detail: { pad, velocity } }) => {
  bank.flash(pad, velocity);
  if (level) return;
  level = 0.01;
  meter();
});
instrument.addEventListener("latency", ({ detail: { toAudio, render } }) => {
  const output = 1000 * audio.outputLatency;
  $("latency").firstElementChild.textContent = `${toAudio.toFixed(0)} ms`;
  $("latency").title =
    `${toAudio.toFixed(1)} ms from the request to the start of the sound, ${render.toFixed(1)} ms of it rendering. ` +
    `The audio output adds ${output.toFixed(0)} ms.`;
});
connection.addEventListener("state", () => {
  $("status").dataset.state = connection.state;
  $("status").lastElementChild.textContent = { ready: engine === null ? "Connected" : "Ready", lost: "Retrying" }[connection.state];
  banner("lost", connection.state === "lost");
});
connection.addEventListener("loading", ({ detail: { share } }) => {
  $("status").lastElementChild.textContent = share === null ? "Loading" : `Loading ${Math.floor(100 * share)} %`;
});
connection.addEventListener("failed", ({ detail }) => notify(`The instrument could not be loaded: ${detail.text}`));
connection.addEventListener("error", ({ detail }) => detail.missing || notify(detail.text));
$("retry").onclick = () => connection.open();
store.addEventListener("change", show);

// Messages about what does not work
const onLink = () => notify(`This link is damaged: ${store.linkError}. Your own work is open instead.`);
const onUnkept = () => notify("This browser keeps no work between visits. Keep a link to it: Copy link in the menu.");
const onFault = (reason) => notify(`Something went wrong (${reason?.message ?? reason}). If the page stops working, reload it: your work is kept.`);
store.addEventListener("linkerror", onLink);
store.addEventListener("unkept", onUnkept, { once: true });
addEventListener("error", ({ error }) => error && onFault(error)); // not for remarks of the browser
addEventListener("unhandledrejection", ({ reason }) => onFault(reason));

// Input: keys, MIDI, and the first touch, after which the browser allows sound
listenToKeys({
  onpad: (pad, shift) => (shift ? strike : (index) => instrument.play(index))(pad),
  undo: () => store.undo(),
  redo: () => store.redo(),
  shortcuts: {
    Space: () => sequencer.toggle(),
    Enter: () => instrument.play(store.doc.selected),
    KeyN: () => panel.dice(),
    KeyV: () => panel.vary(),
    KeyG: () => shape.take(1),
    KeyL: () => panel.lock(),
    KeyT: ({ timeStamp }) => pattern.tap(timeStamp), // not the time at which a busy page gets to it
  },
});
let waiting;
for (const type of ["pointerdown", "pointerup", "keydown"]) {
  addEventListener(type, () => {
    if (audio.allowed) return;
    audio.resume();
    waiting ??= setTimeout(() => {
      banner("silent", !audio.allowed && navigator.userActivation?.hasBeenActive !== false);
      waiting = null;
    }, SILENT_MS);
  }, true);
}
audio.context?.addEventListener("statechange", () => audio.allowed && banner("silent", false));

midi.addEventListener("note", ({ detail: { pad, velocity } }) => instrument.play(pad, { velocity }));
midi.addEventListener("clock", ({ detail: { kind, timeStamp } }) => {
  if (kind === "tick") sequencer.pulse(audio.timeAt(timeStamp));
  else if (kind === "stop") sequencer.stop();
  else sequencer.arm({ onward: kind === "onward" });
});
let resting;
midi.addEventListener("control", ({ detail: { knob, value } }) => {
  panel.control(knob, value);
  clearTimeout(resting);
  resting = setTimeout(() => store.commit(), 400);
});
showMidi(midi);
const library = new Library(store, audio, connection, new Own(store, connection, sounds, instrument));
tabs($("tabs"), (tab) => tab === "tab-library" && library.show());

guide(store, sequencer);
show();
banner("unstarted", false);
banner("silent", !audio.context);
if (store.linkError) onLink();
else if (trouble.blocked) onUnkept();
else if (trouble.damaged) notify("What this browser kept from your last visit is damaged. This is a new start.");
else if (store.resumed) notify("Here is your work of last time.", { label: "Start new", run: startNew });
connection.open();
navigator.serviceWorker?.register(engine === null ? "sw.js" : "offline.js").catch(() => {}); // without it the page needs the network
