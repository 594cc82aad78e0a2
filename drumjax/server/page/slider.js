// Sliders that show and edit a number of the document.

import { LIMITS } from "./kit.js";
import { typed } from "./typing.js";

/** Connects the range input `name` to the document; returns a function that shows the document's value. */
export function sliderOf(store, name, format) {
  const input = document.getElementById(name);
  const output = input.parentElement.querySelector("output");
  Object.assign(input, { min: LIMITS[name].min, max: LIMITS[name].max });
  input.oninput = () => store.edit((doc) => (doc[name] = Number(input.value)), { live: true });
  input.onchange = () => store.commit();
  input.ondblclick = () => store.edit((doc) => (doc[name] = LIMITS[name].initial));
  typed(input, output, input.parentElement.querySelector("span").textContent, (value) => store.edit((doc) => (doc[name] = value)));
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
