// The map: a point among the sounds of a class, each of them a dot. Draws on a canvas; the point is a slider.

import { clamp, RANGES } from "./kit.js";
import { canvasOf, tokens } from "./canvas.js";

const TAP_PX = 4;
const DOT_PX = 9; // a pointer so near to a dot is on it; a finger twice as far
const INSET_PX = 16; // between the ends of the range and the edges, so that the whole point is visible
const OUTLIERS = 0.02; // share of the dots, at each side, that the map may leave out
const SAME_PLACE = 0.02; // standard deviations: a point so near to the dot that was picked last is on it
const NARROWEST = 1; // half of the smallest range
const HOVER_MS = 80; // between two dots that a pointer plays
const SHADES = [[59, 74, 122], [74, 134, 184], [124, 199, 196], [233, 247, 239]]; // dark to bright
const EMPTY = [[-RANGES[0], RANGES[0]], [-RANGES[0], RANGES[0]]];

/**
 * Calls `onmove(x, y)` with knob positions while the point moves and `onend()` when it rests; `onhover(dot)` when the
 * pointer is on another dot, and `onpick(dot)` when one is clicked. With `sens` below 1 a drag moves the point by that
 * share of the distance; at 1, and on a tap, the point moves to the pointer.
 *
 * The map stands still: it shows where the dots are, and farther to all sides with a wider range. The point is at the
 * place of its sound, knobs plus the place of the sound's base.
 */
export class Pad {
  sens = 1;
  dots = false; // whether they can be played
  #surface;
  #handle;
  #drawing;
  #range = RANGES[0];
  #knobs = [0, 0];
  #base = [0, 0];
  #points = [];
  #populated = EMPTY;
  #view = EMPTY;
  #lit = null;
  #picked = 0;
  #grip = null;

  constructor(root, { onmove, onend, onhover, onpick }) {
    this.#surface = root.querySelector("canvas");
    this.#handle = root.querySelector("[role=slider]");
    this.#drawing = canvasOf(this.#surface, (context, width, height) => this.#draw(context, width, height));
    const pick = (dot) => {
      [this.#picked, this.#base] = [dot, this.#points[dot].slice(0, 2)]; // its sound is still to come
      onpick(dot);
    };
    this.#listen(root, onmove, onend, pick);
    this.#hover(root, onhover);
  }

  /** The least and the largest knob position of each axis. */
  get bounds() {
    const limit = RANGES.at(-1);
    return this.#view.map((ends, axis) => ends.map((end) => clamp(end - this.#base[axis], -limit, limit)));
  }

  show([x, y], range) {
    [this.#knobs, this.#range] = [[x, y], range];
    if (!this.#grip) this.#fit();
    const share = ([low, high], at) => `calc(${INSET_PX}px + ${(at - low) / (high - low)} * (100% - ${2 * INSET_PX}px))`;
    const [[left, right], [bottom, top]] = this.#view;
    this.#handle.style.left = share([left, right], x + this.#base[0]);
    this.#handle.style.top = share([top, bottom], y + this.#base[1]);
    [this.#handle.ariaValueMin, this.#handle.ariaValueMax] = this.bounds[0].map((end) => end.toFixed(3));
    this.#handle.ariaValueNow = x;
    this.#handle.ariaValueText = `Across ${x.toFixed(2)}, up ${y.toFixed(2)}`;
    this.#drawing.redraw();
  }

  /** Shows the dots `points`, [x, y, brightness in Hz]; returns the range of colours, Hz. */
  map(points) {
    const [low, high] = quantiles(points.map(([, , hz]) => Math.log(Math.max(hz, 1))), 0.03);
    this.#points = points.map(([x, y, hz]) => [x, y, shade((Math.log(Math.max(hz, 1)) - low) / (high - low || 1))]);
    this.#populated = points.length ? [0, 1].map((axis) => rangeOf(points.map((point) => point[axis]))) : EMPTY;
    [this.#lit, this.#picked] = [null, 0];
    this.show(this.#knobs, this.#range);
    return points.length ? [Math.exp(low), Math.exp(high)] : null;
  }

  /** The place on the map of the point's base, where its knobs stand at 0. */
  set base(place) {
    this.#base = place;
    this.show(this.#knobs, this.#range);
  }

  /** Shows that the sound under the point plays. */
  pulse() {
    this.#handle.classList.remove("pulse");
    void this.#handle.offsetWidth; // restarts the animation
    this.#handle.classList.add("pulse");
  }

  /** Shows which dot plays; null for none. */
  light(dot) {
    this.#lit = dot;
    this.#drawing.redraw();
  }

  #fit() {
    const reach = this.#range > RANGES[0] ? this.#range : 0;
    this.#view = this.#populated.map(([low, high], axis) => {
      const at = this.#knobs[axis] + this.#base[axis];
      return [Math.min(low, -reach, at), Math.max(high, reach, at)];
    });
  }

  #px(x, width) {
    const [left, right] = this.#view[0];
    return INSET_PX + ((x - left) / (right - left)) * (width - 2 * INSET_PX);
  }

  #py(y, height) {
    const [bottom, top] = this.#view[1];
    return INSET_PX + ((top - y) / (top - bottom)) * (height - 2 * INSET_PX);
  }

  // The dot at a pointer; -1 for none.
  #dotAt(event, reach = event.pointerType === "touch" ? 2 * DOT_PX : DOT_PX) {
    const box = this.#surface.getBoundingClientRect();
    let [nearest, least] = [-1, this.dots ? reach : 0];
    this.#points.forEach(([x, y], dot) => {
      const apart = Math.hypot(this.#px(x, box.width) - event.clientX + box.left, this.#py(y, box.height) - event.clientY + box.top);
      if (apart < least) [nearest, least] = [dot, apart];
    });
    return nearest;
  }

