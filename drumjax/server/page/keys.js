// The computer's keyboard: pads, transport and shortcuts.

import { KEYS } from "./kit.js";

const MOVES = ["Tab", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"];
const PRESSED = "button, select, summary, [type=radio], [type=checkbox]";
const TYPED = "[type=text], [type=search], [type=number], textarea";

/**
 * Calls `onpad(index, shift)`, `undo()`, `redo()`, or the one of `shortcuts`, by key positions. Space and Enter press
 * what the keyboard has focused, but not what was clicked last: after a click, Space still is the transport.
 */
export function listenToKeys({ onpad, undo, redo, shortcuts }) {
  let moving = false;
  let focused = false; // by keyboard
  let swallowed = null;
  addEventListener("pointerdown", () => (moving = false), true);
  addEventListener("focusin", () => (focused = moving));

  const actionOf = ({ code, target, shiftKey, ctrlKey, metaKey, altKey, repeat }) => {
    if (ctrlKey || metaKey) {
      if (target.closest(TYPED)) return null;
      if (code === "KeyY" || (code === "KeyZ" && shiftKey)) return redo;
      return code === "KeyZ" ? undo : null;
    }
    if (altKey || target.closest(TYPED)) return null;
    if (focused && target.closest("select")) return null;
    if (focused && target.closest(PRESSED) && ["Space", "Enter"].includes(code)) return null;
    if (target.closest("[type=range], .dial, [role=application]") && code === "Enter") return null; // theirs
    const pad = KEYS.indexOf(code);
    const action = pad >= 0 ? () => onpad(pad, shiftKey) : shortcuts[code];
    return action && repeat ? () => {} : action;
  };

  addEventListener("keydown", (event) => {
    if (MOVES.includes(event.key)) moving = true;
    if (document.querySelector("dialog[open]")) return;
    const action = actionOf(event);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation(); // a step or button that was clicked last does nothing
    swallowed = event.code;
    action(event);
  }, true);
  addEventListener("keyup", (event) => {
    if (event.code === swallowed) event.preventDefault(); // Firefox presses a button when Space is released
    swallowed = null;
  }, true);
}
