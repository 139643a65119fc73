// One setting as an element to type into; what it says is text as one would type it behind --set KEY=.

import { h, replace } from "../shell/dom.js";

let number = 0;

/**
 * @typedef {Object} Field
 * @property {HTMLElement} element
 * @property {string} path  dotted, as --set takes it
 * @property {() => Object<string, string>} collect  the setting where it was changed, else nothing
 * @property {(message: string | null) => void} setError
 * @property {(text: string) => void} setText
 */

/**
 * @param {any} node  of /api/schema
 * @param {() => void} onChange
 * @returns {Field}
 */
export function makeField(node, onChange) {
  const id = `setting-${++number}`;
  const control = (CONTROLS[node.type] ?? makeText)(node, id);
  const back = h("button.back", { type: "button", onclick: () => setText(node.default) }, `back to ${node.default ?? "nothing"}`);
  const error = h("p.wrong", { id: `${id}-error`, hidden: true, role: "alert" });
  const element = h("div.setting", { class: node.common ? "" : "rare", "data-path": node.path, "data-words": wordsOf(node) },
    h("label", { for: id }, node.title, h("code", { title: "As --set takes it" }, node.path)),
    control.element,
    error,
    h("p.help", { id: `${id}-help` }, node.description || "", node.description ? " " : "", h("span.allowed", {}, sayAllowed(node)), back));
  control.input.id = id;
  control.input.setAttribute("aria-describedby", `${id}-help ${id}-error`);
  control.input.setAttribute("data-testid", `setting-${node.path}`);
  const note = () => {
    element.classList.toggle("changed", isChanged());
    onChange();
  };
  const setText = (text) => {
    control.write(text ?? "null");
    note();
  };
  const isChanged = () => control.read() !== null && control.read() !== node.default;
  control.input.addEventListener("input", note);
  return {
    element,
    path: node.path,
    collect: () => (isChanged() ? { [node.path]: control.read() } : {}),
    setError(message) {
      control.input.setAttribute("aria-invalid", message ? "true" : "false");
      element.classList.toggle("invalid", Boolean(message));
      error.hidden = !message;
      replace(error, message ?? "");
    },
    setText,
  };
}

/** All that a search looks at. */
export const wordsOf = (node) => `${node.path} ${node.title} ${node.description ?? ""}`.toLowerCase();

const sayAllowed = (node) => (node.type === "boolean" || node.type === "choice" ? "" : `(${node.allowed})`);

// Defaults that say nothing: their field is empty, and shows how something would be written.
const NOTHING = ["null", "{}", "[]", undefined];
const showHow = (node) => (node.allowed.startsWith("a mapping") ? "{name: value}" : node.allowed.startsWith("a list") ? "[a, b]" : node.nullable ? "null" : "");

// What a control says is text, null where nothing is typed that differs from the preset.
const CONTROLS = {
  boolean: (node, id) => (node.nullable ? makeChoice({ ...node, choices: ["true", "false"] }, id) : makeSwitch(node)),
  choice: makeChoice,
};

function makeSwitch(node) {
  const input = h("input", { type: "checkbox", checked: node.default === "true" });
  const said = h("span", {}, node.default);
  const show = () => replace(said, input.checked ? "on" : "off");
  input.addEventListener("input", show);
  show();
  return {
    element: h("span.switch", {}, input, said),
    input,
    read: () => String(input.checked),
    write(text) { input.checked = text === "true"; show(); },
  };
}

function makeChoice(node) {
  const choices = node.nullable ? ["null", ...node.choices] : node.choices;
  const input = h("select", {}, choices.map((choice) => h("option", { value: choice }, choice === "null" ? "none" : choice)));
  input.value = node.default;
  return { element: input, input, read: () => input.value, write(text) { input.value = text; } };
}

function makeText(node, id) {
  const isNone = NOTHING.includes(node.default);
  const input = h("input", {
    type: "text", value: isNone ? "" : node.default, placeholder: isNone ? showHow(node) : node.default,
    spellcheck: "false", autocomplete: "off",
    inputmode: node.type === "integer" ? "numeric" : node.type === "number" ? "decimal" : null,
    list: node.choices?.length ? `${id}-choices` : null,
  });
  const list = node.choices?.length && h("datalist", { id: `${id}-choices` }, node.choices.map((choice) => h("option", { value: choice })));
  return {
    element: list ? h("span.with-list", {}, input, list) : input,
    input,
    read() {
      const text = input.value.trim();
      if (text) return text;
      // Emptied: nothing, where nothing may stand, else as the preset has it.
      return node.nullable && !isNone ? "null" : null;
    },
    write(text) { input.value = NOTHING.includes(text) ? "" : text; },
  };
}
