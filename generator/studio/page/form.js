// What the page asks for: the fields beside the canvas, read and filled; and where it is said what goes wrong.

import { state } from "./document.js";
import { $ } from "./dom.js";

export const form = $("#settings");
const NUMBERS = ["width", "height", "steps", "hard_binding_steps", "refinement_strength"];

export function tell(error) {
  if (error.name !== "AbortError") $("#alert").textContent = error.message;
}

// What goes wrong is said in one place, and nothing else happens.
export const guarded = (work) => async (event) => {
  event?.preventDefault?.();
  $("#alert").textContent = "";
  try {
    await work(event);
  } catch (error) {
    tell(error);
  }
};

export function settings() {
  const given = [...NUMBERS, "seed"].filter((name) => form.elements[name].value !== "");
  const numbers = given.map((name) => [name, Number(form.elements[name].value)]);
  return { width: state.size[0], height: state.size[1], ...Object.fromEntries(numbers) };
}

export const model = () => $("#model").value || undefined;
export const asked = (more = {}) => ({ plan: state.plan, settings: settings(), model: model(), ...more });

export function useSettings(values) {
  for (const name of NUMBERS) if (values[name] !== undefined) form.elements[name].value = values[name] ?? "";
  if (values.seed != null) form.elements.seed.value = values.seed;
}
