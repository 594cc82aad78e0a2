// The document, its history and its link. Every change of the instrument goes through `edit`.

import { newDocument } from "./kit.js";
import { decode, encode } from "./link.js";

const HISTORY = 200;
const LINK_DELAY_MS = 400; // browsers refuse more than about 100 changes of the address in 30 s

export class Store extends EventTarget {
  #past;
  #at = 0;
  #writing;
  #hash; // as last read or written; another one is a link that the user has just opened

  constructor() {
    super();
    this.doc = newDocument();
    this.linkError = this.#read();
    this.#past = [JSON.stringify(this.doc)];
    addEventListener("hashchange", () => {
      this.linkError = this.#read();
      this.commit();
      this.dispatchEvent(new Event(this.linkError ? "linkerror" : "change"));
    });
  }

  get pads() {
    return this.doc.kits[this.doc.kit];
  }

  get pad() {
    return this.pads[this.doc.selected];
  }

  /** Changes the document. `live` edits, as in a drag, are followed by `commit`. */
  edit(change, { live = false } = {}) {
    change(this.doc);
    if (!live) this.commit();
    this.#dispatchChange();
  }

  /** Makes the edits since the last commit one step of undo. */
  commit() {
    const now = JSON.stringify(this.doc);
    if (undoable(now) === undoable(this.#past[this.#at])) return;
    this.#past = [...this.#past.slice(0, this.#at + 1), now].slice(-HISTORY);
    this.#at = this.#past.length - 1;
    this.#dispatchChange();
  }

  get canUndo() {
    return this.#at > 0;
  }

  get canRedo() {
    return this.#at < this.#past.length - 1;
  }

  undo() {
    if (this.canUndo) this.#go(this.#at - 1, this.#at);
  }

  redo() {
    if (this.canRedo) this.#go(this.#at + 1, this.#at + 1);
  }

  /** Writes the document into the address, and returns the address. */
  write() {
    clearTimeout(this.#writing);
    if (location.hash === this.#hash) history.replaceState(null, "", `#${encode(this.doc)}`);
    this.#hash = location.hash;
    return location.href;
  }

  #go(to, step) {
    const { sens, preview, amount } = this.doc;
    const { selected } = JSON.parse(this.#past[step]); // selects the pad that the step changes
    this.doc = { ...JSON.parse(this.#past[to]), selected, sens, preview, amount };
    this.#at = to;
    this.#dispatchChange();
  }

  #read() {
    clearTimeout(this.#writing);
    this.#hash = location.hash;
    try {
      this.doc = decode(decodeURI(location.hash.slice(1)));
    } catch (error) {
      return error.message;
    }
    return null;
  }

  #dispatchChange() {
    this.dispatchEvent(new Event("change"));
    clearTimeout(this.#writing);
    this.#writing = setTimeout(() => this.write(), LINK_DELAY_MS);
  }
}

// Undo restores sounds and patterns, but not the selected pad and the settings of the panel.
function undoable(text) {
  return JSON.stringify({ ...JSON.parse(text), selected: 0, sens: 0, preview: 0, amount: 0 });
}
