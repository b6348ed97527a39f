// The canvas: boxes and cells as SVG, each box a thing that keyboard and screen reader find; pictures behind them.

import {
  alter, cellRects, changed, choose, complaintsOf, grid, moveBorder, moved, objects, state,
} from "./document.js";
import { $ } from "./dom.js";
import { move, remove } from "./edits.js";

const COLORS = ["#1864ab", "#c92a2a", "#2b8a3e", "#d9480f", "#862e9c", "#0b7285", "#5c940d", "#a61e4d"];
export const colorOf = (number) => COLORS[number % COLORS.length];
const [svg, stage] = [$("#layout"), $("#stage")];
const HANDLES = { nw: [0, 0], ne: [1, 0], sw: [0, 1], se: [1, 1] };
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

Object.assign(svg, { onpointerdown: grab, onpointermove: pull, onpointerup: drop, onpointercancel: drop });
svg.onkeydown = press;

function element(name, attributes, parent = svg) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

function write(words, size, attributes, parent) {
  element("text", { "font-size": size, "stroke-width": size / 4, ...attributes }, parent).textContent = words;
}

function inPixels({ x, y, width, height }) {
  const [across, down] = state.size;
  return { x: x * across, y: y * down, width: width * across, height: height * down };
}

export function draw() {
  const focused = document.activeElement?.dataset?.key;
  const [width, height] = state.size;
  stage.style.aspectRatio = `${width} / ${height}`;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren();
  $("#empty").hidden = state.plan !== null;
  const boxes = $("#show-boxes").checked;
  if (!state.plan || (!boxes && state.mode !== "cells")) return;
  for (const rect of cellRects()) element("rect", { class: "cell", ...inPixels(rect) });
  if (boxes) objects().forEach(drawBox);
  if (boxes && state.review) drawReview();
  if (state.mode === "cells") cellRects().forEach(drawBorders);
  if (focused) svg.querySelector(`[data-key="${focused}"]`)?.focus();
}

function drawBox(item, number) {
  const [color, wrong, place] = [colorOf(number), complaintsOf(number), inPixels(item.box)];
  const name = item.prompt || "a picture";
  const kind = wrong.some((one) => one.severity === "error") ? "wrong" : wrong.length ? "doubtful" : "";
  const group = element("g", {
    class: `box ${number === state.chosen ? "chosen" : ""} ${kind}`, tabindex: 0, role: "button",
    "data-number": number, "data-key": `o${number}`, "aria-label": label(name, number, item.box, wrong),
    "aria-current": number === state.chosen,
  });
  element("rect", { class: "area", fill: color, stroke: color, ...place }, group);
  const longest = Math.max(...state.size);
  const [size, side] = [longest / 36, longest / 45];
  write(`${number} ${name}`, size, { x: place.x + size / 2, y: place.y + size * 1.3, fill: color }, group);
  if (wrong.length) element("title", {}, group).textContent = wrong.map((one) => one.message).join("\n");
  for (const [handle, [right, low]] of Object.entries(HANDLES)) {
    const [x, y] = [place.x + right * place.width - side / 2, place.y + low * place.height - side / 2];
    element("rect", { class: "handle", "data-handle": handle, stroke: color, x, y, width: side, height: side }, group);
  }
}

function label(name, number, box, wrong) {
  const percent = (value) => `${Math.round(value * 100)} percent`;
  const place = `left ${percent(box.x)}, top ${percent(box.y)}, ${percent(box.width)} wide, ${percent(box.height)} high`;
  const look = wrong.length ? `. Look: ${wrong.map((one) => one.message).join(" ")}` : "";
  return `Object ${number}, ${name}: ${place}${look}. Arrow keys move it, with Shift they resize it, Delete removes it.`;
}

// What a reviewer saw: where each object stands and whether it is right, and what the plan does not have.
function drawReview() {
  const findings = state.review.findings.filter((one) => one.box);
  for (const one of findings) drawSeen(one.box, one.right, one.right ? "✓" : `✗ ${one.verdict}`);
  for (const one of state.review.strays) drawSeen(one.box, false, `✗ ${one.what}, not in the plan`);
}

