// The library's map: sounds as dots, neighbours near each other.

import { canvasOf, tokens } from "./canvas.js";
import { clamp } from "./kit.js";
import { shade } from "./pad.js";

const INSET_PX = 12;
const DOT_PX = 9;
const HOVER_MS = 80;
const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * Calls `onhover(id, keys)`, whether by arrow keys, and `onpick(id)` for dots, by Enter too, and `ongap(x, y)` (0 to 1) for
 * a click between them.
 */
export class Places {
  #canvas;
  #drawing;
  #points = []; // [id, x, y, colour]
  #at = null;

  constructor(root, { onhover, onpick, ongap }) {
    this.#canvas = root.querySelector("canvas");
    this.#drawing = canvasOf(this.#canvas, (...size) => this.#draw(...size));
    let [last, timer, newest] = [null, 0, null];
    const hear = () => {
      timer = 0;
      const id = newest && this.#dotAt(newest);
      this.#canvas.classList.toggle("on-dot", id !== null);
      if (id === last) return;
      last = id;
      if (id === null) return;
      this.#go(id);
      onhover(id, false);
      timer = setTimeout(hear, HOVER_MS);
    };
    root.addEventListener("keydown", (event) => {
      const next = WAYS[event.key] && this.#beside(...WAYS[event.key]);
      if (next !== undefined && next !== null) (this.#go(next), onhover(next, true));
      else if (event.key === "Enter" && this.#at !== null) onpick(this.#at);
      else if (next === undefined) return;
      event.preventDefault();
    });
    root.addEventListener("pointermove", (event) => {
      newest = event.pointerType === "touch" ? null : event;
      if (!timer) hear();
    });
    root.addEventListener("pointerleave", () => (newest = null));
    root.addEventListener("click", (event) => {
      const id = this.#dotAt(event);
      if (id !== null) return onpick(id);
      const box = this.#canvas.getBoundingClientRect();
      const share = (at, size) => clamp((at - INSET_PX) / (size - 2 * INSET_PX), 0, 1);
      ongap(share(event.clientX - box.left, box.width), 1 - share(event.clientY - box.top, box.height));
    });
  }

  /** `points`: [id, x, y, brightness]. */
  show(points) {
    const levels = points.map((point) => point[3]).sort((a, b) => a - b);
    const [low, high] = [0.03, 0.97].map((q) => levels[Math.floor(q * (levels.length - 1))]);
    this.#points = points.map(([id, x, y, level]) => [id, x, y, shade((level - low) / (high - low || 1))]);
    this.#at = null;
    this.#drawing.redraw();
  }

  #go(id) {
    this.#at = id;
    this.#drawing.redraw();
  }

  // The nearest dot in a direction: of those that lie further that way than aside. At first the one in the middle.
  #beside(right, up) {
    const { width, height } = this.#canvas.getBoundingClientRect();
    const [, fromX, fromY] = this.#points.find(([id]) => id === this.#at) ?? [null, 0.5, 0.5];
    let [nearest, least] = [null, Infinity];
    for (const [id, x, y] of this.#points) {
      const [dx, dy] = [this.#px(x, width) - this.#px(fromX, width), this.#py(fromY, height) - this.#py(y, height)];
      const [ahead, aside] = [dx * right + dy * up, Math.abs(dx * up) + Math.abs(dy * right)];
      if (this.#at !== null && (ahead <= 0 || aside > ahead)) continue;
      if (Math.hypot(dx, dy) < least) [nearest, least] = [id, Math.hypot(dx, dy)];
    }
    return nearest;
  }

  #px = (x, width) => INSET_PX + x * (width - 2 * INSET_PX);
  #py = (y, height) => INSET_PX + (1 - y) * (height - 2 * INSET_PX);

  #dotAt({ clientX, clientY, pointerType }) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    let [nearest, least] = [null, pointerType === "touch" ? 2 * DOT_PX : DOT_PX];
    for (const [id, x, y] of this.#points) {
      const apart = Math.hypot(this.#px(x, width) - clientX + left, this.#py(y, height) - clientY + top);
      if (apart < least) [nearest, least] = [id, apart];
    }
    return nearest;
  }

  #draw(context, width, height) {
    const { accent, field } = tokens();
    context.fillStyle = field;
    context.fillRect(0, 0, width, height);
    const radius = this.#points.length > 1000 ? 1.8 : 3;
    for (const [id, x, y, colour] of this.#points) {
      context.fillStyle = id === this.#at ? accent : colour;
      context.beginPath();
      context.arc(this.#px(x, width), this.#py(y, height), id === this.#at ? radius + 3 : radius, 0, 2 * Math.PI);
      context.fill();
    }
  }
}
