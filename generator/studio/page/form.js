// What the page asks for: the fields beside the canvas, read and filled; and where it is said what goes wrong.

import { state } from "./document.js";

const $ = (selector) => document.querySelector(selector);
export const form = $("#settings");

// What goes wrong is said in one place, and nothing else happens.
export const guarded = (work) => async (event) => {
  event?.preventDefault?.();
  $("#alert").textContent = "";
  try {
    await work(event);
  } catch (error) {
    if (error.name !== "AbortError") $("#alert").textContent = error.message;
  }
};

export function settings() {
  const given = { width: state.size[0], height: state.size[1] };
  for (const name of ["width", "height", "steps", "hard_binding_steps", "refinement_strength", "seed"]) {
    if (form.elements[name].value !== "") given[name] = Number(form.elements[name].value);
  }
  return given;
}

export const model = () => $("#model").value || undefined;
export const asked = (more = {}) => ({ plan: state.plan, settings: settings(), model: model(), ...more });

export function useSettings(values) {
  for (const name of ["width", "height", "steps", "hard_binding_steps", "refinement_strength"]) {
    if (values[name] !== undefined) form.elements[name].value = values[name] ?? "";
  }
  if (values.seed != null) form.elements.seed.value = values.seed;
}
