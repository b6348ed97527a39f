// The picture that is shown, with the one before it, and the history: files of the server's folder, the newest first.

import { ask } from "./api.js";
import * as doc from "./document.js";
import { $, make } from "./dom.js";
import { guarded, useSettings } from "./form.js";

const address = (id) => `api/pictures/${id}.png`;

export const openPicture = async (id, parent) => opened(await ask(`api/pictures/${id}`), parent);

// Shows what the server opened or planned: a plan, and a picture with its settings if there is one.
export function opened(answer, parent = null) {
  doc.open(answer);
  useSettings(answer.settings ?? {});
  showPicture(answer.picture ?? null, parent);
}

// Shows a picture, beside its parent from which it was repainted, or none.
export function showPicture(id, parent) {
  Object.assign(doc.state, { picture: id, parent });
  $("#picture").hidden = $("#keep").hidden = !id;
  $("#before").hidden = $("#compare-label").hidden = !parent;
  compare(0);
  if (parent) $("#before").src = address(parent);
  if (id) {
    $("#picture").src = $("#download").href = address(id);
    $("#picture").alt = doc.state.plan?.prompt ?? "";
    $("#download").download = `${id}.png`;
    $("#command").textContent = `ragplan generate ${id}.png -o again.png`;
  }
  doc.changed("picture");
}

// Shows so much of the picture before, from the left, in percent.
export function compare(percent) {
  $("#compare").value = percent;
  $("#before").style.clipPath = `inset(0 ${100 - percent}% 0 0)`;
}

export async function drawHistory() {
  const pictures = await ask("api/pictures");
  $("#history").replaceChildren(...pictures.map(entry));
}

function entry({ id, prompt }) {
  const image = make("img", { src: `api/pictures/${id}.jpg`, alt: prompt, loading: "lazy" });
  const onclick = guarded(() => openPicture(id));
  return make("li", {}, make("button", { type: "button", title: prompt, onclick }, image));
}
