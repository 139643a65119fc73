// Settings that belong together: parts of a configuration, parts that may be left out, parts of several kinds.

import { h, replace } from "../shell/dom.js";
import { makeField, wordsOf } from "./fields.js";

/**
 * Make the fields of a tree.
 * @param {any[]} nodes  of /api/schema
 * @param {() => void} onChange
 * @param {number} level  how deep
 * @returns {import("./fields.js").Field[]}
 */
export function makeNodes(nodes, onChange, level = 0) {
  // Single settings first: what stands below the title of a group belongs to that group. At the top the server orders.
  const isGroup = (node) => node.type === "group" || node.type === "variants";
  const ordered = level ? [...nodes.filter((node) => !isGroup(node)), ...nodes.filter(isGroup)] : nodes;
  return ordered.map((node) => {
    if (node.type === "group") return makeGroup(node, onChange, level);
    return node.type === "variants" ? makeVariants(node, onChange, level) : makeField(node, onChange);
  });
}

/** What several fields say together. */
export const collectAll = (fields) => Object.assign({}, ...fields.map((field) => field.collect()));

/** The field of a path, or the nearest group around it; null where there is none. */
export function findField(fields, path) {
  for (const field of fields) {
    if (field.path === path) return field;
    const inside = field.children && findField(field.children(), path);
    if (inside) return inside;
    if (field.children && path.startsWith(`${field.path}${separator(path)}`)) return field;
  }
  return null;
}

/** The path of something inside a part: with slashes where a name on the way holds a dot. */
const inside = (path, key) => `${path}${separator(path)}${key}`;
const separator = (path) => (path.includes("/") ? "/" : ".");

function makeGroup(node, onChange, level) {
  const fields = makeNodes(node.children, onChange, level + 1);
  const body = h("div.settings", {}, fields.map((field) => field.element));
  if (!node.nullable) return frame(node, level, [body], { collect: () => collectAll(fields), children: () => fields });
  return makeOptional(node, level, body, fields, onChange);
}

/** A part that may be left out: a switch, and its settings while it is on. */
function makeOptional(node, level, body, fields, onChange) {
  const input = h("input", { type: "checkbox", checked: !node.is_null, "data-testid": `setting-${node.path}` });
  body.hidden = node.is_null;
  input.addEventListener("input", () => { body.hidden = !input.checked; onChange(); });
  const collect = () => {
    if (!input.checked) return node.is_null ? {} : { [node.path]: "null" };
    const values = collectAll(fields);
    return node.is_null && !Object.keys(values).length ? { [node.path]: "{}" } : values;
  };
  const head = h("label.switch", {}, input, "use it");
  return frame(node, level, [head, body], { collect, children: () => (input.checked ? fields : []) });
}

/** A part of one of several kinds: which, and the settings of that one. */
function makeVariants(node, onChange, level) {
  const kinds = Object.keys(node.variants);
  const none = node.nullable ? ["null"] : [];
  const start = node.default ?? none[0] ?? kinds[0];
  const select = h("select", { "aria-label": `Kind of ${node.title}`, "data-testid": `setting-${inside(node.path, "kind")}` },
    [...none, ...kinds].map((kind) => h("option", { value: kind }, kind === "null" ? "none" : kind)));
  select.value = start;
  const body = h("div.settings");
  const made = new Map([["null", []]]);
  const current = () => {
    if (!made.has(select.value)) made.set(select.value, makeNodes(node.variants[select.value], onChange, level + 1));
    return made.get(select.value);
  };
  const show = () => replace(body, current().map((field) => field.element));
  select.addEventListener("input", () => { show(); onChange(); });
  show();
  const collect = () => {
    if (select.value === "null") return start === "null" ? {} : { [node.path]: "null" };
    const kind = select.value === start ? {} : { [inside(node.path, "kind")]: select.value };
    return { ...kind, ...collectAll(current()) };
  };
  return frame(node, level, [h("label.kind", {}, "kind", select), body], { collect, children: current });
}

// Groups of few settings stand side by side.
const MOST_COMPACT = 8;
const isCompact = (node, level) => level > 0 && node.type === "group" && node.children.length <= MOST_COMPACT && node.children.every((child) => !child.children && !child.variants);

function frame(node, level, content, { collect, children }) {
  const error = h("p.wrong", { hidden: true, role: "alert" });
  const element = h("fieldset.group", { class: `level-${Math.min(level, 3)}${node.common ? "" : " rare"}${isCompact(node, level) ? " compact" : ""}`, "data-path": node.path, "data-words": wordsOf(node) },
    h("legend", {}, node.title, " ", h("code", {}, node.path)),
    node.description && h("p.help", {}, node.description), error, content);
  return {
    element, path: node.path, collect, children,
    setError(message) {
      element.classList.toggle("invalid", Boolean(message));
      error.hidden = !message;
      replace(error, message ?? "");
    },
    setText() {},
  };
}