function drawSeen(box, right, words) {
  const kind = right ? "seen right" : "seen amiss";
  const [place, size] = [inPixels(box), Math.max(...state.size) / 40];
  element("rect", { class: kind, ...place });
  write(words, size, { class: kind, x: place.x + size / 3, y: place.y + place.height - size / 2 });
}

// The borders right of a cell and, once a row, below it.
function drawBorders(rect) {
  const { r, c } = rect;
  const { x, y, width, height } = inPixels(rect);
  const [right, bottom] = [x + width, y + height];
  if (c + 1 < state.plan.rows[r].cells.length) {
    const name = `Border right of cell ${c} in row ${r}`;
    drawBorder("border", name, rect.x + rect.width, [r, c], { x1: right, x2: right, y1: y, y2: bottom });
  }
  if (c === 0 && r + 1 < state.plan.rows.length) {
    const across = { x1: 0, x2: state.size[0], y1: bottom, y2: bottom };
    drawBorder("border row", `Border below row ${r}`, rect.y + rect.height, [r, ""], across);
  }
}

function drawBorder(kind, name, at, [row, column], line) {
  element("line", {
    class: kind, tabindex: 0, role: "slider", "data-row": row, "data-column": column, "data-key": `b${row}-${column}`,
    "aria-label": `${name}; arrow keys move it`, "aria-valuenow": Math.round(at * 100), "aria-valuemin": 0,
    "aria-valuemax": 100, ...line,
  });
}

// What moves a border by shares of the canvas.
function mover({ dataset: { row, column } }) {
  return (dx, dy) => (column === "" ? moveBorder(Number(row), null, dy) : moveBorder(Number(row), Number(column), dx));
}

// A pointer's place in fractions of the canvas.
export function point(event) {
  const rect = stage.getBoundingClientRect();
  return [(event.clientX - rect.left) / rect.width, (event.clientY - rect.top) / rect.height];
}

// What is dragged: a part of the plan, as it was (`before`), what moving does to it, and what is done at the end.
let drag = null;

function grab(event) {
  const [at, line] = [event.target.closest(".box"), event.target.closest(".border")];
  const number = at ? Number(at.dataset.number) : -1;
  if (!line) choose(number);
  if (!at && !line) return;
  event.preventDefault();
  svg.setPointerCapture(event.pointerId);
  if (at) svg.querySelector(`[data-number="${number}"]`)?.focus();
  drag = line ? border(line) : corner(number, event.target.dataset.handle);
  drag.from = point(event);
  drag.before = JSON.stringify(drag.of()[drag.part]);
}

const border = (line) => ({
  of: () => state.plan,
  part: "rows",
  by: mover(line),
  keep: (rows) => alter((plan) => Object.assign(plan, { rows })),
});

const corner = (number, handle) => ({
  of: () => objects()[number],
  part: "box",
  by: (dx, dy) => (objects()[number].box = moved(objects()[number].box, handle, dx, dy)),
  keep: (box) => move(number, () => box),
});

const restore = ({ of, part, before }) => (of()[part] = JSON.parse(before));

// Browsers send one of these events a frame.
function pull(event) {
  if (!drag) return;
  const [x, y] = point(event);
  restore(drag);
  drag.by(x - drag.from[0], y - drag.from[1]);
  changed("drag");
}

function drop() {
  if (!drag) return;
  const now = drag.of()[drag.part];
  restore(drag);
  if (JSON.stringify(now) !== drag.before) drag.keep(now);
  drag = null;
}

function press(event) {
  const [at, line, step] = [event.target.closest(".box"), event.target.closest(".border"), KEYS[event.key]];
  const number = Number(at?.dataset.number);
  const by = step && [step[0] / grid()[0], step[1] / grid()[1]];
  if (line && step) alter(() => mover(line)(...by));
  else if (at && step) move(number, (box) => moved(box, event.shiftKey ? "se" : "", ...by));
  else if (at && ["Delete", "Backspace"].includes(event.key)) remove(number);
  else if (at && ["Enter", " "].includes(event.key)) {
    choose(number);
    $(`#object-${number}`)?.focus();
  } else return;
  event.preventDefault();
}
