// What this browser keeps between visits. Where it keeps nothing, or what it kept is damaged, the page works without.

const PREFIX = "drumjax.";

/** What went wrong since the page was opened. */
export const trouble = { blocked: false, damaged: false };

/**
 * The value kept under `name`, as `read` makes it of the kept one; null where there is none that `read` accepts.
 * `tab`: what this tab kept, else what any tab kept last.
 */
export function recall(name, read, { tab = false } = {}) {
  for (const area of tab ? ["sessionStorage", "localStorage"] : ["localStorage"]) {
    const text = textIn(area, name);
    try {
      if (text !== null) return read(JSON.parse(text));
    } catch {
      trouble.damaged = true;
    }
  }
  return null;
}

/** Keeps a value; returns whether the browser did. */
export function keep(name, value, { tab = false } = {}) {
  try {
    const text = JSON.stringify(value);
    if (tab) sessionStorage.setItem(PREFIX + name, text);
    localStorage.setItem(PREFIX + name, text);
  } catch {
    trouble.blocked = true;
  }
  return !trouble.blocked;
}

function textIn(area, name) {
  try {
    return window[area].getItem(PREFIX + name);
  } catch {
    trouble.blocked = true;
    return null;
  }
}
