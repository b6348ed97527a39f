// The plan as a document: what is chosen, undo and redo, and the geometry of boxes and cells. No DOM.

export const TOKEN_PX = 16;

export const state = {
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

const past = [];
const future = [];
const listeners = [];

export const onChange = (listener) => listeners.push(listener);
export const changed = (what = "plan") => listeners.forEach((listener) => listener(what));
export const canUndo = () => past.length > 0;
export const canRedo = () => future.length > 0;
export const grid = () => [state.size[0] / TOKEN_PX, state.size[1] / TOKEN_PX];
export const objects = () => state.plan?.objects ?? [];
export const cells = () => (state.plan?.rows ?? []).flatMap((row) => row.cells);

export function remember() {
  past.push(JSON.stringify(state.plan));
  if (past.length > 200) past.shift();
  future.length = 0;
}

export function undo() {
  if (!past.length) return;
  future.push(JSON.stringify(state.plan));
  restore(past.pop());
}

export function redo() {
  if (!future.length) return;
  past.push(JSON.stringify(state.plan));
  restore(future.pop());
}

function restore(text) {
  state.plan = JSON.parse(text);
  state.chosen = Math.min(state.chosen, objects().length - 1);
  changed();
}

export function open(values, { keepPast = false } = {}) {
  if (keepPast) remember();
  else past.length = future.length = 0;
  state.plan = values.plan;
  state.size = [values.width, values.height];
  state.complaints = values.complaints ?? [];
  state.notes = values.notes ?? [];
  state.review = values.review ?? null;
  state.chosen = -1;
  state.marked.clear();
  changed();
}

// A key of plan version 2 needs its number.
export function setExtra(target, name, value) {
  remember();
  if (value === null || value === "" || Number.isNaN(value)) delete target[name];
  else {
    target[name] = value;
    state.plan.version = 2;
  }
  changed();
}

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
export const snapped = (value, tokens) => Math.round(value * tokens) / tokens;

// The box after its corner or the whole of it was moved by (dx, dy), on the token grid and inside the canvas.
export function moved(box, handle, dx, dy) {
  const [across, down] = grid();
  if (!handle) {
    const x = clamp(snapped(box.x + dx, across), 0, Math.max(0, 1 - box.width));
    const y = clamp(snapped(box.y + dy, down), 0, Math.max(0, 1 - box.height));
    return { ...box, x, y };
  }
  let [left, top, right, bottom] = [box.x, box.y, box.x + box.width, box.y + box.height];
  const [least, most] = [2 / across, 2 / down];
  if (handle.includes("e")) right = clamp(snapped(right + dx, across), left + least, 1);
  if (handle.includes("w")) left = clamp(snapped(left + dx, across), 0, right - least);
  if (handle.includes("s")) bottom = clamp(snapped(bottom + dy, down), top + most, 1);
  if (handle.includes("n")) top = clamp(snapped(top + dy, down), 0, bottom - most);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

// Cells as rectangles in fractions of the canvas, with their row and column.
export function cellRects() {
  const rects = [];
  const rows = state.plan?.rows ?? [];
  const height = rows.reduce((sum, row) => sum + row.height, 0);
  let y = 0;
  rows.forEach((row, r) => {
    const width = row.cells.reduce((sum, cell) => sum + cell.width, 0);
    let x = 0;
    row.cells.forEach((cell, c) => {
      rects.push({ r, c, x: x / width, y: y / height, width: cell.width / width, height: row.height / height });
      x += cell.width;
    });
    y += row.height;
  });
  return rects;
}

// Moves the border after row r (c null), or after cell c of row r, by a share of the canvas; both sides keep two tokens.
export function moveBorder(r, c, by) {
  const row = state.plan.rows[r];
  const parts = c === null ? state.plan.rows : row.cells;
  const name = c === null ? "height" : "width";
  const at = c === null ? r : c;
  const total = parts.reduce((sum, part) => sum + part[name], 0);
  const least = 2 / (c === null ? grid()[1] : grid()[0]);
  const both = (parts[at][name] + parts[at + 1][name]) / total;
  const tokens = c === null ? grid()[1] : grid()[0];
  const first = clamp(snapped(parts[at][name] / total + by, tokens), least, both - least);
  parts[at][name] = first * total;
  parts[at + 1][name] = (both - first) * total;
}

export function splitCell(number, across) {
  const { r, c } = cellRects()[number];
  const row = state.plan.rows[r];
  const cell = row.cells[c];
  remember();
  if (across) {
    const half = { ...cell, width: cell.width / 2 };
    row.cells.splice(c, 1, half, { ...half });
  } else {
    row.height /= 2;
    state.plan.rows.splice(r + 1, 0, { height: row.height, cells: [{ ...cell }] });
    if (row.cells.length > 1) state.plan.rows[r + 1].cells = row.cells.map((one) => ({ ...one }));
  }
  changed();
}

export function mergeCell(number) {
  const { r, c } = cellRects()[number];
  const row = state.plan.rows[r];
  remember();
  if (c + 1 < row.cells.length) {
    row.cells[c].width += row.cells[c + 1].width;
    row.cells[c].prompt = joined(row.cells[c].prompt, row.cells[c + 1].prompt);
    row.cells.splice(c + 1, 1);
  } else if (r + 1 < state.plan.rows.length) {
    const below = state.plan.rows[r + 1];
    row.height += below.height;
    row.cells[c].prompt = joined(row.cells[c].prompt, below.cells.map((cell) => cell.prompt).join(", "));
    state.plan.rows.splice(r + 1, 1);
  }
  changed();
}

const joined = (one, other) => (one.includes(other) ? one : `${one}, ${other}`);

export function reorder(number, by) {
  const list = objects();
  const to = clamp(number + by, 0, list.length - 1);
  if (to === number) return;
  remember();
  list.splice(to, 0, ...list.splice(number, 1));
  state.chosen = to;
  changed();
}

// The complaints about object `number`.
export const complaintsOf = (number) => state.complaints.filter((one) => one.path.startsWith(`objects[${number}]`));
