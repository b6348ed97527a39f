// The canvas: boxes and cells as SVG, each box a thing that keyboard and screen reader find; pictures behind them.

import {
  cellRects, changed, complaintsOf, grid, moveBorder, moved, objects, remember, state,
} from "./document.js";

const SVG = "http://www.w3.org/2000/svg";
export const COLORS = ["#1864ab", "#c92a2a", "#2b8a3e", "#d9480f", "#862e9c", "#0b7285", "#5c940d", "#a61e4d"];
export const colorOf = (number) => COLORS[number % COLORS.length];
const svg = document.querySelector("#layout");
const stage = document.querySelector("#stage");
const HANDLES = { nw: [0, 0], ne: [1, 0], sw: [0, 1], se: [1, 1] };
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export const view = { mode: "boxes", boxes: true };
let drag = null;
let actions = null; // what the page does when a box was moved or is to be removed

export function begin(given) {
  actions = given;
  svg.addEventListener("pointerdown", grab);
  svg.addEventListener("pointermove", pull);
  svg.addEventListener("pointerup", drop);
  svg.addEventListener("pointercancel", drop);
  svg.addEventListener("keydown", press);
}

function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
}

export function draw() {
  const focused = document.activeElement?.dataset?.key;
  const [width, height] = state.size;
  stage.style.aspectRatio = `${width} / ${height}`;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren();
  document.querySelector("#empty").hidden = state.plan !== null;
  if (!state.plan || (!view.boxes && view.mode !== "cells")) return;
  drawCells(width, height);
  if (view.boxes) objects().forEach((item, number) => drawBox(item, number, width, height));
  if (view.boxes && state.review) drawReview(width, height);
  if (view.mode === "cells") drawBorders(width, height);
  if (focused) svg.querySelector(`[data-key="${focused}"]`)?.focus();
}

function drawCells(width, height) {
  for (const rect of cellRects()) {
    const place = { x: rect.x * width, y: rect.y * height, width: rect.width * width, height: rect.height * height };
    element("rect", { class: "cell", ...place }, svg);
  }
}

function drawBox(item, number, width, height) {
  const box = item.box;
  const color = colorOf(number);
  const wrong = complaintsOf(number);
  const name = item.prompt || "a picture";
  const place = { x: box.x * width, y: box.y * height, width: box.width * width, height: box.height * height };
  const classes = ["box", number === state.chosen && "chosen", kindOf(wrong)].filter(Boolean).join(" ");
  const group = element("g", { class: classes, tabindex: 0, role: "button", "data-number": number, "data-key": `o${number}` }, svg);
  group.setAttribute("aria-label", label(name, number, box, wrong));
  if (number === state.chosen) group.setAttribute("aria-current", "true");
  element("rect", { class: "area", fill: color, stroke: color, ...place }, group);
  const size = Math.max(width, height) / 36;
  const text = element("text", { x: place.x + size / 2, y: place.y + size * 1.3, fill: color }, group);
  text.style.fontSize = `${size}px`;
  text.style.strokeWidth = `${size / 4}px`;
  text.textContent = `${number} ${name}`;
  if (wrong.length) element("title", {}, group).textContent = wrong.map((one) => one.message).join("\n");
  const side = Math.max(width, height) / 45;
  for (const [handle, [x, y]] of Object.entries(HANDLES)) {
    const at = { x: place.x + x * place.width - side / 2, y: place.y + y * place.height - side / 2, width: side, height: side };
    element("rect", { class: "handle", "data-handle": handle, stroke: color, ...at }, group);
  }
}

// What a reviewer saw: where each object stands and whether it is right, and what the plan does not have.
function drawReview(width, height) {
  const findings = state.review.findings.filter((one) => one.box);
  for (const one of findings) seen(one.box, one.right ? "right" : "amiss", one.right ? "✓" : `✗ ${one.verdict}`, width, height);
  for (const one of state.review.strays) seen(one.box, "amiss", `✗ ${one.what}, not in the plan`, width, height);
}

function seen(box, kind, words, width, height) {
  const place = { x: box.x * width, y: box.y * height, width: box.width * width, height: box.height * height };
  element("rect", { class: `seen ${kind}`, ...place }, svg);
  const size = Math.max(width, height) / 40;
  const text = element("text", { class: `seen ${kind}`, x: place.x + size / 3, y: place.y + place.height - size / 2 }, svg);
  text.style.fontSize = `${size}px`;
  text.style.strokeWidth = `${size / 4}px`;
  text.textContent = words;
}

const kindOf = (wrong) => wrong.some((one) => one.severity === "error") ? "wrong" : wrong.length && "doubtful";

