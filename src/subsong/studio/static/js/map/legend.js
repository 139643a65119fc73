// What the colours mean; groups are hidden, shown alone and chosen from here.

import { h, replace } from "../shell/dom.js";
import { fail } from "../shell/notes.js";
import { countLevels } from "./colouring.js";
import { formatNumber } from "./data.js";
import { readable } from "./details.js";

const NO_VALUE = -1;
const MAX_SHOWN = 200;

/** @param {Object} parts  what is looked at, see `openMap` @param {Object<string, HTMLElement>} elements */
export function connectLegend(parts, elements) {
  const { state, data } = parts;
  const { colourBy, legend } = elements;
  const fill = () => {
    const columns = data.listed.filter((column) => column.kind !== "text");
    replace(colourBy, h("option", { value: "" }, "nothing"), columns.map(({ name }) => h("option", { value: name }, readable(name))));
    colourBy.value = state.column?.name ?? "";
  };
  colourBy.addEventListener("change", async () => {
    try {
      state.colourBy(colourBy.value ? await data.loadColumn(colourBy.value) : null);
    } catch (error) {
      fail(error);
    }
  });
  const draw = () => {
    const top = legend.scrollTop;
    if (state.column?.kind === "category") replace(legend, drawGroups(parts));
    else if (state.column) replace(legend, drawScale(parts));
    else replace(legend);
    legend.scrollTop = top;
  };
  state.on("colour", () => { fill(); draw(); });
  state.on("mask", () => markHidden(legend, state));
  fill();
  return { draw };
}

function drawGroups(parts) {
  const { column } = parts.state;
  const { counts, missing } = countLevels(column, parts.data.removed);
  const order = [...counts.keys()].filter((level) => counts[level]);
  if (order.length > 24) order.sort((a, b) => counts[b] - counts[a] || a - b);
  return [
    order.slice(0, MAX_SHOWN).map((level) => drawGroup(parts, level, column.levels[level], counts[level])),
    missing > 0 && drawGroup(parts, NO_VALUE, "no value", missing),
    order.length > MAX_SHOWN && h("p.small.muted", {}, `and ${order.length - MAX_SHOWN} smaller groups`),
  ];
}

function drawGroup(parts, level, name, count) {
  const { state } = parts;
  const press = (event) => (event.detail === 2 ? showAlone(state, level) : toggle(state, level));
  return h("div.map-group", {
    onpointerenter: () => state.emphasise(state.hiddenLevels.has(level) ? null : level),
    onpointerleave: () => state.emphasise(null),
  },
  h("button.quiet", { "data-level": level, "aria-pressed": String(!state.hiddenLevels.has(level)), title: `${name}: click hides or shows it, double click shows it alone`, onclick: press },
    h("span.map-dot", { style: { background: parts.colouring.colourOfLevel(level) } }), h("span.map-level", {}, name), h("span.map-number", {}, count.toLocaleString("en"))),
  h("button.quiet.map-choose", { title: `Choose all of ${name}`, "aria-label": `Choose all of ${name}`, "data-testid": "map-choose-group", onclick: (event) => choose(parts, level, event) }, "choose"));
}

function toggle(state, level) {
  if (!state.hiddenLevels.delete(level)) state.hiddenLevels.add(level);
  state.emphasised = null;
  state.changeMask();
}

// A double click first toggles twice; alone already means that everything comes back.
function showAlone(state, level) {
  const others = [NO_VALUE, ...state.column.levels.keys()].filter((other) => other !== level);
  const alone = others.every((other) => state.hiddenLevels.has(other));
  state.hiddenLevels.clear();
  if (!alone) others.forEach((other) => state.hiddenLevels.add(other));
  state.changeMask();
}

function choose({ state }, level, event) {
  const found = [];
  state.column.codes.forEach((code, item) => { if (code === level && state.shown[item]) found.push(item); });
  state.select(event.shiftKey ? [...state.selected, ...found] : found);
}

function markHidden(legend, state) {
  for (const button of legend.querySelectorAll("[data-level]")) {
    button.setAttribute("aria-pressed", String(!state.hiddenLevels.has(Number(button.dataset.level))));
  }
}

function drawScale({ state, colouring }) {
  const { values, range } = state.column;
  const bar = h("div.map-scale", { style: { background: `linear-gradient(90deg, ${colouring.table.slice(0, -1).join(", ")})` } });
  const beyond = values.some((value) => value < range[0] || value > range[1]);
  return [
    bar,
    h("div.row.spread.small.muted.number", {}, range.map((value) => h("span", {}, formatNumber(value)))),
    beyond && h("p.small.muted", {}, "The outermost hundredths share the end colours."),
    values.some(Number.isNaN) && h("p.small.muted", {}, "Grey: no value."),
  ];
}
