// Downloads: the selected sound as a WAV, the kit as a zip. The server makes the files; the browser saves them.

const LONGEST_MS = 30_000;
const FORMAT = { bits: 24 }; // at 44,100 Hz, a file of the user's at its own rate

export function saveSound({ sound, crop, level }) {
  return save("/export.wav", { sound, crop, gain: level, ...FORMAT }, `${sound.class}.wav`);
}

export function saveKit(pads) {
  const sounds = pads.map(({ sound, crop, level }) => ({ sound, crop, gain: level, name: sound.class }));
  return save("/kit.zip", { sounds, ...FORMAT }, "kit.zip");
}

async function save(path, body, name) {
  const headers = { "content-type": "application/json" };
  const signal = AbortSignal.timeout(LONGEST_MS);
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal }).catch(({ name }) => {
    throw new Error(name === "TimeoutError" ? "The server does not answer." : "Server not reachable.");
  });
  if (!answer.ok) throw new Error((await answer.text()) || `The server answered ${answer.status}.`);
  const link = Object.assign(document.createElement("a"), { download: name });
  link.href = URL.createObjectURL(await answer.blob());
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
