// Messages: a passing one at the lower edge, and banners for what lasts.

const $ = (id) => document.getElementById(id);
const LETTER_MS = 60; // time to read
const ACTION_MS = 20_000;

let fading;
const hide = () => $("toast").classList.remove("shown");
addEventListener("pointerdown", ({ target }) => target.closest(".toast") || hide());

/**
 * Shows a message until it is read or the user goes on. `action`: a button's label and what it does; with one, the
 * message stays longer.
 */
export function notify(text, action = null) {
  const [line, button] = $("toast").children;
  line.textContent = text;
  button.hidden = !action;
  button.textContent = action?.label ?? "";
  button.onclick = () => {
    hide();
    action?.run();
  };
  $("toast").classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(hide, action ? ACTION_MS : 2500 + text.length * LETTER_MS);
}

/** Shows the banner `id` while a problem lasts. */
export function banner(id, shown) {
  $(id).hidden = !shown;
}
