// The Library tab: the user's own sounds, searched by name, property and likeness, as a list or as a map that plays.

import { Places } from "./places.js";
import { CLASSES, labelOf } from "./kit.js";
import { notify } from "./notice.js";
import { mainClass, titleOf } from "./recipe.js";

const TYPING_MS = 200; // between the last letter and the search
const CACHED = 64; // previews
const DRAGGED = "application/x-drumjax-sound";
const RANGES = {
  short: { seconds: [0, 0.2] },
  medium: { seconds: [0.2, 0.7] },
  long: { seconds: [0.7, 1e6] },
  dark: { brightness: [-1e6, -20] },
  middle: { brightness: [-20, -6] },
  bright: { brightness: [-6, 1e6] },
}; // s, and dB above 5 kHz to below
const HOW = "Your own sounds, searched and mapped: start the server as drumjax serve --library FOLDER.";
const EMPTY = "The library holds no sounds yet: drumjax library scan FOLDER, or start the server with that folder.";

const $ = (id) => document.getElementById(`library-${id}`);

/** `own` puts files on pads. */
export class Library {
  #store;
  #audio;
  #connection;
  #own;
  #map;
  #like = null; // what the list is like: { id or sound, name, steps }
  #asked = 0;
  #previews = new Map();
  #playing = null;
  #shown = "";

  constructor(store, audio, connection, own) {
    [this.#store, this.#audio, this.#connection, this.#own] = [store, audio, connection, own];
    $("class").append(new Option("This drum", "pad"), new Option("All drums", ""), ...CLASSES.map(({ name, label }) => new Option(label, name)));
    this.#map = new Places($("map"), {
      onhover: (id, keys) => this.#preview(id, keys),
      onpick: (id) => this.#put(id),
      ongap: (x, y) => this.#playGap(x, y),
    });
    this.#listen();
    store.addEventListener("change", () => this.#open && $("class").value === "pad" && this.#refresh());
  }

  /** Shows the tab's contents. */
  async show() {
    const { sounds } = await this.#connection.library("").then((answer) => answer.json()).catch(() => ({ sounds: null }));
    $("none").textContent = sounds ? "" : sounds === 0 ? EMPTY : HOW;
    $("search").hidden = !sounds;
    if (sounds) this.#refresh(true);
  }

