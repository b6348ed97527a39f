// The page put together: the sentence, painting, changing, keeping.

import { ask, post } from "./api.js";
import * as brush from "./brush.js";
import * as doc from "./document.js";
import { $, make } from "./dom.js";
import { add, check } from "./edits.js";
import { asked, form, guarded, model, settings, useSettings } from "./form.js";
import * as panel from "./panel.js";
import { compare, drawHistory, opened } from "./picture.js";
import * as stage from "./stage.js";
import * as work from "./work.js";

const { state } = doc;
let planning = null;

// Draws what follows from a change; while a box is dragged, only that.
function redraw(what) {
  stage.draw();
  if (what === "complaints") return panel.drawNotes();
  if (what === "drag") return check();
  panel.draw();
  brush.draw();
  $("#undo").disabled = !doc.past.length;
  $("#redo").disabled = !doc.future.length;
  $("#paint").disabled = $("#add").disabled = !state.plan;
  $("#further").hidden = !state.picture;
  $("#verdict").textContent = !state.review ? "" : state.review.right ? "All is right" : state.review.lines.join("; ");
  const object = state.chosen >= 0 ? `: object ${state.chosen}` : "";
  $("#change-label").textContent = state.marked.size ? "What the marked region becomes" : `What changes${object}`;
  if (what === "plan") check();
  $("#download-plan").href = `data:application/json,${encodeURIComponent(JSON.stringify(state.plan, null, 2))}`;
}

// A language model may take its time: the next sentence, or Cancel, ends the wait for it.
const plan = guarded(async () => {
  planning?.abort();
  const mine = (planning = new AbortController());
  $("#status").textContent = "planning…";
  $("#cancel").hidden = false;
  try {
    const answer = await post("api/plan", {
      sentence: $("#sentence").value, backend: $("#backend").value, model: model(), settings: settings(),
      style: form.elements.style.value || undefined,
    }, mine.signal);
    opened(answer);
    $("#status").textContent = `planned by ${answer.model || answer.backend}`;
  } finally {
    if (planning === mine) {
      planning = null;
      $("#cancel").hidden = !work.isBusy();
      if ($("#status").textContent === "planning…") $("#status").textContent = mine.signal.aborted ? "cancelled" : "";
    }
  }
});

async function paint() {
  const images = Number(form.elements.images.value) || 1;
  await work.watched(await post("api/generate", asked({ images })), null);
}

async function repaint() {
  const before = state.picture;
  const values = { picture: before, words: $("#words").value, seed: Number(form.elements.seed.value) || 0 };
  if (state.marked.size) values.tokens = [...state.marked];
  else if (state.chosen >= 0) values.number = state.chosen;
  const end = await work.watched(await post("api/repaint", values), before);
  if (end.kind !== "done") return;
  $("#words").value = "";
  setMode("boxes");
}

async function lookAt(route) {
  const before = state.picture;
  $("#rounds").replaceChildren();
  const end = await work.watched(await post(route, { picture: before }), before);
  if (end.kind !== "done") return;
  state.review = end.review;
  doc.changed("review");
  if (end.stopped) $("#verdict").textContent += `; ${end.stopped}`;
}

function setMode(mode) {
  state.mode = mode;
  $(`#modes [value=${mode}]`).checked = true;
  $("#brush").hidden = mode !== "brush";
  if (mode !== "brush") state.marked.clear();
  doc.changed("marks");
}

// Of a gallery one set is opened, and the others can be chosen.
async function openFile([file], number = 0) {
  if (!file) return;
  if (file.size > 32 * 2 ** 20) throw new Error("a file may have 32 MB");
  const answer = await ask(`api/open?set=${number}`, { body: file });
  const sets = answer.sets ?? [];
  const option = (prompt, i) => make("option", { value: i, textContent: `${i} ${prompt}`, selected: i === number });
  $("#sets").replaceChildren(...sets.map(option));
  $("#sets").onchange = guarded(() => openFile([file], Number($("#sets").value)));
  $("#sets-label").hidden = sets.length < 2;
  opened(answer);
  await drawHistory();
}

async function addBox() {
  await add("a cat", { x: 0.375, y: 0.375, width: 0.25, height: 0.25 });
  $(`#object-${state.chosen}`)?.select();
}

async function showCost() {
  if (!$("#cost").open || !state.plan) return;
  const { lines } = await post("api/estimate", asked());
  $("#cost-lines").textContent = lines.join("\n");
}

function listen() {
  const clicks = {
    paint, undo: doc.undo, redo: doc.redo, add: addBox,
    review: () => lookAt("api/review"), mend: () => lookAt("api/mend"),
    cancel: () => (planning ? planning.abort() : work.cancel()),
    copy: () => navigator.clipboard.writeText($("#command").textContent),
  };
  for (const [id, act] of Object.entries(clicks)) $(`#${id}`).onclick = guarded(act);
  $("#modes").onchange = (event) => setMode(event.target.value);
  $("#ask").onsubmit = plan;
  $("#change").onsubmit = guarded(repaint);
  $("#cost").ontoggle = guarded(showCost);
  $("#file").onchange = guarded((event) => openFile(event.target.files));
  $("#compare").oninput = (event) => compare(event.target.value);
  $("#show-boxes").onchange = stage.draw;
  document.ondragover = (event) => event.preventDefault();
  document.ondrop = guarded((event) => openFile(event.dataTransfer.files));
  document.onkeydown = undoByKey;
}

function undoByKey(event) {
  const writing = event.target.matches("input[type=number], input:not([type])"); // the field's own undo
  if (writing || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
  event.preventDefault();
  (event.shiftKey ? doc.redo : doc.undo)();
}

async function begin() {
  listen();
  doc.onChange(redraw);
  const lists = ["api/models", "api/backends", "api/reviewers"].map((path) => ask(path));
  const [models, backends, reviewers] = await Promise.all([...lists, drawHistory()]);
  $("#look").hidden = !reviewers.length;
  const use = () => useSettings(models.find(({ name }) => name === $("#model").value).settings);
  $("#model").replaceChildren(...models.map(({ name }) => make("option", { textContent: name })));
  $("#model").onchange = use;
  $("#model-label").hidden = models.length < 2;
  const words = ({ name, needs }) => (needs ? `${name} (needs ${needs})` : name);
  $("#backend").replaceChildren(...backends.map((one) => make("option", { value: one.name, textContent: words(one) })));
  use();
  state.size = [models[0].settings.width, models[0].settings.height];
  stage.draw();
  $("#sentence").select();
}

guarded(begin)();
