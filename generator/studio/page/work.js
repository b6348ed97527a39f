// A job of the server: followed to its end, told in the status line, cancelled.

import { ask, follow } from "./api.js";
import { state } from "./document.js";
import { drawHistory } from "./history.js";
import { make } from "./panel.js";

const $ = (selector) => document.querySelector(selector);
let job = null;
let open = null; // shows a picture

export function begin(given) {
  open = given;
}

export const isBusy = () => job !== null;
export const cancel = () => job && ask(`api/jobs/${job}`, { method: "DELETE" });

// Follows a job to its end and shows its pictures.
export async function watched(started, parent) {
  job = started.job;
  $("#cancel").hidden = $("#progress").hidden = false;
  const end = await follow(job, tell);
  $("#cancel").hidden = $("#progress").hidden = true;
  job = null;
  if (end.kind === "failed") throw new Error(end.error);
  $("#status").textContent = end.kind === "cancelled" ? "cancelled" : "painted";
  await drawHistory();
  const made = end.pictures?.at(-1);
  if (end.kind === "done" && made !== state.picture) await open(made, parent);
  return end;
}

const STAGES = { plan: "planning", download: "downloading", load: "loading the model", paint: "painting", save: "writing", review: "looking at the picture", mend: "mending" };

function tell(event) {
  if (event.kind === "round") {
    const words = `${event.number ? `${event.number}. ` : ""}${event.what}: ${event.lines.join("; ")}`;
    $("#rounds").append(make("li", { textContent: words }));
  }
  if (event.kind === "waiting") $("#status").textContent = event.place ? `waiting, ${event.place} before this` : "next";
  if (event.kind !== "progress") return;
  const of = event.images > 1 ? `picture ${event.image + 1} of ${event.images}, ` : "";
  const steps = event.total && event.unit === "steps" ? `step ${event.done} of ${event.total}` : STAGES[event.stage];
  $("#status").textContent = of + steps;
  $("#progress").value = event.total ? event.done / event.total : 0;
  if (event.preview) {
    $("#picture").src = event.preview;
    $("#picture").hidden = false;
  }
}
