// A job of the server: followed to its end, told in the status line, cancelled.

import { ask, follow } from "./api.js";
import { state } from "./document.js";
import { $, make } from "./dom.js";
import { drawHistory, openPicture, showPicture } from "./picture.js";

const STAGES = {
  plan: "planning", download: "downloading", load: "loading the model", paint: "painting", save: "writing",
  review: "looking at the picture", mend: "mending",
};
let job = null;

function track(name) {
  job = name;
  $("#cancel").hidden = $("#progress").hidden = !name;
}

export const isBusy = () => job !== null;
export const cancel = () => job && ask(`api/jobs/${job}`, { method: "DELETE" });

// Follows a job to its end and shows its pictures.
export async function watched(started, parent) {
  track(started.job);
  const end = await follow(started.job, tell);
  if (job === started.job) track(null);
  if (end.kind !== "done") showPicture(state.picture, state.parent); // no longer a preview
  if (end.kind === "failed") throw new Error(end.error);
  $("#status").textContent = end.kind === "cancelled" ? "cancelled" : "painted";
  await drawHistory();
  const made = end.pictures?.at(-1);
  if (end.kind === "done" && made !== state.picture) await openPicture(made, parent);
  return end;
}

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
