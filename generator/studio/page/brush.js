// The brush: tokens that are to be painted anew, drawn over the picture as the squares that they are.

import { changed, grid, state } from "./document.js";
import { $ } from "./dom.js";
import { point } from "./stage.js";

const canvas = $("#brush");
const AROUND = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((across) => [across, down]));
let last = null;

Object.assign(canvas, { onpointerdown: press, onpointermove: stroke, onpointerup: lift, onpointercancel: lift });

function press(event) {
  canvas.setPointerCapture(event.pointerId);
  last = point(event);
  stroke(event);
}

function lift() {
  last = null;
  changed("marks");
}

// Marks all tokens within one token of the line from the last point; with Alt they are unmarked.
function stroke(event) {
  if (!last) return;
  const [from, to, size] = [last, point(event), grid()];
  const steps = Math.ceil(Math.hypot((to[0] - from[0]) * size[0], (to[1] - from[1]) * size[1])) || 1;
  for (let step = 0; step <= steps; step++) {
    const at = (axis) => Math.floor((from[axis] + ((to[axis] - from[axis]) * step) / steps) * size[axis]);
    for (const [across, down] of AROUND) mark(at(0) + across, at(1) + down, size, event.altKey);
  }
  last = to;
  draw();
}

function mark(x, y, [across, down], away) {
  if (x < 0 || y < 0 || x >= across || y >= down) return;
  if (away) state.marked.delete(y * across + x);
  else state.marked.add(y * across + x);
}

export function draw() {
  const [across, down] = grid();
  Object.assign(canvas, { width: across, height: down }); // a pixel a token
  const pen = canvas.getContext("2d");
  pen.fillStyle = "rgb(232 89 12 / 55%)";
  for (const token of state.marked) pen.fillRect(token % across, Math.floor(token / across), 1, 1);
}
