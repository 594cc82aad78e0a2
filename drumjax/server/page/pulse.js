// A MIDI clock as it arrives: 24 ticks a quarter note, each a millisecond early or late.

export const TICKS = 24; // of a quarter note
const PAUSE_S = 0.5; // a longer gap is a clock that was halted

export class Pulse {
  ticks = -1; // the number of the last tick
  #times = []; // of the last ticks, up to a quarter note

  /** A tick came at `time`, s. */
  add(time) {
    if (time - this.#times.at(-1) > PAUSE_S) this.#times = [];
    this.#times = [...this.#times, time].slice(-TICKS - 1);
    this.ticks += 1;
  }

  /** Seconds between two ticks; null before the second one. */
  get period() {
    const gaps = this.#times.length - 1;
    return gaps > 0 ? (this.#times.at(-1) - this.#times[0]) / gaps : null;
  }

  /** Beats per minute, once a whole quarter note is known; else null. */
  get tempo() {
    return this.#times.length > TICKS ? 60 / (TICKS * this.period) : null;
  }

  /** When the tick of a number comes, averaged over the last ones; `period` where the clock's own is unknown yet. */
  timeOf(tick, period) {
    const times = this.#times;
    const middle = this.ticks - (times.length - 1) / 2;
    return times.reduce((sum, time) => sum + time, 0) / times.length + (tick - middle) * (this.period ?? period);
  }
}