  get #open() {
    return !$("search").hidden && $("search").checkVisibility();
  }

  get #class() {
    const chosen = $("class").value;
    return (chosen === "pad" ? mainClass(this.#store.pad.sound) : chosen) || null;
  }

  #listen() {
    let typing;
    $("text").oninput = () => {
      clearTimeout(typing);
      typing = setTimeout(() => this.#search(), TYPING_MS);
    };
    for (const name of ["class", "length", "tone"]) $(name).onchange = () => this.#search();
    $("pad").onclick = () => {
      const { pad } = this.#store;
      this.#findLike({ sound: structuredClone(pad.sound), name: titleOf(pad) });
    };
    $("like").onclick = ({ target }) => {
      const { step } = target.closest("button")?.dataset ?? {};
      if (!step) return;
      if (step === "end") return this.#search();
      this.#findLike({ ...this.#like, steps: { ...this.#like.steps, [step]: (this.#like.steps[step] ?? 0) + 1 } });
    };
    $("view").onclick = () => {
      const map = $("view").ariaPressed !== "true";
      $("view").ariaPressed = map;
      [$("hits").hidden, $("map").hidden] = [map, !map];
      this.#refresh(true);
    };
    const listed = (handler) => (event) => {
      const row = event.target.closest("li");
      if (row) handler(row, event);
    };
    $("hits").onclick = listed((row, { target }) => {
      if (target.closest(".more")) this.#findLike({ id: Number(row.dataset.id), name: row.dataset.name });
      else this.#put(Number(row.dataset.id));
    });
    // Movement, not `pointerover`: a list that changes under a resting mouse stays silent.
    let under = null;
    $("hits").addEventListener("pointermove", ({ pointerType, target }) => {
      const row = pointerType !== "touch" && target.closest(".hit")?.parentElement;
      if (row && row !== under) this.#preview(Number(row.dataset.id));
      under = row;
    });
    $("hits").addEventListener("pointerleave", () => (under = null));
    $("hits").addEventListener("focusin", listed((row, { target }) => target.matches(".hit:focus-visible") && this.#preview(Number(row.dataset.id))));
    $("hits").addEventListener("dragstart", listed((row, { dataTransfer }) => {
      const { id, name } = row.dataset;
      dataTransfer.effectAllowed = "copy";
      dataTransfer.setData(DRAGGED, id);
      dataTransfer.setData("DownloadURL", `application/octet-stream:${name}:${new URL(`/library/sound/${id}`, location)}`);
    }));
    const padUnder = ({ target, dataTransfer }) => (dataTransfer.types.includes(DRAGGED) ? target.closest?.(".pad") : null);
    addEventListener("dragover", (event) => padUnder(event) && event.preventDefault());
    addEventListener("drop", (event) => {
      const pad = padUnder(event);
      if (!pad) return;
      event.preventDefault();
      this.#put(Number(event.dataTransfer.getData(DRAGGED)), [...document.querySelectorAll(".pad")].indexOf(pad));
    });
  }

  #search() {
    this.#like = null;
    this.#refresh(true);
  }

  #findLike({ steps = {}, ...what }) {
    this.#like = { ...what, steps };
    if ($("view").ariaPressed === "true") $("view").click();
    else this.#refresh(true);
  }

  // Asks for the list or the map unless they are shown already.
  async #refresh(anew = false) {
    const wanted = JSON.stringify([this.#class, $("view").ariaPressed]);
    if (!anew && wanted === this.#shown) return;
    this.#shown = wanted;
    const asked = ++this.#asked;
    const map = $("view").ariaPressed === "true";
    this.#tell(map ? "Laying out the map: the first time takes some seconds." : "");
    $("like").hidden = !this.#like || map;
    try {
      const answer = await this.#ask(map);
      if (asked !== this.#asked) return;
      if (map) this.#map.show(answer.points);
      else this.#list(answer.sounds);
      const found = (answer.points ?? answer.sounds).length;
      this.#tell(found ? (map ? "Hover to hear, click to put on the pad. A gap plays what lies between." : "") : "No sound found. Try All drums, or another word.");
    } catch (error) {
      if (asked === this.#asked) this.#tell(error.message);
    }
  }

  #ask(map) {
    const ask = async (name, body) => (await this.#connection.library(name, body)).json();
    if (map) return ask("map", { class: this.#class });
    if (!this.#like) {
      const ranges = { ...RANGES[$("length").value], ...RANGES[$("tone").value] };
      return ask("find", { class: this.#class, text: $("text").value, ranges });
    }
    const { name, ...like } = this.#like;
    const taken = Object.entries(like.steps).map(([step, count]) => (count > 1 ? `${count} × ${step}` : step));
    $("like").firstElementChild.textContent = [`Like ${name}`, ...taken].join(", ");
    return ask("like", like);
  }

  #list(sounds) {
    $("hits").replaceChildren(...sounds.map(rowOf));
    $("hits").scrollTop = 0;
  }

  #tell(text) {
    $("facts").textContent = text;
  }

  // Plays a sound; `named`: also tells its name, which a dot of the map does not show.
  async #preview(id, named = false) {
    const plays = this.#store.doc.preview && this.#audio.allowed;
    if (!this.#audio.context || !(plays || named)) return;
    this.#playing = id;
    try {
      if (!this.#previews.has(id)) {
        const answer = await this.#connection.library(`sound/${id}.wav`);
        const name = decodeURIComponent(answer.headers.get("drumjax-name"));
        this.#previews.set(id, { name, buffer: await this.#audio.context.decodeAudioData(await answer.arrayBuffer()) });
        if (this.#previews.size > CACHED) this.#previews.delete(this.#previews.keys().next().value);
      }
      if (this.#playing !== id) return;
      const { name, buffer } = this.#previews.get(id);
      if (named) this.#tell(name);
      if (plays) this.#audio.play(buffer, "library", { level: this.#store.pad.level });
    } catch (error) {
      this.#tell(error.message);
    }
  }

  async #put(id, pad = this.#store.doc.selected) {
    try {
      const answer = await this.#connection.library(`sound/${id}`);
      const named = /filename\*?=(?:utf-8'')?"?([^";]+)/i.exec(answer.headers.get("content-disposition"));
      await this.#own.load([new File([await answer.blob()], decodeURIComponent(named?.[1] ?? "sound.wav"))], pad);
    } catch (error) {
      notify(error.message);
    }
  }

  async #playGap(x, y) {
    this.#tell("Between its neighbours …");
    try {
      const answer = await this.#connection.library("spot", { x, y, class: this.#class });
      const names = answer.headers.get("drumjax-near").split(",").map(decodeURIComponent);
      const bytes = await answer.arrayBuffer();
      const file = new File([bytes.slice(0)], `${this.#class ?? ""} between ${names[0]}.wav`.trim());
      this.#audio.play(await this.#audio.context.decodeAudioData(bytes), "library", { level: this.#store.pad.level });
      const button = Object.assign(document.createElement("button"), { className: "plain", textContent: "Put on the pad" });
      button.onclick = () => this.#own.load([file], this.#store.doc.selected);
      this.#tell(`Between ${names.slice(0, 2).join(" and ")}`);
      $("facts").append(button);
    } catch (error) {
      this.#tell(error.message);
    }
  }
}

function rowOf({ id, name, folder, class: drum, seconds }) {
  const row = Object.assign(document.createElement("li"), { draggable: true });
  Object.assign(row.dataset, { id, name });
  const hit = Object.assign(document.createElement("button"), { className: "hit", title: "Click: on the pad. Drag: anywhere" });
  const facts = [drum && labelOf(drum), `${seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`}`, folder];
  hit.append(
    Object.assign(document.createElement("span"), { textContent: name }),
    Object.assign(document.createElement("small"), { textContent: facts.filter(Boolean).join(" · ") }),
  );
  const more = Object.assign(document.createElement("button"), { className: "quiet more", textContent: "≈", title: "More like this" });
  more.ariaLabel = `More like ${name}`;
  row.append(hit, more);
  return row;
}

/** The two tabs; calls `onshow(name)` when one is chosen. */
export function tabs(list, onshow) {
  const all = [...list.querySelectorAll("[role=tab]")];
  const choose = (tab) => {
    for (const one of all) {
      one.ariaSelected = one === tab;
      one.tabIndex = one === tab ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = one !== tab;
    }
    onshow(tab.id);
  };
  list.onclick = ({ target }) => target.closest("[role=tab]") && choose(target.closest("[role=tab]"));
  list.onkeydown = (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const next = all[(all.indexOf(event.target) + way + all.length) % all.length];
    next.focus();
    choose(next);
  };
}
