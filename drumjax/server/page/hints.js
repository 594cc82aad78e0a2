// First hints: one line beside Play, the next once the user has done what it says, and none from then on.

import { keep, recall } from "./memory.js";

const KEPT = "hinted"; // the number of hints that are done

export function guide(store, sequencer) {
  const line = document.getElementById("hint");
  const [text, close] = line.children;
  const differs = (read, from = JSON.stringify(read())) => () => JSON.stringify(read()) !== from;
  const hints = [
    ["Press Play, or the space bar", () => sequencer.playing],
    ["Drag the point on the map, or press New sound", differs(() => store.pads.map(({ sound }) => sound))],
    ["Click another pad: each drum has its own map", differs(() => store.doc.selected)],
    ["Click steps to draw your beat; hold one for an accent", differs(() => store.doc.banks)],
  ];
  let done = recall(KEPT, Number) ?? (store.resumed || location.hash.length > 1 ? hints.length : 0);

  function show() {
    const before = done;
    while (done < hints.length && hints[done][1]()) done += 1;
    if (done !== before) keep(KEPT, done);
    line.hidden = done >= hints.length;
    text.textContent = hints[done]?.[0] ?? "";
  }
  close.onclick = () => {
    keep(KEPT, (done = hints.length));
    show();
  };
  store.addEventListener("change", show);
  sequencer.addEventListener("state", show);
  show();
}
