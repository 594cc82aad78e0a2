// A worker that ticks: browsers slow the timers of a hidden page down to one tick a second.
const TICK_MS = 25;
setInterval(() => postMessage(0), TICK_MS);
