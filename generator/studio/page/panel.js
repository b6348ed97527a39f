// The lists beside the canvas: notes, objects and cells, each with what can be changed of it.

import {
  cells, changed, complaintsOf, mergeCell, objects, remember, reorder, setExtra, splitCell, state,
} from "./document.js";
import { choose, colorOf } from "./stage.js";

const $ = (selector) => document.querySelector(selector);
let actions = null;

export function begin(given) {
  actions = given;
}

export function draw() {
  const focused = document.activeElement?.id;
  drawNotes();
  $("#objects").replaceChildren(...objects().map(objectItem));
  $("#cells").replaceChildren(...cells().map(cellItem));
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
}

export function drawNotes() {
  const whole = state.complaints.map((one) => make("li", { className: one.severity, textContent: one.message }));
  $("#notes").replaceChildren(...state.notes.map((text) => make("li", { textContent: text })), ...whole);
}

export function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function button(text, name, onclick) {
  const made = make("button", { type: "button", className: "icon", textContent: text, onclick });
  made.setAttribute("aria-label", name);
  made.title = name;
  return made;
}

function objectItem(item, number) {
  const mark = make("span", { className: "mark", textContent: number });
  mark.style.background = colorOf(number);
  const words = make("input", { id: `object-${number}`, value: item.prompt });
  words.setAttribute("aria-label", `What object ${number} is`);
  words.onfocus = () => choose(number);
  words.onchange = () => actions.rename(number, words.value);
  const line = make("div", { className: "line" }, mark, words, button("✕", `Remove object ${number}`, () => actions.remove(number)));
  const entry = make("li", { className: number === state.chosen ? "item chosen" : "item" }, line);
  for (const one of complaintsOf(number)) entry.append(make("small", { className: one.severity, textContent: one.message }));
  if (number === state.chosen) entry.append(objectDetails(item, number));
  return entry;
}

function objectDetails(item, number) {
  const more = make("div", { className: "more" });
  for (const [name, text] of [["x", "Left %"], ["y", "Top %"], ["width", "Width %"], ["height", "Height %"]]) {
    const input = field(`object-${number}-${name}`, Math.round(item.box[name] * 1000) / 10, { min: 0, max: 100, step: "any" });
    input.onchange = () => actions.move(number, { ...item.box, [name]: Number(input.value) / 100 });
    more.append(make("label", {}, text, input));
  }
  const steps = field(`object-${number}-steps`, item.hard_binding_steps ?? "", { min: 0, max: 200, placeholder: "all" });
  steps.onchange = () => setExtra(item, "hard_binding_steps", steps.value === "" ? null : Number(steps.value));
  more.append(make("label", { className: "two" }, "Binding steps", steps), pictureField(item, number));
  more.append(
    button("Duplicate", `Duplicate object ${number}`, () => actions.duplicate(number)),
    button("Back", `Paint object ${number} earlier`, () => reorder(number, -1)),
    button("Front", `Paint object ${number} later`, () => reorder(number, 1)),
  );
  return more;
}

function field(id, value, more) {
  return make("input", { id, type: "number", value, ...more });
}

function pictureField(item, number) {
  const file = make("input", { type: "file", accept: "image/*", id: `object-${number}-picture` });
  file.onchange = () => actions.upload(number, file.files[0]);
  const words = item.image ? `Picture (${item.image.kind})` : "Picture";
  const label = make("label", { className: "two" }, words, file);
  if (item.image) label.append(button("✕", `No picture for object ${number}`, () => setExtra(item, "image", null)));
  return label;
}

function cellItem(cell, number) {
  const words = make("input", { id: `cell-${number}`, value: cell.prompt });
  words.setAttribute("aria-label", `Prompt of cell ${number}`);
  words.onchange = () => {
    remember();
    cell.prompt = words.value;
    changed();
  };
  const strength = field(`cell-${number}-strength`, cell.refinement_strength ?? "", { min: 0, max: 1, step: 0.05, placeholder: "as all" });
  strength.onchange = () => setExtra(cell, "refinement_strength", strength.value === "" ? null : Number(strength.value));
  const more = make("div", { className: "more" }, make("label", {}, "Strength", strength));
  more.append(
    button("⇔ split", `Split cell ${number} in two side by side`, () => splitCell(number, true)),
    button("⇕ split", `Split the row of cell ${number} in two`, () => splitCell(number, false)),
    button("merge", `Merge cell ${number} with the next`, () => mergeCell(number)),
  );
  const mark = make("span", { className: "mark", textContent: number });
  mark.style.background = "#566270";
  return make("li", { className: "item" }, make("div", { className: "line" }, mark, words), more);
}
