// Popovers beside what they belong to.

import { clamp } from "./kit.js";

const EDGE_PX = 8;

/** Opens a popover above `anchor`, or below it where there is no room. */
export function show(popover, anchor) {
  popover.showPopover();
  place(popover, anchor);
}

/** Places a popover beside the button that opens it; what is marked inside as closing it does so. */
export function opens(button, popover) {
  popover.addEventListener("toggle", ({ newState }) => newState === "open" && place(popover, button));
  popover.addEventListener("click", ({ target }) => target.closest("[data-closes]") && popover.hidePopover());
}

function place(popover, anchor) {
  const [at, size] = [anchor.getBoundingClientRect(), popover.getBoundingClientRect()];
  const above = at.top - size.height - EDGE_PX;
  popover.style.left = `${clamp(at.left + at.width / 2 - size.width / 2, EDGE_PX, innerWidth - size.width - EDGE_PX)}px`;
  popover.style.top = `${above >= EDGE_PX ? above : clamp(at.bottom + EDGE_PX, EDGE_PX, Math.max(EDGE_PX, innerHeight - size.height - EDGE_PX))}px`;
}
