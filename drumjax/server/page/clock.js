// A worker that ticks: browsers slow the timers of a hidden page down to one tick a second. It waits for the answer to a
// tick, so that none pile up where the page is busy.
const TICK_MS = 25;
let waiting = false;
onmessage = () => (waiting = false);
setInterval(() => {
  if (waiting) return;
  waiting = true;
  postMessage(0);
}, TICK_MS);
