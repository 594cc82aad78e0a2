// The map: a point over the training sounds of a class. Draws on a canvas; the point itself is a slider.

import { clamp } from "./kit.js";
import { canvasOf, tokens } from "./canvas.js";

const POPULATED = 2; // standard deviations: beyond, the pad extrapolates
const TAP_PX = 4;
const INSET_PX = 14; // between the ends of the range and the edges of the pad, so that the whole point is visible
const SHADES = [[59, 74, 122], [74, 134, 184], [124, 199, 196], [233, 247, 239]]; // dark to bright

/**
 * Calls `onmove(x, y)` while the point moves and `onend()` when it rests. With `sens` below 1 a drag moves the point
 * by that share of the distance; at 1, and on a tap, the point moves to the pointer.
 */
export class Pad {
  sens = 1;
  #surface;
  #handle;
  #drawing;
  #range = POPULATED;
  #at = [0, 0];
  #points = [];
  #offset = [0, 0];

  constructor(root, { onmove, onend }) {
    this.#surface = root.querySelector("canvas");
    this.#handle = root.querySelector("[role=slider]");
    this.#drawing = canvasOf(this.#surface, (context, width, height) => this.#draw(context, width, height));
    this.#listen(root, onmove, onend);
  }

  show([x, y], range) {
    [this.#at, this.#range] = [[x, y], range];
    const place = (share) => `calc(50% + ${share / 2} * (100% - ${2 * INSET_PX}px))`;
    this.#handle.style.left = place(x / range);
    this.#handle.style.top = place(-y / range);
    this.#handle.ariaValueMin = -range;
    this.#handle.ariaValueMax = range;
    this.#handle.ariaValueNow = x;
    this.#handle.ariaValueText = `X ${x.toFixed(2)}, Y ${y.toFixed(2)}`;
    this.#drawing.redraw();
  }

  /** Shows `points`, [x, y, brightness in Hz] around the centre of their class; returns the range of colours, Hz. */
  map(points) {
    const heights = points.map(([, , hz]) => Math.log(Math.max(hz, 1))).sort((a, b) => a - b);
    const quantile = (q) => heights[Math.floor(q * (heights.length - 1))];
    const [low, high] = [quantile(0.03), quantile(0.97)];
    this.#points = points.map(([x, y, hz]) => [x, y, shade((Math.log(Math.max(hz, 1)) - low) / (high - low || 1))]);
    this.#drawing.redraw();
    return points.length ? [Math.exp(low), Math.exp(high)] : null;
  }

  /** Moves the map: [x, y] is the place of the pad's centre on it. */
  shift([x, y]) {
    this.#offset = [x, y];
    this.#drawing.redraw();
  }

  /** Shows that the sound under the point plays. */
  pulse() {
    this.#handle.classList.remove("pulse");
    void this.#handle.offsetWidth; // restarts the animation
    this.#handle.classList.add("pulse");
  }

  #listen(root, onmove, onend) {
    let grip = null;
    const under = (event) => {
      const box = this.#surface.getBoundingClientRect();
      const place = (at, size) => clamp((2 * at - size) / (size - 2 * INSET_PX), -1, 1) * this.#range;
      return [place(event.clientX - box.left, box.width), -place(event.clientY - box.top, box.height)];
    };
    const go = (x, y) => onmove(clamp(x, -this.#range, this.#range), clamp(y, -this.#range, this.#range));
    root.addEventListener("pointerdown", (event) => {
      if (event.button || grip) return;
      event.preventDefault();
      root.setPointerCapture(event.pointerId);
      this.#handle.focus({ preventScroll: true });
      grip = { event, pointer: under(event), point: this.#at, moved: false };
      // A finger beside the point may be about to scroll the page.
      if (this.sens === 1 && event.pointerType !== "touch") go(...grip.pointer);
    });
    root.addEventListener("pointermove", (event) => {
      if (event.pointerId !== grip?.event.pointerId) return;
      const [pointer, { sens }] = [under(event), this];
      grip.moved ||= Math.hypot(event.clientX - grip.event.clientX, event.clientY - grip.event.clientY) > TAP_PX;
      if (!grip.moved) return;
      if (sens === 1) go(...pointer);
      else go(...grip.point.map((start, axis) => start + sens * (pointer[axis] - grip.pointer[axis])));
    });
    const release = (event) => {
      if (event.pointerId !== grip?.event.pointerId) return;
      if (event.type === "pointercancel") go(...grip.point); // it was a scroll
      else if (!grip.moved) go(...grip.pointer);
      grip = null;
      onend();
    };
    root.addEventListener("pointerup", release);
    root.addEventListener("pointercancel", release);
    root.addEventListener("dblclick", () => (go(0, 0), onend()));
    this.#handle.addEventListener("keydown", (event) => {
      const step = (this.#range / (event.shiftKey ? 100 : 20)) * this.sens;
      const [x, y] = this.#at;
      const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
      if (event.key === "Home") go(0, 0);
      else if (moves[event.key]) go(x + moves[event.key][0], y + moves[event.key][1]);
      else return;
      event.preventDefault();
    });
    this.#handle.addEventListener("keyup", ({ key }) => (key.startsWith("Arrow") || key === "Home") && onend());
  }

  #draw(context, width, height) {
    const { line, lineStrong, chosen, field, hatch } = tokens();
    const px = (x) => width / 2 + (x / this.#range) * (width / 2 - INSET_PX);
    const py = (y) => height / 2 - (y / this.#range) * (height / 2 - INSET_PX);
    context.fillStyle = field;
    context.fillRect(0, 0, width, height);
    if (this.#range > POPULATED) this.#extrapolation(context, width, height, px, py, hatch);
    const unit = this.#range > 5 ? 2 : this.#range > 2 ? 1 : 0.5;
    for (let at = -this.#range; at <= this.#range; at += unit) {
      context.fillStyle = at === 0 ? lineStrong : line;
      context.fillRect(Math.round(px(at)), 0, 1, height);
      context.fillRect(0, Math.round(py(at)), width, 1);
    }
    const radius = this.#range > 5 ? 1.6 : this.#range > 2 ? 2.2 : 3;
    context.globalAlpha = 0.85;
    for (const [x, y, colour] of this.#points) {
      context.fillStyle = colour;
      context.beginPath();
      context.arc(px(x - this.#offset[0]), py(y - this.#offset[1]), radius, 0, 2 * Math.PI);
      context.fill();
    }
    context.globalAlpha = 0.45;
    context.fillStyle = chosen;
    context.fillRect(Math.round(px(this.#at[0])), 0, 1, height);
    context.fillRect(0, Math.round(py(this.#at[1])), width, 1);
    context.globalAlpha = 1;
  }

  // Outside the populated square: diagonal hatching.
  #extrapolation(context, width, height, px, py, hatch) {
    context.save();
    context.beginPath();
    context.rect(0, 0, width, height);
    context.rect(px(-POPULATED), py(POPULATED), px(POPULATED) - px(-POPULATED), py(-POPULATED) - py(POPULATED));
    context.clip("evenodd");
    context.strokeStyle = hatch;
    context.beginPath();
    for (let x = -height; x < width; x += 9) {
      context.moveTo(x, height);
      context.lineTo(x + height, 0);
    }
    context.stroke();
    context.restore();
    context.strokeStyle = hatch;
    context.strokeRect(px(-POPULATED), py(POPULATED), px(POPULATED) - px(-POPULATED), py(-POPULATED) - py(POPULATED));
  }
}

function shade(share) {
  const at = clamp(share, 0, 1) * (SHADES.length - 1);
  const low = Math.min(Math.floor(at), SHADES.length - 2);
  const mix = (channel) => Math.round(SHADES[low][channel] + (at - low) * (SHADES[low + 1][channel] - SHADES[low][channel]));
  return `rgb(${mix(0)}, ${mix(1)}, ${mix(2)})`;
}
