// The document, its history and its link. Every change of the instrument goes through `edit`.

import { startDocument } from "./kits.js";
import { decode, encode } from "./link.js";
import { keep, recall } from "./memory.js";

const HISTORY = 200;
const WRITE_DELAY_MS = 400; // browsers refuse more than about 100 changes of the address in 30 s
const TAB = { tab: true }; // a reload continues the tab's own work, a new tab the newest

/**
 * The work goes on where it was: the history is kept in the browser, the document also in the address. A link that is
 * opened is a step of the history, so undo leads back to the work before it.
 *
 * Events: `change`; `linkerror`, with the reason in `linkError`; `unkept` when the browser refuses to keep the work.
 */
export class Store extends EventTarget {
  doc = startDocument();
  linkError = null;
  resumed = false; // whether the document is that of an earlier visit, without a link to it
  #past = [encode(this.doc)]; // documents as links
  #at = 0;
  #writing;
  #hash; // as last read or written; another one is a link that the user has just opened

  constructor() {
    super();
    if (this.#recall() && reloaded()) this.#goOn();
    else this.#read();
    addEventListener("hashchange", () => {
      this.#read();
      this.dispatchEvent(new Event(this.linkError ? "linkerror" : "change"));
    });
    const flush = () => {
      this.commit();
      this.write();
    };
    addEventListener("pagehide", flush);
    document.addEventListener("visibilitychange", () => document.hidden && flush());
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
    if (undoable(this.doc) === undoable(decode(this.#past[this.#at]))) return;
    this.#past = [...this.#past.slice(0, this.#at + 1), encode(this.doc)].slice(-HISTORY);
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

  /** Writes the document into the address and keeps the history; returns the address. */
  write() {
    clearTimeout(this.#writing);
    const now = encode(this.doc);
    if (location.hash === this.#hash) history.replaceState(null, "", `#${now}`);
    this.#hash = location.hash;
    if (!keep("work", { past: this.#past, at: this.#at, now }, TAB)) this.dispatchEvent(new Event("unkept"));
    return location.href;
  }

  #go(to, step) {
    const { sens, preview, amount } = this.doc;
    const { selected } = decode(this.#past[step]); // selects the pad that the step changes
    this.doc = { ...decode(this.#past[to]), selected, sens, preview, amount };
    this.#at = to;
    this.#dispatchChange();
  }

  #recall() {
    const work = recall("work", workOf, TAB);
    if (work) [this.doc, this.#past, this.#at] = [work.doc, work.past, work.at];
    this.resumed = work !== null;
    return this.resumed;
  }

  // A reload comes with the address that the page had when it was asked for, which may be older than the work.
  #goOn() {
    this.#hash = location.hash;
    this.resumed = this.#hash.length < 2;
    this.#writeSoon();
  }

  #read() {
    clearTimeout(this.#writing);
    this.#hash = location.hash;
    this.linkError = null;
    if (this.#hash.length < 2) return;
    this.resumed = false;
    try {
      this.doc = decode(decodeURI(this.#hash.slice(1)));
      this.commit();
    } catch (error) {
      this.linkError = error.message;
    }
  }

  #dispatchChange() {
    this.dispatchEvent(new Event("change"));
    this.#writeSoon();
  }

  #writeSoon() {
    clearTimeout(this.#writing);
    this.#writing = setTimeout(() => this.write(), WRITE_DELAY_MS);
  }
}

// Undo restores sounds and patterns, but not the selected pad and the settings of the panel.
function undoable(doc) {
  return encode({ ...doc, selected: 0, sens: 0, preview: 0, amount: 0 });
}

// Kept work, checked.
function workOf({ past, at, now }) {
  [...past, past[at]].forEach(decode);
  return { doc: decode(now), past, at };
}

function reloaded() {
  return performance.getEntriesByType("navigation")[0]?.type === "reload";
}
