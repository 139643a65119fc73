// A setting that is one of several things: a word, a number, a list, or a part such as a schedule.

import { h, replace } from "../shell/dom.js";
import { isText, makeControl, quote, unquote } from "./controls.js";
import { frameSetting, newId } from "./fields.js";
import { writePart } from "./groups.js";
import { makeRows } from "./rows.js";
import { collectAll, inside } from "./trees.js";

const SAID = { null: "none", integer: "a number", number: "a number", text: "a text", path: "a path", list: "a list", table: "a table", boolean: "on or off", part: "settings" };

/** @returns {import("./fields.js").Field} */
export function makeEither(node, onChange, level, make) {
  const id = newId();
  const select = h("select", { id }, node.options.map(({ name }) => h("option", { value: name }, SAID[name] ?? name)));
  select.value = node.chosen;
  const body = h("div.chosen");
  const made = new Map();
  const current = () => {
    if (!made.has(select.value)) made.set(select.value, makeOption(node, select.value, note, level, make));
    return made.get(select.value);
  };
  const isChanged = () => select.value !== node.chosen || current().isChanged();
  const show = () => replace(body, current().element);
  const frame = frameSetting(node, id, h("div.either", {}, select, body), goBack, isChanged);
  frame.describe(select);
  select.addEventListener("input", () => { show(); note(); });

  function note() {
    frame.note();
    onChange();
  }

  function goBack() {
    made.clear();
    select.value = node.chosen;
    show();
    note();
  }

  show();
  return {
    ...frame,
    path: node.path,
    isChanged,
    collect: () => (isChanged() ? current().collect(select.value === node.chosen) : {}),
    text: () => (node.is_usual && !isChanged() ? null : current().text()),
    children: () => current().children(),
    /** Let it be a number. @param {string} text */
    put(text) {
      select.value = node.options.find((option) => option.node?.type === "number").name;
      current().write(text);
      show();
      note();
    },
    goBack,
    row: node.options.some((option) => option.node?.type === "list") ? (key) => current().row?.(key) ?? null : undefined,
  };
}

/** What is shown, and said, of the one that is chosen. */
function makeOption(node, name, onChange, level, make) {
  const option = node.options.find((one) => one.name === name)?.node ?? null;
  if (!option) return { element: [], isChanged: () => false, text: () => name, collect: () => ({ [node.path]: name }), children: () => [] };
  if (option.type === "group") return makePart(option, name, onChange, level, make);
  const rows = ["list", "table"].includes(option.type) ? makeRows(option, onChange, level, make) : makeValue(option, onChange);
  return { ...rows, collect: () => ({ [node.path]: rows.text() }) };
}

function makePart(option, name, onChange, level, make) {
  const fields = make(option.children, onChange, level + 1);
  return {
    element: h("div.settings.part", {}, fields.map((field) => field.element)),
    isChanged: () => fields.some((field) => field.isChanged()),
    text: () => writePart(fields, name),
    collect: (isAsBefore) => ({ ...(isAsBefore ? {} : { [inside(option.path, "kind")]: name }), ...collectAll(fields) }),
    children: () => fields,
  };
}

function makeValue(node, onChange) {
  const option = unquote(node);
  const control = makeControl(option, newId());
  control.input.setAttribute("aria-label", `${option.title}: the value`);
  control.input.setAttribute("data-testid", `value-${option.path}`);
  control.input.addEventListener("input", onChange);
  const read = () => control.read() ?? (option.default === "null" ? "" : option.default);
  return {
    element: control.element,
    isChanged: () => read() !== option.default,
    text: () => (isText(option) ? JSON.stringify(read()) : quote(option, read())),
    write: control.write,
    children: () => [],
  };
}
