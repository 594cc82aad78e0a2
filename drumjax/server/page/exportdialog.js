// The dialog with everything that can be saved, and the pad's own save button, which can be dragged out of the page.

import { download } from "./export.js";
import { engine } from "./local.js";
import { notify } from "./notice.js";

const SERVED = ["flac", "sfz", "decent", "hydrogen"]; // made by a server
const $ = (id) => document.getElementById(id);

/** `exporter`: see `Exporter`; `store`: the document, whose changes make a prepared file old. */
export function showExport(exporter, store) {
  const makers = {
    wav: () => exporter.wav(),
    flac: () => exporter.flac(),
    loop: () => exporter.loop(),
    stems: () => exporter.stems(),
    midi: () => exporter.midi(),
    wavs: () => exporter.wavs(),
    sfz: () => exporter.kit("sfz"),
    decent: () => exporter.kit("decent"),
    hydrogen: () => exporter.kit("hydrogen"),
  };
  const status = $("export-status");
  const buttons = [...$("export").querySelectorAll("[data-save]")];
  for (const button of buttons) {
    button.hidden = engine !== null && SERVED.includes(button.dataset.save);
    button.onclick = async () => {
      buttons.forEach((one) => (one.disabled = true));
      status.textContent = "Rendering …";
      try {
        const file = await makers[button.dataset.save]();
        download(file);
        status.textContent = `Saved ${file.name}.`;
      } catch (error) {
        status.textContent = `Not saved. ${error.message}`;
      } finally {
        buttons.forEach((one) => (one.disabled = false));
      }
    };
  }
  $("open-export").onclick = () => {
    status.textContent = "";
    $("export").showModal();
  };
  $("save-sound").onclick = () =>
    exporter.wav().then(download).catch((error) => notify(`Not saved. ${error.message}`));
  dragOut($("save-sound"), exporter, store);
}

// A drag needs its file at once: it is made when the pointer comes near. Only Chromium's browsers save such a drag.
function dragOut(button, exporter, store) {
  let ready = null;
  const prepare = async () => {
    const file = await exporter.wav().catch(() => null);
    ready = file && { ...file, url: await addressOf(file) };
  };
  button.draggable = true;
  button.onpointerenter = prepare;
  button.ondragstart = (event) => {
    if (!ready) return event.preventDefault();
    event.dataTransfer.effectAllowed = "copy";
    event.dataTransfer.setData("DownloadURL", `${ready.type}:${ready.name}:${ready.url}`);
  };
  store.addEventListener("change", () => (ready = null));
}

// As a data: address, which outlives the page.
function addressOf({ type, bytes }) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(new Blob([bytes], { type }));
  });
}
