// A worker that ticks: a hidden page's own timers are slowed down to one a second.
const TICK_MS = 25;
setInterval(() => postMessage(0), TICK_MS);
