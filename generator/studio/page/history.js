// The pictures that were made, the newest first; they are files of the server's folder and survive its restart.

import { ask } from "./api.js";
import { make } from "./panel.js";

let open = null;

export function begin(given) {
  open = given;
}

export async function drawHistory() {
  const pictures = await ask("api/pictures");
  document.querySelector("#history").replaceChildren(...pictures.map(entry));
}

function entry(one) {
  const image = make("img", { src: `api/pictures/${one.id}.jpg`, alt: one.prompt, loading: "lazy" });
  const button = make("button", { type: "button", title: one.prompt, onclick: () => open(one.id) }, image);
  button.dataset.picture = one.id;
  return make("li", {}, button);
}