function label(name, number, box, wrong) {
  const percent = (value) => `${Math.round(value * 100)} percent`;
  const where = `left ${percent(box.x)}, top ${percent(box.y)}, ${percent(box.width)} wide, ${percent(box.height)} high`;
  const what = wrong.length ? `. Look: ${wrong.map((one) => one.message).join(" ")}` : "";
  return `Object ${number}, ${name}: ${where}${what}. Arrow keys move it, with Shift they resize it, Delete removes it.`;
}

function drawBorders(width, height) {
  const rects = cellRects();
  for (const one of rects) {
    const row = state.plan.rows[one.r];
    if (one.c + 1 < row.cells.length) {
      const x = (one.x + one.width) * width;
      border({ x1: x, x2: x, y1: one.y * height, y2: (one.y + one.height) * height }, one.r, one.c);
    }
    if (one.c === 0 && one.r + 1 < state.plan.rows.length) {
      const y = (one.y + one.height) * height;
      border({ x1: 0, x2: width, y1: y, y2: y }, one.r, null);
    }
  }
}

function border(line, r, c) {
  const kind = c === null ? "border row" : "border";
  const name = c === null ? `Border below row ${r}` : `Border right of cell ${c} in row ${r}`;
  const key = `b${r}-${c ?? "row"}`;
  const made = element("line", { class: kind, tabindex: 0, role: "slider", "data-key": key, ...line }, svg);
  made.setAttribute("aria-label", `${name}; arrow keys move it`);
  const rect = cellRects().find((one) => one.r === r && (c === null || one.c === c));
  const value = c === null ? rect.y + rect.height : rect.x + rect.width;
  for (const [part, number] of [["valuenow", value * 100], ["valuemin", 0], ["valuemax", 100]]) {
    made.setAttribute(`aria-${part}`, Math.round(number));
  }
  made.dataset.row = r;
  if (c !== null) made.dataset.column = c;
}

// A pointer's place in fractions of the canvas.
export function point(event) {
  const rect = stage.getBoundingClientRect();
  return [(event.clientX - rect.left) / rect.width, (event.clientY - rect.top) / rect.height];
}

function grab(event) {
  const [at, line] = [event.target.closest(".box"), event.target.closest(".border")];
  if (!at && !line) {
    choose(-1);
    return;
  }
  event.preventDefault();
  svg.setPointerCapture(event.pointerId);
  const before = JSON.stringify(state.plan);
  if (line) {
    const { row, column } = line.dataset;
    drag = { row: Number(row), column: column === undefined ? null : Number(column), from: point(event), before };
    return;
  }
  const number = Number(at.dataset.number);
  drag = { number, handle: event.target.dataset.handle, from: point(event), box: { ...objects()[number].box }, before };
  choose(number);
  svg.querySelector(`[data-number="${number}"]`)?.focus();
}

let waiting = null;

function pull(event) {
  if (!drag) return;
  const to = point(event);
  waiting ??= requestAnimationFrame(() => {
    waiting = null;
    if (!drag) return;
    const [dx, dy] = [to[0] - drag.from[0], to[1] - drag.from[1]];
    if (drag.number === undefined) {
      state.plan = JSON.parse(drag.before);
      moveBorder(drag.row, drag.column, drag.column === null ? dy : dx);
    } else {
      objects()[drag.number].box = moved(drag.box, drag.handle, dx, dy);
    }
    changed("drag");
  });
}

function drop() {
  if (!drag) return;
  const ended = drag;
  drag = null;
  const now = JSON.stringify(state.plan);
  if (now === ended.before) return;
  if (ended.number === undefined) {
    state.plan = JSON.parse(ended.before);
    remember();
    state.plan = JSON.parse(now);
    changed();
    return;
  }
  const box = { ...objects()[ended.number].box };
  state.plan = JSON.parse(ended.before);
  actions.move(ended.number, box);
}

function press(event) {
  const step = KEYS[event.key];
  const line = event.target.closest(".border");
  if (line && step) {
    event.preventDefault();
    remember();
    const column = line.dataset.column === undefined ? null : Number(line.dataset.column);
    const [across, down] = grid();
    moveBorder(Number(line.dataset.row), column, column === null ? step[1] / down : step[0] / across);
    changed();
    return;
  }
  const at = event.target.closest(".box");
  if (!at) return;
  const number = Number(at.dataset.number);
  if (step) {
    event.preventDefault();
    const [across, down] = grid();
    actions.move(number, moved(objects()[number].box, event.shiftKey ? "se" : "", step[0] / across, step[1] / down));
  } else if (event.key === "Delete" || event.key === "Backspace") {
    event.preventDefault();
    actions.remove(number);
  } else if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    choose(number);
    document.querySelector(`#object-${number}`)?.focus();
  }
}

export function choose(number) {
  if (state.chosen === number) return;
  state.chosen = number;
  changed("choice");
}

