// One setting: its name, what one types into, its help, what is wrong with it, and the way back.

import { h, replace } from "../shell/dom.js";
import { makeControl, quote } from "./controls.js";

let number = 0;

/**
 * A setting, a part, or rows of them.
 * @typedef {Object} Field
 * @property {HTMLElement} element
 * @property {string} path  dotted, as --set takes it; * stands for the number or the name of a row
 * @property {() => Object<string, string>} collect  the settings that were changed: key -> text
 * @property {() => boolean} isChanged
 * @property {() => string | null} text  all it says, as it stands inside a list or a table; null: as usual, so that nothing needs to be said
 * @property {(message: string | null) => void} setError
 * @property {() => Field[]} [children]
 * @property {(key: string) => Field | null} [row]  the row of a number or a name
 */

/**
 * A setting that is one value.
 * @param {any} node  of /api/schema
 * @param {() => void} onChange
 * @returns {Field}
 */
export function makeField(node, onChange) {
  const id = `setting-${++number}`;
  const control = makeControl(node, id);
  const isChanged = () => control.read() !== null && control.read() !== node.default;
  const note = () => {
    frame.note();
    onChange();
  };
  const frame = frameSetting(node, id, control.element, () => { control.write(node.default ?? "null"); note(); }, isChanged);
  frame.describe(control.input);
  control.input.id = id;
  control.input.addEventListener("input", note);
  return {
    ...frame,
    path: node.path,
    isChanged,
    collect: () => (isChanged() ? { [node.path]: control.read() } : {}),
    text: () => sayUnlessUsual(node, isChanged(), () => quote(node, control.read() ?? node.default)),
  };
}

/** What a setting says inside a row: nothing where it is as its class has it. */
export function sayUnlessUsual(node, isChanged, say) {
  if (!isChanged && (node.is_usual || (node.required && node.default === "null" && node.type !== "choice"))) return null;
  return say();
}

/**
 * What stands around whatever one types into.
 * @param {any} node
 * @param {string} id  of what the label is for
 * @param {HTMLElement} body
 * @param {() => void} goBack  to what stood there at first
 * @param {() => boolean} isChanged
 */
export function frameSetting(node, id, body, goBack, isChanged) {
  let described = null;
  const back = h("button.back", { type: "button", onclick: goBack }, `back to ${sayShort(node.default)}`);
  const error = h("p.wrong", { id: `${id}-error`, hidden: true, role: "alert" });
  const isWide = ["list", "table", "either"].includes(node.type);
  const element = h("div.setting", { class: [node.common ? "" : "rare", isWide ? "wide" : ""].join(" "), "data-path": node.path, "data-words": wordsOf(node) },
    h("label", { for: id }, node.title, h("code", { title: "As --set takes it" }, node.path)),
    body,
    error,
    h("p.help", { id: `${id}-help` }, node.description || "", node.description ? " " : "", h("span.allowed", {}, sayAllowed(node)), back));
  return {
    element,
    /** Show whether it was changed. */
    note: () => element.classList.toggle("changed", isChanged()),
    /** Let an input be what help and error are of. */
    describe(input) {
      described = input;
      input.setAttribute("aria-describedby", `${id}-help ${id}-error`);
      input.setAttribute("data-testid", `setting-${node.path}`);
    },
    setError(message) {
      described?.setAttribute("aria-invalid", message ? "true" : "false");
      element.classList.toggle("invalid", Boolean(message));
      error.hidden = !message;
      replace(error, message ?? "");
    },
  };
}

/** An own id for the inputs of a setting. */
export const newId = () => `setting-${++number}`;

/** All that a search looks at. */
export const wordsOf = (node) => `${node.path} ${node.title} ${node.description ?? ""}`.toLowerCase();

// What the controls show by themselves is not said again.
const SHOWN = ["boolean", "choice", "either", "table"];
const sayAllowed = (node) => (SHOWN.includes(node.type) || node.item?.children || node.item?.variants ? "" : `(${node.allowed})`);

const MOST_SHOWN = 40;
const sayShort = (text) => (text === undefined || text === "null" ? "nothing" : text.length > MOST_SHOWN ? "what it was" : text);
