// The page put together: the sentence, painting, changing, keeping.

import { ask, post } from "./api.js";
import * as brush from "./brush.js";
import * as doc from "./document.js";
import { actions, check, edit, inTurn } from "./edits.js";
import { asked, form, guarded, model, settings, useSettings } from "./form.js";
import { begin as beginHistory, drawHistory } from "./history.js";
import * as panel from "./panel.js";
import * as stage from "./stage.js";
import * as work from "./work.js";
import { watched } from "./work.js";

const { state } = doc;
const $ = (selector) => document.querySelector(selector);
let models = [];
let reviewer = null;
let planning = null;

function redraw(what) {
  stage.draw();
  if (what === "drag") {
    check();
    return;
  }
  if (what !== "marks") panel.draw();
  $("#undo").disabled = !doc.canUndo();
  $("#redo").disabled = !doc.canRedo();
  $("#paint").disabled = $("#add").disabled = !state.plan;
  $("#change").hidden = !state.picture;
  $("#look").hidden = !(state.picture && reviewer);
  $("#verdict").textContent = !state.review ? "" : state.review.right ? "All is right" : state.review.lines.join("; ");
  const target = state.marked.size ? "What the marked region becomes" : `What changes${state.chosen >= 0 ? `: object ${state.chosen}` : ""}`;
  $("#change-label").textContent = target;
  if (what === "plan") {
    state.review = state.picture ? state.review : null;
    check();
    keepPlan();
  }
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
    show(null);
    doc.open(answer);
    $("#status").textContent = `planned by ${answer.model || answer.backend}`;
  } finally {
    if (planning === mine) {
      planning = null;
      $("#cancel").hidden = !work.isBusy();
      if ($("#status").textContent === "planning…") $("#status").textContent = mine.signal.aborted ? "cancelled" : "";
    }
  }
});

const cancel = guarded(() => (planning ? planning.abort() : work.cancel()));

const paint = guarded(async () => {
  const images = Number(form.elements.images.value) || 1;
  await watched(await post("api/generate", asked({ images })), null);
});

const repaint = guarded(async () => {
  const before = state.picture;
  const values = { picture: before, words: $("#words").value, seed: Number(form.elements.seed.value) || 0 };
  if (state.marked.size) values.tokens = [...state.marked].sort((one, other) => one - other);
  else if (state.chosen >= 0) values.number = state.chosen;
  const end = await watched(await post("api/repaint", values), before);
  if (end?.kind === "done") {
    $("#words").value = "";
    setMode("boxes");
  }
});

async function lookAt(route) {
  const before = state.picture;
  $("#rounds").replaceChildren();
  const end = await watched(await post(route, { picture: before }), before);
  if (end.kind !== "done") return;
  state.review = end.review;
  doc.changed("review");
  if (end.stopped) $("#verdict").textContent += `; ${end.stopped}`;
}

async function openPicture(id, parent = null) {
  const answer = await ask(`api/pictures/${id}`);
  doc.open(answer);
  useSettings(answer.settings);
  show(id, parent);
}

function show(id, parent = null) {
  state.picture = id;
  state.parent = parent;
  const [picture, before] = [$("#picture"), $("#before")];
  picture.hidden = !id;
  before.hidden = $("#compare-label").hidden = !parent;
  $("#keep").hidden = !id;
  $("#compare").value = 0;
  before.style.clipPath = "inset(0 100% 0 0)";
  if (parent) before.src = `api/pictures/${parent}.png`;
  if (id) {
    picture.src = `api/pictures/${id}.png`;
    picture.alt = state.plan?.prompt ?? "";
    $("#download").href = `api/pictures/${id}.png`;
    $("#download").download = `${id}.png`;
    $("#command").textContent = `ragplan generate ${id}.png -o again.png`;
  }
  brush.clear();
  doc.changed("choice");
}

