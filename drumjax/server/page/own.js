// The user's own sounds: dropped, pasted or chosen files on pads, and pads dragged onto others.

import { fileOf, keepFile } from "./files.js";
import { labelOf, LIMITS, PADS } from "./kit.js";
import { checkedPad } from "./link.js";
import { notify } from "./notice.js";
import { isUnmoved, mainClass, ownSound, titleOf } from "./recipe.js";

const LARGEST_BYTES = 2 ** 25; // as on the server
const SURE = 0.5; // a guess below this certainty does not change the pad's class
const ROUGH_DB = 9; // an error from which on only small moves stay near the sound
const DRAG_PX = 12;
const PLAIN = { crop: null, level: LIMITS.level.initial, pan: 0, pitch: 0, decay: 0, fade: 0 }; // plays a file as it is

const $ = (id) => document.getElementById(id);

export class Own {
  #store;
  #connection;
  #sounds;
  #instrument;
  #sending = new Set();
  #copied = null;

  constructor(store, connection, sounds, instrument) {
    [this.#store, this.#connection, this.#sounds, this.#instrument] = [store, connection, sounds, instrument];
    connection.addEventListener("error", ({ detail }) => detail.missing && this.#sendAgain(detail.missing));
    $("load").onclick = () => $("file").click();
    $("file").onchange = ({ target }) => {
      this.load([...target.files], store.doc.selected);
      target.value = ""; // the same file can be chosen again
    };
    this.#listenToDrops();
    this.#listenToDrags();
    this.#listenToClipboard();
  }

  /** Puts the files on a pad and the next ones. */
  async load(files, pad) {
    const fitting = files.slice(0, PADS - pad);
    this.#store.edit((doc) => (doc.selected = pad), { live: true });
    const unsure = [];
    for (const [at, file] of fitting.entries()) {
      try {
        const heard = await this.#loadOne(file, pad + at);
        if (heard.certainty === 0 && this.#store.pads[pad + at].sound.own === heard.key) unsure.push([heard.key, file, pad + at]);
      } catch (error) {
        notify(`${file.name}: ${error.message}`);
        this.#instrument.refresh();
      }
    }
    if (fitting.length < files.length) notify(`${files.length - fitting.length} files found no pad: there is none behind the last.`);
    for (const one of unsure) await this.#guess(...one);
  }

  async #loadOne(file, pad) {
    if (file.size > LARGEST_BYTES) throw new Error(`larger than ${LARGEST_BYTES / 2 ** 20} MB.`);
    const bytes = await file.arrayBuffer();
    await this.#instrument.hold(pad, bytes.slice(0)); // heard at once, where the browser can read it
    const fallback = mainClass(this.#store.pads[pad].sound);
    const heard = await this.#connection.listen(bytes, { name: file.name, fallback });
    await keepFile(heard.key, file.name, bytes);
    this.#sounds.absent.delete(heard.key);
    const recipe = await recipeOf(heard);
    if (recipe) this.#restore(recipe, heard, file.name, pad);
    else this.#put(heard, file.name, pad);
    this.#instrument.refresh();
    return heard;
  }

  // The first guess of a server takes seconds: the sound plays meanwhile, and gets its class unless it has been edited.
  async #guess(key, file, pad) {
    const heard = await this.#connection.listen(await file.arrayBuffer(), { name: file.name }).catch(() => null);
    const { sound } = this.#store.pads[pad];
    if (heard?.certainty >= SURE && sound.own === key && isUnmoved(sound)) this.#put(heard, file.name, pad);
  }

  #put(heard, name, pad) {
    const guessed = heard.certainty < 1;
    const own = mainClass(this.#store.pads[pad].sound);
    const drum = guessed && heard.certainty < SURE ? own : heard.class;
    this.#store.edit(() => {
      Object.assign(this.#store.pads[pad], { ...PLAIN, sound: ownSound(drum, heard.key), name });
    });
    const lines = [heard.note, `${name}: ${labelOf(drum)}`];
    if (heard.certainty < SURE) lines[1] += ", as the pad was";
    else if (guessed) lines[1] += `, by its sound (${Math.round(100 * heard.certainty)} % sure)`;
    if (heard.error_db > ROUGH_DB) lines[1] += ". The model knows few like it: small moves stay nearest to it";
    notify(`${lines.filter(Boolean).join(" ")}.`);
  }

  // A file that drumjax made: its knobs and seeds, not its samples.
  #restore(recipe, heard, name, pad) {
    this.#store.edit(() => Object.assign(this.#store.pads[pad], recipe));
    notify(`${name} was made by drumjax: its class, knobs and seed are back.`, {
      label: "Use the audio instead",
      run: () => this.#put(heard, name, pad),
    });
  }

