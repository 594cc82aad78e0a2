// The dialog that connects MIDI devices, assigns controllers to knobs and sets the velocity curve.

const $ = (id) => document.getElementById(id);
const LABELS = { x: "Across", y: "Up", fine: "Knob" };

export function showMidi(midi) {
  const rows = Object.entries(LABELS).map(([knob, label]) => {
    const row = document.createElement("li");
    const number = document.createElement("span");
    const learn = Object.assign(document.createElement("button"), { className: "plain", ariaLabel: `Learn ${label}` });
    learn.onclick = () => midi.learn(knob);
    row.append(label, number, learn);
    return { knob, row, number, learn };
  });
  $("midi-controls").append(...rows.map(({ row }) => row));

  function show() {
    $("midi-curve").value = midi.settings.curve;
    for (const { knob, number, learn } of rows) {
      number.textContent = `CC ${midi.settings.controllers[knob]}`;
      learn.textContent = midi.learning === knob ? "Move it …" : "Learn";
      learn.ariaPressed = midi.learning === knob;
    }
    if (!midi.devices) return;
    const names = midi.devices.map(({ name }) => name).join(", ");
    $("midi-connect").hidden = true;
    $("midi-status").textContent = names ? `Connected: ${names}.` : "No MIDI device found. A device that you plug in is connected automatically.";
  }

  $("open-midi").onclick = () => $("midi").showModal();
  $("midi-curve").onchange = ({ target }) => midi.set({ curve: target.value });
  $("midi-connect").onclick = () => midi.open().catch((error) => ($("midi-status").textContent = error.message));
  midi.addEventListener("change", show);
  show();
}
