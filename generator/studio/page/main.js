// The page put together: the sentence, painting, changing, keeping.

import { ask, post } from "./api.js";
import * as brush from "./brush.js";
import * as doc from "./document.js";
import { begin as beginHistory, drawHistory } from "./history.js";
import * as panel from "./panel.js";
import * as stage from "./stage.js";
import * as work from "./work.js";
import { watched } from "./work.js";

const { state } = doc;
const $ = (selector) => document.querySelector(selector);
const form = $("#settings");
let models = [];
let reviewer = null;

// What goes wrong is said in one place, and nothing else happens.
const guarded = (work) => async (event) => {
  event?.preventDefault?.();
  $("#alert").textContent = "";
  try {
    await work(event);
  } catch (error) {
    if (error.name !== "AbortError") $("#alert").textContent = error.message;
  }
};

function settings() {
  const given = { width: state.size[0], height: state.size[1] };
  for (const name of ["width", "height", "steps", "hard_binding_steps", "refinement_strength", "seed"]) {
    if (form.elements[name].value !== "") given[name] = Number(form.elements[name].value);
  }
  return given;
}

const model = () => $("#model").value || undefined;
const asked = (more = {}) => ({ plan: state.plan, settings: settings(), model: model(), ...more });

// Plan edits go to the server, which keeps the sentence and the cells' prompts in step.
async function edit(kind, values) {
  const chosen = state.chosen;
  const answer = await post("api/edit", asked({ kind, ...values }));
  doc.open(answer, { keepPast: true });
  state.chosen = kind === "add" ? doc.objects().length - 1 : Math.min(chosen, doc.objects().length - 1);
  doc.changed();
}

let latest = Promise.resolve();
const inTurn = (work) => (latest = latest.then(guarded(work)));

const actions = {
  move(number, box) {
    doc.objects()[number].box = box; // shown at once; the answer brings the prompts
    stage.draw();
    inTurn(() => edit("move", { number, box, plan: state.plan }));
  },
  rename: (number, prompt) => inTurn(() => edit("rename", { number, prompt })),
  remove: (number) => inTurn(() => edit("remove", { number })),
  duplicate: (number) =>
    inTurn(async () => {
      const { prompt, box } = doc.objects()[number];
      const [across, down] = doc.grid();
      await edit("add", { prompt, box: doc.moved(box, "", 2 / across, 2 / down) });
    }),
  upload: (number, file) =>
    inTurn(async () => {
      const { id } = await ask("api/uploads", { body: file });
      doc.setExtra(doc.objects()[number], "image", { kind: "redux", path: `upload:${id}`, weight: 1 });
    }),
};

let checking = null;

// Complaints follow the plan, also while a box is dragged.
function check() {
  checking?.abort();
  if (!state.plan) return;
  checking = new AbortController();
  post("api/check", asked(), checking.signal)
    .then((answer) => {
      state.complaints = answer.complaints;
      panel.drawNotes();
      stage.draw();
    })
    .catch(() => {}); // the next edit's answer says what is wrong
}

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

const plan = guarded(async () => {
  $("#status").textContent = "planning…";
  const given = settings();
  const answer = await post("api/plan", {
    sentence: $("#sentence").value, backend: $("#backend").value, model: model(), settings: given,
    style: form.elements.style.value || undefined,
  });
  show(null);
  doc.open(answer);
  $("#status").textContent = `planned by ${answer.model || answer.backend}`;
});

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

function useSettings(values) {
  for (const name of ["width", "height", "steps", "hard_binding_steps", "refinement_strength"]) {
    if (values[name] !== undefined) form.elements[name].value = values[name] ?? "";
  }
  if (values.seed != null) form.elements.seed.value = values.seed;
}

function setMode(mode) {
  stage.view.mode = mode;
  document.querySelectorAll("[data-mode]").forEach((one) => one.setAttribute("aria-checked", one.dataset.mode === mode));
  $("#brush").hidden = mode !== "brush";
  if (mode !== "brush") brush.clear();
  stage.draw();
}

const openFile = guarded(async (file) => {
  if (file.size > 32 * 2 ** 20) throw new Error("a file may have 32 MB");
  const answer = await ask("api/open", { body: file });
  doc.open(answer);
  useSettings(answer.settings ?? {});
  show(answer.picture ?? null);
  await drawHistory();
});

function listen() {
  $("#ask").onsubmit = plan;
  $("#paint").onclick = paint;
  $("#change").onsubmit = repaint;
  $("#review").onclick = guarded(() => lookAt("api/review"));
  $("#mend").onclick = guarded(() => lookAt("api/mend"));
  $("#cancel").onclick = guarded(() => work.cancel());
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
  $("#file").onchange = (event) => event.target.files[0] && openFile(event.target.files[0]);
  $("#cost").ontoggle = guarded(async () => {
    if ($("#cost").open && state.plan) $("#cost-lines").textContent = (await post("api/estimate", asked())).lines.join("\n");
  });
  $("#model").onchange = () => useSettings(models.find((one) => one.name === $("#model").value)?.settings ?? {});
  document.querySelectorAll("[data-mode]").forEach((one) => (one.onclick = () => setMode(one.dataset.mode)));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) openFile(event.dataTransfer.files[0]);
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
