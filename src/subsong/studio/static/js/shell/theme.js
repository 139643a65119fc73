// Light or dark, and the colours of the theme for what is painted on canvases.

const KEY = "subsong-theme";
const listeners = new Set();
const system = matchMedia("(prefers-color-scheme: dark)");

/** @returns {"light" | "dark"} */
export const getTheme = () => document.documentElement.dataset.theme;

/** @param {"light" | "dark"} name */
export function setTheme(name) {
  localStorage.setItem(KEY, name);
  apply(name);
}

export const toggleTheme = () => setTheme(getTheme() === "dark" ? "light" : "dark");

/**
 * Call `listener` whenever the theme changes.
 * @param {() => void} listener
 * @returns {() => void} ends it
 */
export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * A colour of the present theme as CSS text: paper, ground, ink, muted, line, faint, accent, good, warning, bad, proposal.
 * @param {string} name
 */
export function getColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function apply(name) {
  document.documentElement.dataset.theme = name;
  for (const listener of listeners) listener();
}

system.addEventListener("change", () => {
  if (!localStorage.getItem(KEY)) apply(system.matches ? "dark" : "light");
});
