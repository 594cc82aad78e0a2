// The shelf: kits to start from, every sound that was rolled, with favourites, and named projects.

import { download } from "./export.js";
import { labelOf } from "./kit.js";
import { KITS, putKit } from "./kits.js";
import { checkedPad, decode, encode } from "./link.js";
import { keep, recall } from "./memory.js";
import { nameOfSeed } from "./names.js";
import { projectFile, readProject } from "./projectfile.js";
import { keyOf, mainClass, titleOf } from "./recipe.js";

const MOST = 300; // sounds, beside favourites
const SHOWN = 100; // at once

const $ = (id) => document.getElementById(id);
const element = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

export class Shelf {
  #store;
  #sounds;
  #instrument;
  #open = null; // the name of the project that was opened or saved last
  #seen = new Set(); // the sounds of the pads, as recorded

  constructor(store, sounds, instrument) {
    [this.#store, this.#sounds, this.#instrument] = [store, sounds, instrument];
    for (const tab of ["kits", "rolled", "projects"]) {
      $(`open-${tab}`).onclick = () => {
        this.#show(tab);
        $("shelf").showModal();
      };
    }
    $("shelf-tab").onchange = ({ target }) => this.#show(target.value);
    $("favourites").onchange = () => this.#show("rolled");
    $("keep-sound").onclick = () => this.#star(store.pad.sound, true);
    $("project-form").onsubmit = (event) => {
      event.preventDefault();
      this.#saveAs($("project-name").value.trim());
    };
    $("import-project").onclick = () => $("project-file").click();
    $("project-file").onchange = ({ target }) => this.#import(target);
    store.addEventListener("change", () => this.#record());
    this.#record();
  }

  #show(tab) {
    $("shelf-tab").querySelector(`[value=${tab}]`).checked = true;
    for (const part of document.querySelectorAll("#shelf section")) part.hidden = part.id !== `shelf-${tab}`;
    this.#note("");
    if (tab === "kits") this.#showKits();
    if (tab === "rolled") this.#showRolled();
    if (tab === "projects") this.#showProjects();
  }

  #note(text) {
    $("shelf-note").textContent = text;
  }

  #showKits() {
    const row = (kit) =>
      element("button", { className: "plain", textContent: kit.name, onclick: () => this.#store.edit(() => putKit(this.#store.pads, kit)) });
    $("kit-list").replaceChildren(...KITS.map(row));
  }

  // A sound is recorded once it is on a pad: as it was rolled, before any knob.
  #record() {
    const sounds = Object.values(this.#store.doc.kits).flat().flatMap(({ sound }) => rolled(sound) ?? []);
    const fresh = new Map(sounds.map((sound) => [keyOf(sound), { sound, star: false }]));
    for (const key of fresh.keys()) this.#seen.has(key) ? fresh.delete(key) : this.#seen.add(key);
    if (!fresh.size) return;
    const kept = keptSounds();
    kept.forEach(({ sound }) => fresh.delete(keyOf(sound)));
    keepSounds([...fresh.values(), ...kept]);
  }

  #star(sound, star) {
    const key = keyOf(sound);
    const kept = keptSounds();
    const found = kept.find((entry) => keyOf(entry.sound) === key);
    if (found) found.star = star;
    else kept.unshift({ sound, star });
    keepSounds(kept);
    this.#showRolled();
  }

