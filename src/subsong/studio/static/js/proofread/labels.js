// Another label for what is looked at: a key for each of the most frequent ones, and a field for all.

import { labelColour, listLabels } from "../shell/colours.js";
import { h, replace } from "../shell/dom.js";

const DIGITS = "123456789";
/** Letters that do something else on this page. */
const COMMANDS = "axuoglph";

/** Which key gives which label: a letter itself where it is free, else the next digit. @returns {Map<string, string>} key -> label */
export function assignKeys(labels) {
  const keys = new Map();
  for (const label of labels) if (/^[a-z0-9]$/.test(label) && !COMMANDS.includes(label)) keys.set(label, label);
  const given = new Set(keys.values());
  const digits = [...DIGITS].filter((digit) => !keys.has(digit));
  for (const label of labels) if (!given.has(label) && digits.length) keys.set(digits.shift(), label);
  return keys;
}

/** @param {(label: string) => void} choose */
export function createLabels(choose) {
  const buttons = h("div.row", {});
  const names = h("datalist", { id: "proofread-labels" });
  const field = h("input", { list: "proofread-labels", placeholder: "another label", "aria-label": "Another label", "data-testid": "relabel", autocomplete: "off", spellcheck: "false", maxlength: 200 });
  const submit = (event) => {
    event.preventDefault();
    const label = field.value.trim();
    if (!label) return;
    field.value = "";
    field.blur();
    choose(label);
  };
  const form = h("form.row", { onsubmit: submit }, field, names, h("button", { type: "submit", "data-testid": "relabel-now" }, "Relabel"));
  field.addEventListener("keydown", (event) => { if (event.key === "Escape") field.blur(); });

  /** Show the labels that are known, and mark the proposed one. */
  function show(current) {
    const labels = listLabels();
    const keys = assignKeys(labels);
    replace(names, labels.map((label) => h("option", { value: label })));
    replace(buttons, [...keys].map(([key, label]) =>
      h("button.label", { onclick: () => choose(label), "aria-pressed": String(label === current), "data-testid": `label-${label}` },
        h("span.swatch", { style: { background: labelColour(label) } }), label, h("kbd", {}, key))));
    return keys;
  }

  return { element: h("div.labels", { role: "group", "aria-label": "Labels" }, buttons, form), show, focus: () => field.focus() };
}
