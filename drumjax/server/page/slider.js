// Sliders that show and edit a number of the document.

import { LIMITS } from "./kit.js";
import { type } from "./typing.js";

/** Connects the range input `name` to the document; returns a function that shows the document's value. */
export function sliderOf(store, name, format) {
  const input = document.getElementById(name);
  const output = input.parentElement.querySelector("output");
  const { min, max, initial, unit } = LIMITS[name];
  const set = (value) => store.edit((doc) => (doc[name] = Math.round(value)));
  Object.assign(input, { min, max });
  input.oninput = () => store.edit((doc) => (doc[name] = Number(input.value)), { live: true });
  input.onchange = () => store.commit();
  input.ondblclick = () => set(initial);
  const open = (event) => {
    event.preventDefault();
    const title = input.parentElement.querySelector("span").textContent;
    type(output, { name: title, unit, min, max, value: store.doc[name], initial, set, tapped: name === "tempo" });
  };
  output.title = "Click to type a value";
  output.onclick = open;
  input.addEventListener("keydown", (event) => event.key === "Enter" && open(event));
  return () => {
    input.value = store.doc[name];
    output.textContent = format(store.doc[name]);
    input.ariaValueText = output.textContent;
    fill(input);
  };
}

/** Colours a slider's track up to its thumb. */
export function fill(input) {
  input.style.setProperty("--share", `${(100 * (input.value - input.min)) / (input.max - input.min)}%`);
}
