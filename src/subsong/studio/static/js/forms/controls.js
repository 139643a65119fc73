// What one types into: a switch, a choice, a number or a text; what each says is text as behind --set KEY=.

import { h, replace } from "../shell/dom.js";

/**
 * @typedef {Object} Control
 * @property {HTMLElement} element
 * @property {HTMLElement} input  that has the focus, a label and a description
 * @property {() => string | null} read  null where nothing is typed that differs from what stood there
 * @property {(text: string) => void} write
 */

/** @param {any} node  of /api/schema @param {string} id  of the input @returns {Control} */
export const makeControl = (node, id) => (CONTROLS[node.type] ?? makeText)(node, id);

const CONTROLS = {
  boolean: (node) => (node.nullable ? makeChoice({ ...node, choices: ["true", "false"] }) : makeSwitch(node)),
  choice: makeChoice,
};

// Defaults that say nothing: their field is empty, and shows how something would be written.
const NOTHING = ["null", "{}", "[]", undefined];
const UNITS = { s: "s", ms: "ms", hz: "Hz", db: "dB", nats: "nats" };

export const isText = (node) => node.type === "text" || node.type === "path";

/** A node whose default is the text itself, without the quotes that YAML may want around it. */
export function unquote(node) {
  if (!isText(node) || node.default === "null") return node;
  const text = node.default;
  if (text.startsWith("'")) return { ...node, default: text.slice(1, -1).replaceAll("''", "'") };
  return { ...node, default: text.startsWith('"') ? JSON.parse(text) : text };
}

/** A text as it stands inside a list or a table, where a comma or a bracket would mean something. */
export function quote(node, text) {
  if (text === node.default || (node.nullable && text === "null")) return text;
  if (isText(node)) return JSON.stringify(text);
  if (node.type === "yaml") return text;
  return /^[-+\w.]+$/.test(text) ? text : JSON.stringify(text);
}

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
  // A new row has chosen nothing yet: the first is as good.
  input.value = choices.includes(node.default) ? node.default : choices[0];
  return { element: input, input, read: () => input.value, write(text) { input.value = text; } };
}

function makeText(node, id) {
  const isNone = NOTHING.includes(node.default);
  const isNumber = node.type === "integer" || node.type === "number";
  const input = h("input", {
    type: "text", value: isNone ? "" : node.default, placeholder: isNone ? showHow(node) : node.default,
    spellcheck: "false", autocomplete: "off",
    inputmode: node.type === "integer" ? "numeric" : isNumber ? "decimal" : null,
    list: node.choices?.length ? `${id}-choices` : null,
  });
  if (isNumber) input.addEventListener("keydown", (event) => step(event, node, input));
  const list = node.choices?.length > 0 && h("datalist", { id: `${id}-choices` }, node.choices.map((choice) => h("option", { value: choice })));
  const unit = isNumber && UNITS[node.key.split("_").at(-1)];
  return {
    element: list || unit ? h("span.with-unit", {}, input, list, unit && h("span.unit", { "aria-hidden": "true" }, unit)) : input,
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

function showHow(node) {
  if (node.type === "yaml") return node.allowed.startsWith("a list") ? "[a, b]" : "{name: value}";
  return node.nullable ? "null" : "";
}

/** Arrow keys change a number by one, or by a tenth where it has decimals, within what is allowed. */
function step(event, node, input) {
  const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  const value = Number(input.value);
  if (!by || !input.value.trim() || !Number.isFinite(value)) return;
  event.preventDefault();
  const size = node.type === "integer" ? 1 : 10 ** -(input.value.split(".")[1] ?? "").replace(/0+$/, "").length;
  const limits = [node.minimum ?? -Infinity, node.maximum ?? Infinity];
  const next = Math.min(limits[1], Math.max(limits[0], value + by * size));
  input.value = String(Number(next.toPrecision(12)));
  input.dispatchEvent(new Event("input", { bubbles: true }));
}
