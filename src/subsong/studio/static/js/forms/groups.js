// Settings that belong together: parts of a configuration, parts that may be left out, parts of several kinds.

import { h, replace } from "../shell/dom.js";
import { wordsOf } from "./fields.js";
import { collectAll, inside, splitPath, writeKey } from "./trees.js";

/** Fields of nodes as a mapping inside a row; what is as usual is left out. */
export function writePart(fields, kind = null) {
  const said = fields.map((field) => [splitPath(field.path).at(-1), field.text()]);
  const entries = said.filter(([, text]) => text !== null).map(([key, text]) => `${writeKey(key)}: ${text}`);
  return `{${[...(kind === null ? [] : [`kind: ${kind}`]), ...entries].join(", ")}}`;
}

const isAnyChanged = (fields) => fields.some((field) => field.isChanged());

export function makeGroup(node, onChange, level, make) {
  const fields = make(node.children, onChange, level + 1);
  const body = h("div.settings", {}, fields.map((field) => field.element));
  if (node.nullable) return makeOptional(node, level, body, fields, onChange);
  return frame(node, level, [body], {
    collect: () => collectAll(fields),
    children: () => fields,
    isChanged: () => isAnyChanged(fields),
    text: () => (node.is_usual && !isAnyChanged(fields) ? null : writePart(fields, node.kind)),
  });
}

/** A part that may be left out: a switch, and its settings while it is on. */
function makeOptional(node, level, body, fields, onChange) {
  const input = h("input", { type: "checkbox", checked: !node.is_null, "data-testid": `setting-${node.path}` });
  body.hidden = node.is_null;
  input.addEventListener("input", () => { body.hidden = !input.checked; onChange(); });
  const isChanged = () => input.checked === node.is_null || (input.checked && isAnyChanged(fields));
  const collect = () => {
    if (!input.checked) return node.is_null ? {} : { [node.path]: "null" };
    const values = collectAll(fields);
    return node.is_null && !Object.keys(values).length ? { [node.path]: "{}" } : values;
  };
  const text = () => {
    if (node.is_usual && !isChanged()) return null;
    return input.checked ? writePart(fields, node.kind) : "null";
  };
  const head = h("label.switch", {}, input, "use it");
  return frame(node, level, [head, body], { collect, isChanged, text, children: () => (input.checked ? fields : []) });
}

/** A part of one of several kinds: which, and the settings of that one. */
export function makeVariants(node, onChange, level, make) {
  const kinds = Object.keys(node.variants);
  const none = node.nullable ? ["null"] : [];
  const start = node.default ?? none[0] ?? kinds[0];
  const select = h("select", { "aria-label": `Kind of ${node.title}`, "data-testid": `setting-${inside(node.path, "kind")}` },
    [...none, ...kinds].map((kind) => h("option", { value: kind }, kind === "null" ? "none" : kind)));
  select.value = start;
  const body = h("div.settings");
  const summary = h("span.help");
  const made = new Map([["null", []]]);
  const current = () => {
    if (!made.has(select.value)) made.set(select.value, make(node.variants[select.value], onChange, level + 1));
    return made.get(select.value);
  };
  const show = () => {
    replace(body, current().map((field) => field.element));
    replace(summary, node.summaries?.[select.value] ?? "");
  };
  select.addEventListener("input", () => { show(); onChange(); });
  show();
  const isChanged = () => select.value !== start || isAnyChanged(current());
  const collect = () => {
    if (select.value === "null") return start === "null" ? {} : { [node.path]: "null" };
    const kind = select.value === start ? {} : { [inside(node.path, "kind")]: select.value };
    return { ...kind, ...collectAll(current()) };
  };
  const text = () => {
    if (node.is_usual && !isChanged()) return null;
    return select.value === "null" ? "null" : writePart(current(), select.value);
  };
  return frame(node, level, [h("label.kind", {}, "kind", select, summary), body], { collect, isChanged, text, children: current });
}

// Groups of few settings stand side by side.
const MOST_COMPACT = 8;
const isValue = (child) => !child.children && !child.variants && !child.options && !child.items;
const isCompact = (node, level) => level > 0 && node.type === "group" && node.children.length <= MOST_COMPACT && node.children.every(isValue);

/** What stands around settings that belong together. */
export function frame(node, level, content, field) {
  const error = h("p.wrong", { hidden: true, role: "alert" });
  const element = h("fieldset.group", { class: `level-${Math.min(level, 3)}${node.common ? "" : " rare"}${isCompact(node, level) ? " compact" : ""}`, "data-path": node.path, "data-words": wordsOf(node) },
    h("legend", {}, node.title, " ", h("code", {}, node.path)),
    node.description && h("p.help", {}, node.description), error, content);
  return {
    ...field,
    element,
    path: node.path,
    setError(message) {
      element.classList.toggle("invalid", Boolean(message));
      error.hidden = !message;
      replace(error, message ?? "");
    },
  };
}
