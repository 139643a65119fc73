// Parts by name, such as the terms of a loss: those that are there, and others that are added.

import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { frame } from "./groups.js";
import { collectAll, inside, splitPath } from "./trees.js";

/** @returns {import("./fields.js").Field} */
export function makeParts(node, onChange, level, make) {
  const there = node.children.map((child) => makeThere(child, onChange, level, make));
  const added = [];
  const place = h("div.settings", {}, there.map((part) => part.element));
  const kinds = Object.keys(node.item.variants ?? {});
  const kind = h("select", { "aria-label": `Kind to add to ${node.title}`, "data-testid": `add-kind-${node.path}` }, kinds.map((one) => h("option", { value: one }, one)));
  const say = () => { kind.title = node.item.summaries?.[kind.value] ?? ""; };
  kind.addEventListener("input", say);
  const button = h("button", { type: "button", "data-testid": `add-${node.path}`, onclick: add }, icon("plus"), "Add");
  say();

  /** The first name that is free: that of the kind, then with a number. */
  function chooseName() {
    const taken = [...node.children.map((child) => child.key), ...added.map((part) => part.name())];
    let name = kind.value ?? "part";
    for (let number = 2; taken.includes(name); number++) name = `${kind.value}-${number}`;
    return name;
  }

  function add() {
    const part = makeAdded({ ...node.item, default: kind.value || node.item.default }, chooseName(), onChange, level, make, () => remove(part));
    added.push(part);
    place.append(part.element);
    part.element.querySelector("input, select")?.focus();
    onChange();
  }

  function remove(part) {
    added.splice(added.indexOf(part), 1);
    part.element.remove();
    button.focus();
    onChange();
  }

  const fields = () => [...there, ...added];
  const head = h("div.row.add-part", {}, kinds.length > 1 && kind, button);
  return frame(node, level, [place, head], {
    collect: () => ({ ...collectAll(there), ...Object.fromEntries(added.map((part) => [inside(node.path, part.name()), part.text()])) }),
    isChanged: () => added.length > 0 || there.some((part) => part.isChanged()),
    text: () => null,
    children: fields,
    row: (key) => added.find((part) => part.name() === key) ?? there.find((part) => splitPath(part.path).at(-1) === key) ?? null,
  });
}

/** A part that the recipe has; one with a weight is left out by giving it none. */
function makeThere(child, onChange, level, make) {
  const [field] = make([child], onChange, level + 1);
  const weight = field.children().find((one) => splitPath(one.path).at(-1) === "weight" && one.put);
  if (!weight) return field;
  const leave = h("button.quiet.small", { type: "button", "data-testid": `leave-out-${child.key}`, title: "Its weight becomes 0", onclick: () => weight.put("0") }, icon("close"), "Leave out");
  field.element.querySelector("legend").append(leave);
  return field;
}

/** A part that was added: its name, its settings, and a button that takes it away. */
function makeAdded(item, name, onChange, level, make, onRemove) {
  const [field] = make([{ ...item, title: "New" }], onChange, level + 1);
  const input = h("input", { type: "text", value: name, spellcheck: "false", autocomplete: "off", "data-testid": "part-name" });
  input.addEventListener("input", onChange);
  const remove = h("button.quiet", { type: "button", "data-testid": "remove-part", onclick: onRemove }, icon("close"), "Remove");
  const legend = field.element.querySelector("legend");
  replace(legend, h("label.part-name", {}, "Name ", input), remove);
  return { ...field, name: () => input.value.trim(), text: () => field.text() ?? "{}" };
}
