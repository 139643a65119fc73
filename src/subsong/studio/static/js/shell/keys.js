// The keyboard: pages bind keys in scopes, and the help dialog lists what is bound.

import { h, replace } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @typedef {Object} Binding
 * @property {string} keys  one or several with spaces between: "Space", "Shift+A", "Mod+Z" (Ctrl, or Command), "ArrowLeft", "?"
 * @property {string} label  what it does, for the help
 * @property {string} [group]  heading in the help
 * @property {(event: KeyboardEvent) => void} run
 * @property {boolean} [typing]  also while a text field has the focus
 */

/** @type {Map<string, Binding[]>} */
const scopes = new Map();

/**
 * Bind keys until the returned function is called; of two bindings of a key the later scope's wins.
 * @param {string} scope
 * @param {Binding[]} bindings
 * @returns {() => void}
 */
export function bindKeys(scope, bindings) {
  scopes.delete(scope);
  scopes.set(scope, bindings);
  return () => { if (scopes.get(scope) === bindings) scopes.delete(scope); };
}

function nameOf(event) {
  const key = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  // A sign such as ? or + already says that shift is held.
  const shifted = event.shiftKey && (key.length > 1 || /[A-Z]/.test(key));
  return [(event.ctrlKey || event.metaKey) && "Mod", event.altKey && "Alt", shifted && "Shift", key].filter(Boolean).join("+");
}

const normal = (text) => text.split("+").map((part) => (part.length === 1 ? part.toUpperCase() : part)).join("+");

function find(name) {
  for (const bindings of [...scopes.values()].reverse()) {
    const found = bindings.find((binding) => binding.keys.split(" ").some((keys) => (keys === "+" ? "+" : normal(keys)) === name));
    if (found) return found;
  }
  return null;
}

function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT") return true;
  return target.tagName === "INPUT" && !["checkbox", "radio", "range", "button"].includes(target.type);
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const binding = find(nameOf(event));
  if (!binding) return;
  if (isTyping(event.target) && !binding.typing) return;
  // Space and Enter belong to the button, link or slider that has the focus.
  const presses = event.target instanceof HTMLElement && event.target.closest("button, a, summary, input, [role=button]");
  if (presses && ["Space", "Enter"].includes(nameOf(event))) return;
  event.preventDefault();
  binding.run(event);
});

const SIGNS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Mod: /Mac/.test(navigator.platform) ? "⌘" : "Ctrl", Delete: "Del", Escape: "Esc", PageUp: "Pg↑", PageDown: "Pg↓" };

function drawKeys(keys) {
  return keys.split(" ").map((one, number) => [
    number ? " " : null,
    h("kbd", {}, one === "+" ? "+" : one.split("+").map((part) => SIGNS[part] ?? part).join(" ")),
  ]);
}

/** Show what the keys do on this page. */
export function showHelp() {
  const dialog = document.getElementById("help");
  const groups = new Map();
  for (const bindings of [...scopes.values()].reverse())
    for (const binding of bindings)
      groups.set(binding.group ?? "Everywhere", [...(groups.get(binding.group ?? "Everywhere") ?? []), binding]);
  replace(dialog,
    h("div.row.spread", {}, h("h1", { id: "help-title" }, "Keys"),
      h("button.quiet.icon-only", { "aria-label": "Close", onclick: () => dialog.close() }, icon("close"))),
    h("div.keys", {}, [...groups].map(([name, bindings]) =>
      h("section", {}, h("h3", {}, name),
        h("dl", {}, bindings.map((binding) => [h("dt", {}, drawKeys(binding.keys)), h("dd", {}, binding.label)]))))));
  dialog.showModal();
}