  #hover(root, onhover) {
    let [last, timer, newest] = [-1, 0, null];
    const hear = () => {
      timer = 0;
      const dot = !newest || this.#grip || newest.target === this.#handle ? -1 : this.#dotAt(newest);
      root.classList.toggle("on-dot", dot >= 0);
      if (dot === last) return;
      last = dot;
      if (dot < 0) return;
      onhover(dot);
      timer = setTimeout(hear, HOVER_MS);
    };
    root.addEventListener("pointermove", (event) => {
      newest = event.pointerType === "touch" ? null : event;
      if (!timer) hear();
    });
    root.addEventListener("pointerleave", () => (newest = null));
  }

  #listen(root, onmove, onend, onpick) {
    const under = (event) => {
      const box = this.#surface.getBoundingClientRect();
      const place = ([low, high], share) => low + clamp(share, 0, 1) * (high - low);
      const share = (at, size) => (at - INSET_PX) / (size - 2 * INSET_PX);
      const x = place(this.#view[0], share(event.clientX - box.left, box.width));
      const y = place(this.#view[1], 1 - share(event.clientY - box.top, box.height));
      return [x - this.#base[0], y - this.#base[1]];
    };
    const go = (...places) => onmove(...places.map((place, axis) => clamp(place, ...this.bounds[axis])));
    root.addEventListener("pointerdown", (event) => {
      if (event.button || this.#grip) return;
      event.preventDefault();
      root.setPointerCapture(event.pointerId);
      this.#handle.focus({ preventScroll: true });
      const dot = event.target === this.#handle ? -1 : this.#dotAt(event);
      this.#grip = { event, dot, pointer: under(event), point: this.#knobs, moved: false };
      // A finger beside the point may be about to scroll the page.
      if (dot < 0 && this.sens === 1 && event.pointerType !== "touch") go(...this.#grip.pointer);
    });
    root.addEventListener("pointermove", (event) => {
      const grip = this.#grip;
      if (event.pointerId !== grip?.event.pointerId) return;
      const [pointer, { sens }] = [under(event), this];
      grip.moved ||= Math.hypot(event.clientX - grip.event.clientX, event.clientY - grip.event.clientY) > TAP_PX;
      if (!grip.moved) return;
      if (sens === 1) go(...pointer);
      else go(...grip.point.map((start, axis) => start + sens * (pointer[axis] - grip.pointer[axis])));
    });
    const release = (event) => {
      const grip = this.#grip;
      if (event.pointerId !== grip?.event.pointerId) return;
      if (event.type === "pointercancel") go(...grip.point); // it was a scroll
      else if (!grip.moved && grip.dot < 0) go(...grip.pointer);
      this.#grip = null;
      onend();
      if (event.type === "pointerup" && !grip.moved && grip.dot >= 0) onpick(grip.dot);
      else this.show(this.#knobs, this.#range);
    };
    root.addEventListener("pointerup", release);
    root.addEventListener("pointercancel", release);
    root.addEventListener("dblclick", (event) => this.#dotAt(event) < 0 && (go(0, 0), onend()));
    this.#handle.addEventListener("keydown", (event) => {
      const [stepX, stepY] = this.#view.map(([low, high]) => ((high - low) / (event.shiftKey ? 200 : 40)) * this.sens);
      const [x, y] = this.#knobs;
      const moves = { ArrowLeft: [-stepX, 0], ArrowRight: [stepX, 0], ArrowUp: [0, stepY], ArrowDown: [0, -stepY] };
      const ways = { PageUp: 1, PageDown: -1 };
      if (event.key === "Home") go(0, 0);
      else if (moves[event.key]) go(x + moves[event.key][0], y + moves[event.key][1]);
      else if (ways[event.key] && this.dots && this.#points.length) onpick(this.#beside(ways[event.key]));
      else return;
      event.preventDefault();
    });
    this.#handle.addEventListener("keyup", ({ key }) => (key.startsWith("Arrow") || key === "Home") && onend());
  }

  // The next dot to the right of the point, or to the left: in a row of all dots. A sound comes with its place, and the
  // bundle keeps those of the dots coarser: on the dot that was picked last, the row goes on from that dot.
  #beside(way) {
    const row = this.#points.map(([x, y], dot) => ({ x, y, dot })).sort((a, b) => way * (a.x - b.x));
    const [x, y] = this.#knobs.map((knob, axis) => knob + this.#base[axis]);
    const last = row.findIndex(({ dot }) => dot === this.#picked);
    const on = Math.hypot(row[last].x - x, row[last].y - y) < SAME_PLACE;
    return (row[on ? last + 1 : row.findIndex((place) => way * (place.x - x) > 0)] ?? row[0]).dot;
  }

  #draw(context, width, height) {
    const { line, lineStrong, chosen, accent, field, hatch } = tokens();
    const [px, py] = [(x) => this.#px(x, width), (y) => this.#py(y, height)];
    context.fillStyle = field;
    context.fillRect(0, 0, width, height);
    if (this.#range > RANGES[0]) this.#extrapolation(context, width, height, px, py, hatch);
    const [[left, right], [bottom, top]] = this.#view;
    const unit = right - left > 10 ? 2 : right - left > 5 ? 1 : 0.5;
    context.fillStyle = line;
    for (let at = Math.ceil(left / unit) * unit; at <= right; at += unit) context.fillRect(Math.round(px(at)), 0, 1, height);
    for (let at = Math.ceil(bottom / unit) * unit; at <= top; at += unit) context.fillRect(0, Math.round(py(at)), width, 1);
    context.fillStyle = lineStrong;
    context.fillRect(Math.round(px(0)), 0, 1, height);
    context.fillRect(0, Math.round(py(0)), width, 1);
    const radius = this.#range > 5 ? 1.6 : this.#range > 2 ? 2.2 : 3;
    const disc = (x, y, size) => {
      context.beginPath();
      context.arc(px(x), py(y), size, 0, 2 * Math.PI);
      context.fill();
    };
    context.globalAlpha = 0.85;
    for (const [x, y, colour] of this.#points) {
      context.fillStyle = colour;
      disc(x, y, radius);
    }
    context.globalAlpha = 1;
    if (this.#lit !== null) {
      context.fillStyle = accent;
      disc(...this.#points[this.#lit].slice(0, 2), radius + 3);
    }
    context.globalAlpha = 0.45;
    context.fillStyle = chosen;
    context.fillRect(Math.round(px(this.#knobs[0] + this.#base[0])), 0, 1, height);
    context.fillRect(0, Math.round(py(this.#knobs[1] + this.#base[1])), width, 1);
    context.globalAlpha = 1;
  }

  // Around the dots: diagonal hatching.
  #extrapolation(context, width, height, px, py, hatch) {
    const [[left, right], [bottom, top]] = this.#populated;
    const square = [px(left), py(top), px(right) - px(left), py(bottom) - py(top)];
    context.save();
    context.beginPath();
    context.rect(0, 0, width, height);
    context.rect(...square);
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
    context.strokeRect(...square);
  }
}

function quantiles(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const last = sorted.length - 1;
  return [sorted[Math.floor(share * last)], sorted[Math.ceil((1 - share) * last)]];
}

// Where nearly all values are, and 0, the place of the typical sound.
function rangeOf(values) {
  const [low, high] = quantiles([...values], OUTLIERS);
  const [least, most] = [Math.min(low, 0), Math.max(high, 0)];
  const margin = Math.max(0.05 * (most - least), NARROWEST - (most - least) / 2);
  return [least - margin, most + margin];
}

/** A colour between dark and bright, 0 to 1. */
export function shade(share) {
  const at = clamp(share, 0, 1) * (SHADES.length - 1);
  const low = Math.min(Math.floor(at), SHADES.length - 2);
  const mix = (channel) => Math.round(SHADES[low][channel] + (at - low) * (SHADES[low + 1][channel] - SHADES[low][channel]));
  return `rgb(${mix(0)}, ${mix(1)}, ${mix(2)})`;
}
