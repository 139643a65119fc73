// Short messages at the corner, and questions that wait for an answer.

import { h, replace } from "./dom.js";
import { icon } from "./icons.js";

const SHOWN_MS = 6000;

/**
 * Say something that needs no answer.
 * @param {string} text
 * @param {{label: string, run: () => void}} [action]  a button beside it, such as Undo
 */
export function say(text, action) {
  addNote(text, "", action, SHOWN_MS);
}

/** Tell of a failure; stays until it is closed. @param {Error | string} error */
export function fail(error) {
  if (error?.name === "AbortError") return;
  addNote(typeof error === "string" ? error : error.message, "failed", null, 0);
  if (error instanceof Error && error.status === undefined) console.error(error);
}

function addNote(text, kind, action, shownMs) {
  const place = document.getElementById("notes");
  // The same sentence is said once, however often it comes.
  for (const other of place.children) if (other.dataset.text === text) other.remove();
  const note = h("div.note", { class: kind, "data-text": text, "data-testid": "note" },
    h("p", {}, text),
    action && h("button", { onclick: () => { note.remove(); action.run(); } }, action.label),
    h("button.quiet", { "aria-label": "Close", onclick: () => note.remove() }, icon("close")));
  place.append(note);
  if (shownMs) setTimeout(() => note.remove(), shownMs);
}

/**
 * Ask, and wait.
 * @param {string} text
 * @param {{yes?: string, no?: string, field?: string, value?: string}} [options]  `field`: label of a text to type
 * @returns {Promise<boolean | string>}  false when declined; with `field`, what was typed
 */
export function ask(text, { yes = "Yes", no = "Cancel", field = "", value = "" } = {}) {
  const dialog = document.getElementById("question");
  const input = field ? h("input", { value, "data-testid": "question-field", autofocus: true }) : null;
  return new Promise((resolve) => {
    const close = (answer) => { dialog.onclose = null; dialog.close(); resolve(answer); };
    dialog.onclose = () => resolve(false);
    const agree = (event) => { event.preventDefault(); close(input ? input.value : true); };
    replace(dialog, h("form.stack", { onsubmit: agree },
      h("p", {}, text),
      input && h("label.field", {}, field, input),
      h("div.row", { style: { justifyContent: "flex-end" } },
        h("button", { type: "button", onclick: () => close(false) }, no),
        h("button.primary", { type: "submit", autofocus: !field, "data-testid": "question-yes" }, yes))));
    dialog.showModal();
    input?.select();
  });
}
