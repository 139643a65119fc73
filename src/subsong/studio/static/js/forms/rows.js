// Rows that are added, moved and removed: values side by side, or parts one below the other.

import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { makeCell } from "./cells.js";
import { writeKey } from "./trees.js";

const PARTS = ["group", "variants"];

/**
 * The rows of a list or of a table with names, and buttons for them.
 * @param {any} node  of type list or table
 * @returns  what a field has, without what stands around it
 */
export function makeRows(node, onChange, level, make) {
  const isNamed = node.type === "table";
  const isFixed = node.length !== null && node.length !== undefined;
  const hasParts = PARTS.includes(node.item.type);
  let rows = [];
  const place = h(hasParts ? "ol.rows" : "div.cells");
  const isShort = !hasParts && !isNamed;
  const add = h("button.quiet.add", { class: isShort ? "icon-only" : "", type: "button", hidden: isFixed, title: "Add", "aria-label": `Add to ${node.title}`, "data-testid": `add-${node.path}`, onclick: () => insert() }, icon("plus"), isShort ? null : "Add");
  const element = h("div.row-list", { class: hasParts ? "of-parts" : "", role: "group", "aria-label": node.title }, place, add);

  const text = () => {
    const said = rows.map((row) => row.text() ?? row.usual);
    return isNamed ? `{${rows.map((row, at) => `${writeKey(row.name())}: ${said[at]}`).join(", ")}}` : `[${said.join(", ")}]`;
  };

  /** A row as it is shown, with its buttons. */
  function makeRow(item) {
    const actions = { remove: () => remove(row), insert: (values) => insert(row, values), move: (by) => move(row, by), change: onChange };
    const row = hasParts ? makePartRow(item, actions, onChange, level, make) : makeCell(item, { isFixed, isNamed }, actions);
    return row;
  }

  function draw() {
    replace(place, rows.map((row, at) => { row.number?.(at, rows.length); return row.element; }), hasParts ? null : add);
  }

  function insert(behind = null, values = [null]) {
    if (isFixed) return;
    const made = values.map((value) => makeRow(value === null ? node.item : { ...node.item, default: value }));
    rows.splice(behind ? rows.indexOf(behind) + 1 : rows.length, 0, ...made);
    draw();
    made.at(-1)?.focus();
    onChange();
  }

  function remove(row) {
    const at = rows.indexOf(row);
    rows.splice(at, 1);
    draw();
    (rows[Math.max(at - 1, 0)] ?? { focus: () => add.focus() }).focus();
    onChange();
  }

  function move(row, by) {
    const at = rows.indexOf(row);
    if (at + by < 0 || at + by >= rows.length) return;
    rows.splice(at, 1);
    rows.splice(at + by, 0, row);
    draw();
    row.focus();
    onChange();
  }

  function begin() {
    rows = (isNamed ? node.children : node.items).map(makeRow);
    draw();
  }

  begin();
  const start = text();
  return {
    element,
    text,
    begin,
    isChanged: () => text() !== start,
    children: () => rows,
    row: (key) => (isNamed ? rows.find((row) => row.name() === key) : rows[Number(key)]) ?? null,
  };
}

/** A part as a row: its settings, a handle to move it, and a button that removes it. */
function makePartRow(item, actions, onChange, level, make) {
  const [field] = make([item], onChange, level + 1);
  const button = (name, title, run) => h("button.quiet.icon-only", { type: "button", title, "aria-label": title, onclick: run, "data-testid": `row-${title.toLowerCase()}` }, icon(name));
  const up = button("up", "Earlier", () => actions.move(-1));
  const down = button("down", "Later", () => actions.move(1));
  const place = h("span.place.number", { "aria-hidden": "true" });
  const element = h("li.part-row", { "data-testid": "part-row" }, place, field.element,
    h("span.row-buttons", {}, up, down, button("close", "Remove", actions.remove)));
  return {
    ...field,
    element,
    usual: "{}",
    number(at, count) {
      replace(place, at + 1);
      up.disabled = at === 0;
      down.disabled = at === count - 1;
    },
    focus: () => element.querySelector("select, input, button")?.focus(),
  };
}
