// Changes of the plan: made by the server, one after the other, and checked by it while they are made.

import { ask, post } from "./api.js";
import * as doc from "./document.js";
import { asked, guarded, tell } from "./form.js";

const { state } = doc;
let latest = Promise.resolve();
const inTurn = (work) => (latest = latest.then(guarded(work)));

// The server keeps the sentence and the cells' prompts in step.
const edited = (kind, values) => post("api/edit", asked({ kind, ...values }));

function keep(answer) {
  doc.remember();
  doc.show(answer);
}

export const add = (prompt, box) =>
  inTurn(async () => {
    const answer = await edited("add", { prompt, box });
    state.chosen = answer.plan.objects.length - 1;
    keep(answer);
  });

export const rename = (number, prompt) => inTurn(async () => keep(await edited("rename", { number, prompt })));
export const remove = (number) => inTurn(async () => keep(await edited("remove", { number })));

// An object's box becomes `to(box)`: shown at once, and the answer brings the prompts.
export const move = (number, to) =>
  inTurn(async () => {
    const item = doc.objects()[number];
    doc.remember();
    item.box = to(item.box);
    doc.changed("drag");
    doc.show(await edited("move", { number, box: item.box }));
  });

export function duplicate(number) {
  const { prompt, box } = doc.objects()[number];
  const [across, down] = doc.grid();
  return add(prompt, doc.moved(box, "", 2 / across, 2 / down));
}

export const upload = (number, file) =>
  inTurn(async () => {
    const { id } = await ask("api/uploads", { body: file });
    doc.setExtra(doc.objects()[number], "image", { kind: "redux", path: `upload:${id}`, weight: 1 });
  });

let checking = null;

// Complaints follow the plan, also while a box is dragged.
export function check() {
  checking?.abort();
  if (!state.plan) return;
  checking = new AbortController();
  post("api/check", asked(), checking.signal)
    .then(({ complaints }) => {
      state.complaints = complaints;
      doc.changed("complaints");
    })
    .catch(tell);
}
