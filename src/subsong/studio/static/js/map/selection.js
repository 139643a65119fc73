// The chosen items: how many, what they look like, what they are called, and what can be done with them.

import { listLabels } from "../shell/colours.js";
import { h, replace } from "../shell/dom.js";
import { fail } from "../shell/notes.js";
import { countOf } from "./data.js";
import { icon } from "./icons.js";

const MAX_SHEET = 60;
const MAX_COUNTED = 8;

/**
 * @param {Object} parts  what is looked at, see `openMap`
 * @param {HTMLElement} section
 * @param {Object} acts  what clicking a picture does
 */
export function connectSelection(parts, section, acts) {
  const { state, actions } = parts;
  const formats = ["table"];
  actions.listFormats().then((names) => formats.push(...names), fail);
  const draw = () => {
    section.hidden = !state.selected.size;
    if (state.selected.size) replace(section, drawPanel(parts, acts, formats));
    else replace(section);
  };
  state.on("select", draw);
  state.on("colour", () => state.selected.size && draw());
}

/** The chosen items in the order of the map. */
export const listSelected = (state) => [...state.selected].sort((a, b) => a - b);

/** Choose what is shown and was not chosen. */
export function invertSelection(state) {
  const others = [];
  state.shown.forEach((shown, item) => { if (shown && !state.selected.has(item)) others.push(item); });
  state.select(others);
}

function drawPanel(parts, acts, formats) {
  const { state, data } = parts;
  const items = listSelected(state);
  return [
    h("div.row.spread", {},
      h("h2", { "data-testid": "map-selected" }, `${countOf(items.length, data.description.noun)} chosen`),
      h("div.row", {},
        h("button.quiet.icon-only", { title: "Choose the others instead (I)", "aria-label": "Choose the others instead", "data-testid": "map-invert", onclick: () => invertSelection(state) }, icon("invert")),
        h("button.quiet.icon-only", { title: "Choose none (Esc)", "aria-label": "Choose none", "data-testid": "map-clear", onclick: () => state.select([]) }, icon("close")))),
    data.description.image && drawSheet(parts, items, acts),
    drawCounts(parts, items),
    data.description.can_change_labels ? drawLabelForm(parts, items) : drawTagForm(parts, items),
    drawTaking(parts, items, formats),
  ];
}

// Evenly taken from all of them when they are many.
function drawSheet({ images, state }, items, acts) {
  const step = Math.max(1, items.length / MAX_SHEET);
  const taken = Array.from({ length: Math.min(items.length, MAX_SHEET) }, (_, at) => items[Math.floor(at * step)]);
  const { width, height } = images.size;
  return h("div.map-sheet", { "data-testid": "map-sheet", style: { "--shape": `${width} / ${height}` } }, taken.map((item) =>
    h("button", { "aria-label": `Item ${item + 1}`, onclick: () => acts.goTo(item), onpointerenter: () => state.hover(item), onpointerleave: () => state.hover(-1) },
      h("img", { src: images.addressOf(item), alt: "", loading: "lazy" }))));
}

// How many of each group of the column that colours, the most frequent first.
function drawCounts({ state, colouring }, items) {
  const { column } = state;
  if (column?.kind !== "category") return null;
  const counts = new Map();
  for (const item of items) counts.set(column.codes[item], (counts.get(column.codes[item]) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return h("ul.map-counts", { "data-testid": "map-counts" },
    sorted.slice(0, MAX_COUNTED).map(([code, count]) => h("li", {},
      h("span.map-dot", { style: { background: colouring.colourOfLevel(code) } }),
      h("span.map-level", {}, code < 0 ? "no value" : column.levels[code]),
      h("span.map-bar", {}, h("span", { style: { width: `${(100 * count) / sorted[0][1]}%`, background: colouring.colourOfLevel(code) } })),
      h("span.map-number", {}, count.toLocaleString("en")))),
    sorted.length > MAX_COUNTED && h("li.muted", {}, `and ${sorted.length - MAX_COUNTED} more groups`));
}

const busy = async (form, run) => {
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  try {
    await run();
  } catch (error) {
    fail(error);
  }
  for (const button of form.querySelectorAll("button")) button.disabled = false;
};

function drawLabelForm({ actions, state }, items) {
  const known = [...new Set([...listLabels(), ...(state.column?.name === "label" ? state.column.levels : [])])];
  const field = h("input", { list: "map-labels", placeholder: "new label", "aria-label": "New label of the chosen", "data-testid": "map-label", autocomplete: "off", required: true });
  const form = h("form.map-form", {
    onsubmit: (event) => { event.preventDefault(); busy(form, () => actions.rename(items, field.value.trim())); },
  },
  h("datalist", { id: "map-labels" }, known.map((label) => h("option", { value: label }))),
  field,
  h("button.primary", { type: "submit", title: "Give all of them this label (R)", "data-testid": "map-rename" }, "Rename"),
  h("button.danger", { type: "button", title: "They are no sounds of this kind: remove their annotations (X)", "data-testid": "map-reject", onclick: () => busy(form, () => actions.reject(items)) }, "Reject"));
  return [form, drawTagForm({ actions }, items)];
}

function drawTagForm({ actions }, items) {
  const field = h("input", { placeholder: "tag", "aria-label": "Tag for the chosen", "data-testid": "map-tag-field", autocomplete: "off", maxlength: 200 });
  const form = h("form.map-form", {
    onsubmit: (event) => { event.preventDefault(); busy(form, () => actions.tag(items, field.value.trim() || null)); },
  }, field, h("button", { type: "submit", title: "Tag all of them; without a word, take their tags away", "data-testid": "map-tag" }, icon("tag"), "Tag"));
  return form;
}

function drawTaking({ actions, data, acts }, items, formats) {
  const format = h("select", { "aria-label": "Format", "data-testid": "map-format" }, formats.map((name) => h("option", { value: name }, name === "table" ? "Table (CSV)" : `Annotations: ${name}`)));
  const row = h("div.map-form", {}, format,
    h("button", { "data-testid": "map-export", onclick: () => busy(row, () => actions.export(items, format.value)) }, icon("download"), "Export"));
  const isSound = data.hasColumn("recording") && data.hasColumn("onset_s");
  return [
    row,
    isSound && h("div.row", {},
      h("button", { title: "Put them at the head of the project's queue (E)", "data-testid": "map-send", onclick: () => actions.send(items).catch(fail) }, icon("send"), "Send to Annotate"),
      h("button.quiet", { title: "Send them, and open the first", onclick: () => actions.send(items).then(acts.openAt, fail) }, "and open")),
  ];
}