function keepPlan() {
  URL.revokeObjectURL($("#download-plan").href);
  const text = JSON.stringify(state.plan, null, 2);
  $("#download-plan").href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
}

function setMode(mode) {
  stage.view.mode = mode;
  document.querySelectorAll("[data-mode]").forEach((one) => one.setAttribute("aria-checked", one.dataset.mode === mode));
  $("#brush").hidden = mode !== "brush";
  if (mode !== "brush") brush.clear();
  stage.draw();
}

// Of a gallery one set is opened, and the others can be chosen.
async function openFile(file, number = 0) {
  if (file.size > 32 * 2 ** 20) throw new Error("a file may have 32 MB");
  const answer = await ask(`api/open?set=${number}`, { body: file });
  const sets = answer.sets ?? [];
  $("#sets").replaceChildren(...sets.map((prompt, i) => panel.make("option", { value: i, textContent: `${i} ${prompt}` })));
  $("#sets").value = number;
  $("#sets").onchange = guarded(() => openFile(file, Number($("#sets").value)));
  $("#sets-label").hidden = sets.length < 2;
  doc.open(answer);
  useSettings(answer.settings ?? {});
  show(answer.picture ?? null);
  await drawHistory();
}

const opened = guarded((files) => files[0] && openFile(files[0]));

function listen() {
  $("#ask").onsubmit = plan;
  $("#paint").onclick = paint;
  $("#change").onsubmit = repaint;
  $("#review").onclick = guarded(() => lookAt("api/review"));
  $("#mend").onclick = guarded(() => lookAt("api/mend"));
  $("#cancel").onclick = cancel;
  $("#undo").onclick = doc.undo;
  $("#redo").onclick = doc.redo;
  $("#add").onclick = () => inTurn(async () => {
    await edit("add", { prompt: "a cat", box: { x: 0.375, y: 0.375, width: 0.25, height: 0.25 } });
    $(`#object-${state.chosen}`)?.select();
  });
  $("#show-boxes").onchange = (event) => {
    stage.view.boxes = event.target.checked;
    stage.draw();
  };
  $("#compare").oninput = (event) => {
    $("#before").style.clipPath = `inset(0 ${100 - event.target.value}% 0 0)`;
  };
  $("#copy").onclick = guarded(() => navigator.clipboard.writeText($("#command").textContent));
  $("#file").onchange = (event) => opened(event.target.files);
  $("#cost").ontoggle = guarded(async () => {
    if ($("#cost").open && state.plan) $("#cost-lines").textContent = (await post("api/estimate", asked())).lines.join("\n");
  });
  $("#model").onchange = () => useSettings(models.find((one) => one.name === $("#model").value)?.settings ?? {});
  document.querySelectorAll("[data-mode]").forEach((one) => (one.onclick = () => setMode(one.dataset.mode)));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    opened(event.dataTransfer.files);
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target.matches("input")) return;
    event.preventDefault();
    if (event.shiftKey) doc.redo();
    else doc.undo();
  });
}

async function begin() {
  listen();
  stage.begin(actions);
  panel.begin(actions);
  brush.begin();
  work.begin(openPicture);
  beginHistory(openPicture);
  doc.onChange(redraw);
  const [found, backends, reviewers] = await Promise.all([
    ask("api/models"), ask("api/backends"), ask("api/reviewers"), drawHistory(),
  ]);
  reviewer = reviewers[0]?.name ?? null;
  models = found;
  $("#model").replaceChildren(...models.map((one) => panel.make("option", { textContent: one.name })));
  $("#model-label").hidden = models.length < 2;
  const options = backends.map((one) => panel.make("option", { value: one.name, textContent: one.needs ? `${one.name} (needs ${one.needs})` : one.name }));
  $("#backend").replaceChildren(...options);
  useSettings(models[0].settings);
  state.size = [models[0].settings.width, models[0].settings.height];
  stage.draw();
  $("#sentence").select();
  $("#sentence").focus();
}

guarded(begin)();
