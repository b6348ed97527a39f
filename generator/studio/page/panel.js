// The lists beside the canvas: notes, objects and cells, each with what can be changed of it.

import {
  alter, cells, choose, complaintsOf, mergeCell, objects, reorder, setExtra, splitCell, state,
} from "./document.js";
import { $, make } from "./dom.js";
import { duplicate, move, remove, rename, upload } from "./edits.js";
import { colorOf } from "./stage.js";

const SIDES = { x: "Left %", y: "Top %", width: "Width %", height: "Height %" };

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

function button(text, name, onclick) {
  const named = { ariaLabel: name, title: name };
  return make("button", { type: "button", className: "icon", textContent: text, onclick, ...named });
}

// A line with an entry's number, a field for its words, and what stands after that.
function line(number, color, words, ...after) {
  const mark = make("span", { className: "mark", textContent: number });
  mark.style.background = color;
  return make("div", { className: "line" }, mark, make("input", words), ...after);
}

// A field for a number; `on` gets it, or null where the field is empty.
function field(id, value, properties, on) {
  const onchange = ({ target }) => on(target.value === "" ? null : Number(target.value));
  return make("input", { id, type: "number", value: value ?? "", ...properties, onchange });
}

const label = (text, ...fields) => make("label", {}, text, ...fields);

function objectItem(item, number) {
  const words = { id: `object-${number}`, value: item.prompt, ariaLabel: `What object ${number} is` };
  words.onfocus = () => choose(number);
  words.onchange = ({ target }) => rename(number, target.value);
  const away = button("✕", `Remove object ${number}`, () => remove(number));
  const wrong = complaintsOf(number).map((one) => make("small", { className: one.severity, textContent: one.message }));
  const entry = make("li", { className: "item" }, line(number, colorOf(number), words, away), ...wrong);
  if (number !== state.chosen) return entry;
  entry.classList.add("chosen");
  entry.append(objectDetails(item, number));
  return entry;
}

function objectDetails(item, number) {
  const sides = Object.entries(SIDES).map(([side, text]) => {
    const percent = Math.round(item.box[side] * 1000) / 10;
    const to = (value) => move(number, (box) => ({ ...box, [side]: value / 100 }));
    return label(text, field(`object-${number}-${side}`, percent, { min: 0, max: 100, step: "any" }, to));
  });
  const limits = { min: 0, max: 200, placeholder: "all" };
  const bind = (value) => setExtra(item, "hard_binding_steps", value);
  const steps = field(`object-${number}-steps`, item.hard_binding_steps, limits, bind);
  return make(
    "div", { className: "more" }, ...sides, label("Binding steps", steps), pictureField(item, number),
    button("Duplicate", `Duplicate object ${number}`, () => duplicate(number)),
    button("Back", `Paint object ${number} earlier`, () => reorder(number, -1)),
    button("Front", `Paint object ${number} later`, () => reorder(number, 1)),
  );
}

function pictureField(item, number) {
  const onchange = ({ target }) => upload(number, target.files[0]);
  const file = make("input", { type: "file", accept: "image/*", id: `object-${number}-picture`, onchange });
  if (!item.image) return label("Picture", file);
  const away = button("✕", `No picture for object ${number}`, () => setExtra(item, "image", null));
  return label(`Picture (${item.image.kind})`, file, away);
}

function cellItem(cell, number) {
  const words = { id: `cell-${number}`, value: cell.prompt, ariaLabel: `Prompt of cell ${number}` };
  words.onchange = ({ target }) => alter(() => Object.assign(cell, { prompt: target.value }));
  const limits = { min: 0, max: 1, step: 0.05, placeholder: "as all" };
  const refine = (value) => setExtra(cell, "refinement_strength", value);
  return make(
    "li", { className: "item" }, line(number, "#566270", words),
    make(
      "div", { className: "more" },
      label("Strength", field(`cell-${number}-strength`, cell.refinement_strength, limits, refine)),
      button("⇔ split", `Split cell ${number} in two side by side`, () => splitCell(number, true)),
      button("⇕ split", `Split the row of cell ${number} in two`, () => splitCell(number, false)),
      button("merge", `Merge cell ${number} with the next`, () => mergeCell(number)),
    ),
  );
}