  // The server has been restarted, or has dropped the file: it gets it again, from this browser.
  async #sendAgain(key) {
    if (this.#sending.has(key) || this.#sounds.absent.has(key)) return;
    this.#sending.add(key);
    try {
      const file = await fileOf(key);
      const users = this.#store.pads.filter(({ sound }) => [sound.own, sound.other?.own].includes(key));
      if (file) await this.#connection.listen(file.bytes, { name: file.name, class: mainClass(users[0]?.sound ?? ownSound("kick")) });
      else {
        this.#sounds.absent.add(key);
        const name = users.find(({ sound }) => sound.own === key)?.name ?? "A sound file";
        notify(`${name} is not in this browser. Until you drop it on the page, the class plays in its place.`);
      }
      this.#instrument.refresh();
    } catch (error) {
      notify(error.message);
    } finally {
      this.#sending.delete(key);
    }
  }

  #copy(from, to) {
    const { mute, solo, lock, ...rest } = structuredClone(this.#store.pads[from]);
    this.#store.edit((doc) => {
      Object.assign(this.#store.pads[to], rest);
      doc.selected = to;
    });
    this.#instrument.play(to);
    notify(`${titleOf(rest)} copied.`);
  }

  #listenToDrops() {
    const isFile = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
    addEventListener("dragover", (event) => {
      if (!isFile(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      mark(padOf(event.target) ?? this.#store.doc.selected);
    });
    addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || mark(null));
    addEventListener("drop", (event) => {
      mark(null);
      if (!isFile(event)) return;
      event.preventDefault();
      this.load([...event.dataTransfer.files], padOf(event.target) ?? this.#store.doc.selected);
    });
  }

  // With the mouse; a finger scrolls.
  #listenToDrags() {
    let from = null;
    const over = ({ clientX, clientY }) => {
      const pad = document.elementFromPoint(clientX, clientY)?.closest(".pad");
      return pad && padOf(pad);
    };
    addEventListener("pointerdown", (event) => {
      const pad = event.target.closest(".pad");
      from = pad && !event.button && event.pointerType !== "touch" ? { pad: padOf(pad), x: event.clientX, y: event.clientY } : null;
    });
    addEventListener("pointermove", (event) => {
      if (!from) return;
      const far = Math.hypot(event.clientX - from.x, event.clientY - from.y) > DRAG_PX;
      const to = over(event);
      mark(far && to !== from.pad ? to : null);
    });
    addEventListener("pointerup", (event) => {
      const to = from && over(event);
      mark(null);
      if (from && to !== null && to !== from.pad) this.#copy(from.pad, to);
      from = null;
    });
    addEventListener("pointercancel", () => {
      mark(null);
      from = null;
    });
  }

  #listenToClipboard() {
    const typing = ({ target }) => target.closest?.("input, textarea") || !getSelection().isCollapsed;
    addEventListener("copy", (event) => {
      if (typing(event)) return;
      this.#copied = this.#store.doc.selected;
      event.clipboardData.setData("text/plain", titleOf(this.#store.pad));
      event.preventDefault();
    });
    addEventListener("paste", (event) => {
      const files = [...event.clipboardData.files];
      const { selected } = this.#store.doc;
      if (files.length) this.load(files, selected);
      else if (this.#copied !== null && this.#copied !== selected && !typing(event)) this.#copy(this.#copied, selected);
      else return;
      event.preventDefault();
    });
  }
}

// The pad in the recipe of a file that drumjax made; null, with a note, where there is none that can be played here.
async function recipeOf(heard) {
  if (!heard.pad) return null;
  try {
    const { mute, solo, lock, ...pad } = checkedPad(heard.pad);
    for (const key of [pad.sound.own, pad.sound.other?.own]) {
      if (!key || (await fileOf(key))) continue;
      heard.note = `It was made from ${pad.name ?? "a file"}, which is not in this browser, so its audio is used.`;
      return null;
    }
    return pad;
  } catch (error) {
    heard.note = `Its comment by drumjax is damaged (${error.message}), so its audio is used.`;
    return null;
  }
}

// The pad of an element: its own, or its lane's.
function padOf(element) {
  for (const kind of [".pad", ".lane"]) {
    const found = element.closest?.(kind);
    if (found) return [...document.querySelectorAll(kind)].indexOf(found);
  }
  return null;
}

function mark(pad) {
  document.querySelectorAll(".pad").forEach((one, at) => one.classList.toggle("target", at === pad));
}
