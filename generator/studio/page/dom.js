// Elements of the page: found by their selector, and made.

export const $ = (selector) => document.querySelector(selector);

export function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
