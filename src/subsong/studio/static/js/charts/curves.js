// The curves of a run, or of several: one chart for the total loss, one for each term and each other quantity.

import { h, replace } from "../shell/dom.js";
import { onTheme } from "../shell/theme.js";
import { makePanel } from "./panel.js";
import { loadPlotly } from "./plotly.js";
import { buildCurves, countPoints, suitsEpochs } from "./series.js";

/**
 * @typedef {{name: string, records: any[]}} RunRecords
 * @returns {{element: HTMLElement, show: (runs: RunRecords[]) => Promise<void>, close: () => void}}
 */
export function makeCurves() {
  const look = { axis: "epoch", logX: false, logY: false, smoothing: 0 };
  let isAxisChosen = false;
  let runs = [];
  /** @type {Map<string, any>} */
  const panels = new Map();
  const grid = h("div.panels", { "data-testid": "curves" });
  const axes = ["epoch", "step"].map((axis) => h("button", { type: "button", "data-testid": `axis-${axis}`, onclick: () => { isAxisChosen = true; set({ axis }); } }, `by ${axis}`));
  const toggle = (key, title) => h("button", { type: "button", "aria-pressed": "false", "data-testid": key, onclick: (event) => { event.currentTarget.setAttribute("aria-pressed", String(!look[key])); set({ [key]: !look[key] }); } }, title);
  const smoothing = h("input", { type: "range", min: "0", max: "0.98", step: "0.02", value: "0", "data-testid": "smoothing", oninput: () => set({ smoothing: Number(smoothing.value) }) });
  const element = h("section.curves", {},
    h("div.row", {}, h("div.segmented", { role: "group", "aria-label": "Horizontal axis" }, axes),
      h("div.segmented", { role: "group", "aria-label": "Logarithmic axes" }, toggle("logX", "log x"), toggle("logY", "log y")),
      h("label.row.small.muted", {}, "smoothing", smoothing)),
    grid);
  const offTheme = onTheme(() => draw());

  function set(change) {
    Object.assign(look, change);
    draw();
  }

  async function draw() {
    const plotly = await loadPlotly();
    if (!isAxisChosen) look.axis = runs.some((run) => suitsEpochs(run.records)) ? "epoch" : "step";
    axes.forEach((button, index) => button.setAttribute("aria-pressed", String(look.axis === ["epoch", "step"][index])));
    const curves = runs.map((run) => buildCurves(run.records, look.axis));
    grid.dataset.points = String(curves.reduce((sum, one) => sum + countPoints(one), 0));
    const names = [...new Set(curves.flatMap((one) => [...one.keys()]))];
    arrange(plotly, names);
    await Promise.all(names.map((name) => panels.get(name).draw(
      curves.flatMap((one, index) => (one.get(name) ?? []).map((line) => ({ run: runs[index].name, index, isOnly: runs.length === 1, line }))), look)));
  }

  /** Let there be a chart for each quantity, in order. */
  function arrange(plotly, names) {
    if (names.join() === [...panels.keys()].join()) return;
    for (const panel of panels.values()) panel.close();
    panels.clear();
    for (const name of names) panels.set(name, makePanel(plotly, name, name === "loss"));
    replace(grid, names.length ? [...panels.values()].map((panel) => panel.element) : h("p.muted", {}, "The first points come with the first step."));
  }

  return {
    element,
    show(next) {
      runs = next;
      return draw();
    },
    close() {
      offTheme();
      for (const panel of panels.values()) panel.close();
    },
  };
}
