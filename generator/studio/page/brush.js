// The brush: tokens that are to be painted anew, drawn over the picture as the squares that they are.

import { changed, grid, state } from "./document.js";
import { point } from "./stage.js";

const canvas = document.querySelector("#brush");
const SQUARE = 8;
let last = null;

export function begin() {
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = point(event);
    mark(event);
  });
  canvas.addEventListener("pointermove", (event) => last && mark(event));
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      last = null;
      changed("marks");
    });
  }
}

// Marks all tokens within one token of the line from the last point; with Alt they are unmarked.
function mark(event) {
  const to = point(event);
  const [across, down] = grid();
  const steps = Math.ceil(Math.hypot((to[0] - last[0]) * across, (to[1] - last[1]) * down)) || 1;
  for (let step = 0; step <= steps; step++) {
    const x = Math.floor((last[0] + ((to[0] - last[0]) * step) / steps) * across);
    const y = Math.floor((last[1] + ((to[1] - last[1]) * step) / steps) * down);
    for (let dx = -1; dx <= 1; dx++) for (let dy = -1; dy <= 1; dy++) touch(x + dx, y + dy, across, down, event.altKey);
  }
  last = to;
  draw();
}

function touch(x, y, across, down, away) {
  if (x < 0 || y < 0 || x >= across || y >= down) return;
  const token = y * across + x;
  if (away) state.marked.delete(token);
  else state.marked.add(token);
}

export function draw() {
  const [across, down] = grid();
  canvas.width = across * SQUARE;
  canvas.height = down * SQUARE;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "rgb(232 89 12 / 55%)";
  for (const token of state.marked) {
    pen.fillRect((token % across) * SQUARE, Math.floor(token / across) * SQUARE, SQUARE, SQUARE);
  }
}

export function clear() {
  state.marked.clear();
  draw();
}
