// The plan as a document: what is chosen, undo and redo, and the geometry of boxes and cells. No DOM.

export const state = {
  mode: "boxes", // what the pointer does: "boxes", "cells" or "brush"
  plan: null, // the plan's JSON, as the command line reads it
  size: [256, 256], // px
  chosen: -1, // an object's number
  complaints: [],
  notes: [],
  picture: null, // the id of the picture that is shown
  parent: null, // the id of the one that it was repainted from
  marked: new Set(), // tokens under the brush
  review: null, // what was seen in the picture
};

export const past = []; // plans, as JSON
export const future = []; // those that were undone
const listeners = [];

export const onChange = (listener) => listeners.push(listener);
export const changed = (what = "plan") => listeners.forEach((listener) => listener(what));
export const grid = () => state.size.map((px) => px / 16); // tokens
export const objects = () => state.plan?.objects ?? [];
export const cells = () => (state.plan?.rows ?? []).flatMap((row) => row.cells);

export function remember() {
  past.push(JSON.stringify(state.plan));
  if (past.length > 200) past.shift();
  future.length = 0;
}

// Changes the plan at once, so that it can be undone.
export function alter(change) {
  remember();
  change(state.plan);
  changed();
}

function step(from, to) {
  if (!from.length) return;
  to.push(JSON.stringify(state.plan));
  state.plan = JSON.parse(from.pop());
  state.chosen = Math.min(state.chosen, objects().length - 1);
  changed();
}

export const undo = () => step(past, future);
export const redo = () => step(future, past);

export function choose(number) {
  if (state.chosen === number) return;
  state.chosen = number;
  changed("choice");
}

// Another plan than before: what was done to that one is not undone any more.
export function open(values) {
  past.length = future.length = 0;
  state.chosen = -1;
  show(values);
}

// What the server made of a plan.
export function show(values) {
  state.plan = values.plan;
  state.size = [values.width, values.height];
  state.complaints = values.complaints ?? [];
  state.notes = values.notes ?? [];
  state.review = values.review ?? null;
  state.chosen = Math.min(state.chosen, objects().length - 1);
  state.marked.clear();
  changed();
}

// A key of plan version 2 needs its number; null takes the key away.
export function setExtra(target, name, value) {
  alter((plan) => {
    target[name] = value;
    if (value === null) delete target[name];
    else plan.version = 2;
  });
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const snapped = (value, tokens) => Math.round(value * tokens) / tokens;

// The box after its corner, or the whole of it, was moved by (dx, dy), on the token grid and inside the canvas.
export function moved(box, corner, dx, dy) {
  const [x, width] = movedAlong(box.x, box.width, dx, grid()[0], corner && (corner.includes("w") ? "start" : "end"));
  const [y, height] = movedAlong(box.y, box.height, dy, grid()[1], corner && (corner.includes("n") ? "start" : "end"));
  return { x, y, width, height };
}

function movedAlong(start, length, by, tokens, which) {
  const [end, least] = [start + length, 2 / tokens];
  if (!which) return [clamp(snapped(start + by, tokens), 0, Math.max(0, 1 - length)), length];
  if (which === "end") return [start, clamp(snapped(end + by, tokens), start + least, 1) - start];
  const first = clamp(snapped(start + by, tokens), 0, end - least);
  return [first, end - first];
}

// Cells as rectangles in fractions of the canvas, with their row and column.
export function cellRects() {
  const rows = state.plan?.rows ?? [];
  return shares(rows, "height").flatMap(([y, height], r) =>
    shares(rows[r].cells, "width").map(([x, width], c) => ({ r, c, x, y, width, height })),
  );
}

// Where each part begins and how long it is, in fractions of all.
function shares(parts, name) {
  const total = parts.reduce((sum, part) => sum + part[name], 0);
  let end = 0;
  return parts.map((part) => [(end += part[name] / total) - part[name] / total, part[name] / total]);
}

// Moves the border below row r (c null), or right of its cell c, by a share of the canvas; both sides keep two tokens.
export function moveBorder(r, c, by) {
  const { rows } = state.plan;
  const [across, down] = grid();
  const [parts, name, at, tokens] = c === null ? [rows, "height", r, down] : [rows[r].cells, "width", c, across];
  const total = parts.reduce((sum, part) => sum + part[name], 0);
  const least = 2 / tokens;
  const both = (parts[at][name] + parts[at + 1][name]) / total;
  const first = clamp(snapped(parts[at][name] / total + by, tokens), least, both - least);
  parts[at][name] = first * total;
  parts[at + 1][name] = (both - first) * total;
}

// Splits a cell in two side by side, or its row in two.
export function splitCell(number, sideBySide) {
  const { r, c } = cellRects()[number];
  alter(({ rows }) => {
    const [row, cell] = [rows[r], rows[r].cells[c]];
    if (sideBySide) cell.width /= 2;
    else row.height /= 2;
    if (sideBySide) row.cells.splice(c, 0, { ...cell });
    else rows.splice(r, 0, { ...row, cells: row.cells.map((one) => ({ ...one })) });
  });
}

// Merges a cell with the next of its row, or with the row below.
export function mergeCell(number) {
  const { r, c } = cellRects()[number];
  alter(({ rows }) => {
    const [row, cell] = [rows[r], rows[r].cells[c]];
    const [next] = row.cells.splice(c + 1, 1);
    const [below] = next ? [] : rows.splice(r + 1, 1);
    cell.width += next?.width ?? 0;
    row.height += below?.height ?? 0;
    const merged = [cell, ...(next ? [next] : below?.cells ?? [])];
    cell.prompt = [...new Set(merged.map((one) => one.prompt))].join(", ");
  });
}

// Paints an object earlier or later than others.
export function reorder(number, by) {
  const to = clamp(number + by, 0, objects().length - 1);
  if (to === number) return;
  state.chosen = to;
  alter((plan) => plan.objects.splice(to, 0, ...plan.objects.splice(number, 1)));
}

// The complaints about object `number`.
export const complaintsOf = (number) => state.complaints.filter((one) => one.path.startsWith(`objects[${number}]`));
