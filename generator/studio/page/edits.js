// Changes of the plan: made by the server, one after the other, and checked by it while they are made.

import { ask, post } from "./api.js";
import * as doc from "./document.js";
import { asked, guarded } from "./form.js";
import * as panel from "./panel.js";
import * as stage from "./stage.js";

const { state } = doc;

// Plan edits go to the server, which keeps the sentence and the cells' prompts in step.
export async function edit(kind, values) {
  const chosen = state.chosen;
  const answer = await post("api/edit", asked({ kind, ...values }));
  doc.open(answer, { keepPast: true });
  state.chosen = kind === "add" ? doc.objects().length - 1 : Math.min(chosen, doc.objects().length - 1);
  doc.changed();
}

let latest = Promise.resolve();
export const inTurn = (work) => (latest = latest.then(guarded(work)));

export const actions = {
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
export function check() {
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
