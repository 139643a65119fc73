// A setting that is a list or a table: numbers or words side by side, with or without names, or parts one below the other.

import { frameSetting, newId } from "./fields.js";
import { makeRows } from "./rows.js";

/** @returns {import("./fields.js").Field} */
export function makeList(node, onChange, level, make) {
  const id = newId();
  const note = () => { frame.note(); onChange(); };
  const rows = makeRows(node, note, level, make);
  const frame = frameSetting(node, id, rows.element, () => { rows.begin(); note(); }, rows.isChanged);
  rows.element.id = id;
  frame.describe(rows.element);
  return {
    ...rows,
    ...frame,
    path: node.path,
    collect: () => (rows.isChanged() ? { [node.path]: rows.text() } : {}),
    text: () => (node.is_usual && !rows.isChanged() ? null : rows.text()),
  };
}