  #showRolled() {
    const title = titleOf(this.#store.pad);
    $("put-on").textContent = `A click plays a sound; + puts it on the pad ${title}.`;
    const entries = keptSounds().filter(({ star }) => star || !$("favourites").checked);
    const rows = entries.slice(0, SHOWN).map(({ sound, star }) => {
      const name = nameOf(sound);
      const act = (text, label, onclick, pressed) =>
        element("button", { className: "quiet", textContent: text, ariaLabel: `${label}: ${name}`, title: label, onclick, ariaPressed: pressed ?? null });
      return element(
        "li",
        {},
        element("button", { className: "entry", textContent: name, onclick: () => this.#play(sound) }),
        act(star ? "★" : "☆", "Favourite", () => this.#star(sound, !star), String(star)),
        act("+", `Put on ${title}`, () => this.#put(sound)),
      );
    });
    $("rolled-list").replaceChildren(...rows);
    if (!rows.length) this.#note($("favourites").checked ? "No favourites yet: a star makes one." : "Nothing was rolled yet.");
  }

  async #play(sound) {
    try {
      const take = await this.#sounds.take(sound);
      this.#instrument.play(this.#store.doc.selected, { take });
    } catch (error) {
      this.#note(error.message);
    }
  }

  #put(sound) {
    this.#store.edit(() => Object.assign(this.#store.pad, { sound: structuredClone(sound), crop: null }));
    this.#note(`${nameOf(sound)} is on the pad.`);
  }

  #showProjects() {
    const projects = keptProjects();
    $("project-name").value = this.#open ?? "";
    const rows = projects.map(({ name, link }) => {
      const field = element("input", { type: "text", value: name, ariaLabel: "Name of the project", maxLength: 60 });
      field.onchange = () => this.#rename(name, field.value.trim());
      const act = (text, onclick) => element("button", { className: "plain", textContent: text, ariaLabel: `${text} ${name}`, onclick });
      return element(
        "li",
        {},
        field,
        act("Open", () => this.#openProject(name, link)),
        act("File", () => this.#export(name, link)),
        act("Delete", ({ target }) => this.#delete(name, target)),
      );
    });
    $("project-list").replaceChildren(...rows);
  }

  #saveAs(wanted) {
    if (!wanted) return this.#note("Give the project a name.");
    // Only the open project is replaced.
    const name = wanted === this.#open ? wanted : freeName(wanted);
    const others = keptProjects().filter((project) => project.name !== name);
    if (!keep("projects", [{ name, link: encode(this.#store.doc) }, ...others])) return this.#note("This browser keeps no projects. Save a file of it, or a link.");
    this.#open = name;
    this.#showProjects();
    this.#note(`Saved as ${name}.`);
  }

  #openProject(name, link) {
    try {
      const opened = decode(link);
      this.#store.edit((doc) => Object.assign(doc, opened));
    } catch (error) {
      return this.#note(`${name} is damaged: ${error.message}.`);
    }
    this.#open = name;
    this.#showProjects();
    this.#note(`${name} is open. Undo brings back what was open before.`);
  }

  #rename(name, wanted) {
    const free = wanted && wanted !== name ? freeName(wanted) : name;
    keep("projects", keptProjects().map((project) => (project.name === name ? { ...project, name: free } : project)));
    if (this.#open === name) this.#open = free;
    this.#showProjects();
    this.#note("");
  }

  // The first press asks.
  #delete(name, button) {
    if (button.textContent === "Delete") return (button.textContent = "Sure?");
    keep("projects", keptProjects().filter((project) => project.name !== name));
    if (this.#open === name) this.#open = null;
    this.#showProjects();
  }

  async #export(name, link) {
    try {
      const { file, missing } = await projectFile(name, link);
      download(file);
      this.#note(missing.length ? `${file.name} lacks ${missing.join(", ")}, which this browser does not have.` : "");
    } catch (error) {
      this.#note(`${name} is damaged: ${error.message}.`);
    }
  }

  async #import(input) {
    const [file] = input.files;
    input.value = ""; // the same file can be chosen again
    try {
      const { name: wanted, link, keys } = await readProject(file);
      const name = freeName(wanted.slice(0, 60));
      keep("projects", [{ name, link }, ...keptProjects()]);
      keys.forEach((key) => this.#sounds.absent.delete(key));
      this.#openProject(name, link);
      this.#instrument.refresh();
    } catch (error) {
      this.#note(`${file.name} cannot be opened: ${error.message}.`);
    }
  }
}

// The sound as it was rolled: its class, seed and variations; null where it was not.
function rolled({ class: name, seed, vary, own }) {
  return own || seed === null ? null : { class: name, knobs: [0, 0, 0], seed, vary };
}

function nameOf(sound) {
  const drum = labelOf(mainClass(sound)).toLowerCase();
  const moved = sound.knobs.some(Boolean) ? ", moved" : "";
  const varied = sound.vary.length ? `, varied ${sound.vary.length} ×` : "";
  if (sound.own) return `Your ${drum}${varied}${moved}`;
  return `${sound.seed === null ? "Typical" : nameOfSeed(sound.seed)} ${drum}${varied}${moved}`;
}

const keptSounds = () => recall("rolled", (entries) => entries.flatMap(checkedEntry)) ?? [];

function checkedEntry({ sound, star }) {
  try {
    return { sound: checkedPad({ sound }).sound, star: Boolean(star) };
  } catch {
    return []; // a damaged sound does not lose the others
  }
}

function keepSounds(entries) {
  let plain = 0;
  keep("rolled", entries.filter(({ star }) => star || plain++ < MOST));
}

const keptProjects = () => recall("projects", (projects) => projects.map(({ name, link }) => ({ name: String(name), link: String(link) }))) ?? [];

function freeName(wanted) {
  const taken = new Set(keptProjects().map(({ name }) => name));
  let free = wanted;
  for (let number = 2; taken.has(free); number++) free = `${wanted} ${number}`;
  return free;
}
