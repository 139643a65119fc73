// The labels with their colours and keys: a press chooses one for what is added next, and gives it to what is selected.

import { labelColour } from "../shell/colours.js";
import { h, replace } from "../shell/dom.js";
import { bindKeys } from "../shell/keys.js";
import { onTheme } from "../shell/theme.js";
import { pressLabel, useLabel } from "./commands.js";
import { drawOnFrames } from "../shell/frames.js";
import { assignKeys, countLabels, gatherLabels } from "./labels.js";

const SCOPE = "annotate labels";

/** @param {import("./state.js").State} state */
export function createPalette(state) {
  const list = h("div.palette-list", { role: "group", "aria-label": "Labels" });
  const input = h("input", { placeholder: "New label", "aria-label": "New label", "data-testid": "new-label", maxlength: "200", autocomplete: "off", spellcheck: "false" });
  const form = h("form.new-label", { onsubmit: (event) => { event.preventDefault(); addTyped(); } }, input);
  const element = h("section.palette", { "data-testid": "palette" }, list, form);
  let unbind = () => {};
  let labels = [];

  const addTyped = () => {
    const label = input.value.trim();
    if (label) useLabel(state, label);
    input.value = "";
    input.blur();
  };
  const draw = () => {
    // Labels keep their order, and with it their keys, for as long as the page is open.
    labels = [...new Set([...labels, ...gatherLabels(state.document, state.label)])];
    const keys = assignKeys(labels);
    const counts = countLabels(state.document);
    replace(list, labels.map((label) => drawLabel(state, label, keys.get(label), counts.get(label) ?? 0)));
    unbind();
    unbind = bindKeys(SCOPE, [...keys].map(([label, key]) => ({ keys: key, label, group: "Labels", run: () => pressLabel(state, label) })));
  };
  const frames = drawOnFrames(draw);
  state.on(["document", "label"], frames.ask);
  const endTheme = onTheme(frames.ask);
  draw();
  return { element, focus: () => input.focus(), close: () => { unbind(); endTheme(); frames.stop(); } };
}

function drawLabel(state, label, key, count) {
  return h("button.label-chip", {
    "aria-pressed": String(label === state.label), "data-testid": "label", "data-label": label, title: `${label}: ${count} here`,
    onmousedown: (event) => event.preventDefault(), onclick: () => useLabel(state, label),
  },
  h("span.swatch", { style: { background: labelColour(label) } }),
  h("span.name", {}, label), count > 0 && h("span.count", {}, count), key && h("kbd", {}, key));
}
