// How the spectrogram is made and coloured: contrast, window, frequencies, colours.

import { COLOUR_TABLES } from "../shell/colours.js";
import { h } from "../shell/dom.js";
import { menu, select } from "./buttons.js";
import { fitView } from "./viewport.js";

const WINDOWS_MS = [0, 1, 2, 4, 8, 16, 32, 64];
const LEAST_RANGE_DB = 5;

/** @param {import("./stage.js").Stage} stage */
export function createPictureMenu(stage) {
  const { state } = stage;
  const draw = () => h("div.stack", { "data-testid": "picture-panel" }, drawContrast(stage), drawRange(state), drawManner(state));
  return menu({ text: "Picture", label: "Contrast, frequencies, window and colours", testid: "picture-menu", draw }).element;
}

function slider({ label, least, most, step, read, write, show }) {
  const output = h("output.number");
  const input = h("input", { type: "range", min: least, max: most, step, "aria-label": label, oninput: () => { write(Number(input.value)); update(); } });
  const update = () => {
    input.value = String(read());
    output.textContent = show(read());
  };
  update();
  return { element: h("div.slider", {}, h("span", {}, label), input, output), update };
}

function drawContrast(stage) {
  const { state } = stage;
  const decibels = (value) => `${value} dB`;
  const set = (changes) => state.setSettings({ ...changes, isAuto: false });
  const floor = slider({
    label: "Floor", least: -120, most: -10, step: 1, show: decibels, read: () => state.settings.floor_db,
    write: (floor_db) => set({ floor_db, ceiling_db: Math.max(state.settings.ceiling_db, floor_db + LEAST_RANGE_DB) }),
  });
  const ceiling = slider({
    label: "Ceiling", least: -110, most: 0, step: 1, show: decibels, read: () => state.settings.ceiling_db,
    write: (ceiling_db) => set({ ceiling_db, floor_db: Math.min(state.settings.floor_db, ceiling_db - LEAST_RANGE_DB) }),
  });
  const gamma = slider({
    label: "Gamma", least: 0.3, most: 2.5, step: 0.05, show: (value) => value.toFixed(2), read: () => state.settings.gamma,
    write: (value) => state.setSettings({ gamma: value }),
  });
  const fit = () => {
    state.setSettings({ isAuto: true });
    stage.fitContrast();
    for (const one of [floor, ceiling]) one.update();
  };
  floor.element.addEventListener("input", ceiling.update);
  ceiling.element.addEventListener("input", floor.update);
  return h("div.stack.tight", {}, h("div.row.spread", {}, h("h3", {}, "Contrast"),
    h("button", { type: "button", onclick: fit, "data-testid": "fit-contrast", title: "Shift+C" }, "Fit to the view")),
  floor.element, ceiling.element, gamma.element);
}

function drawRange(state) {
  const { nyquist_hz } = state.bounds;
  const field = (label, key) => {
    const input = h("input", { type: "number", min: 0, max: nyquist_hz / 1000, step: "any", value: (state.view[key] / 1000).toFixed(2), "data-testid": key });
    input.addEventListener("change", () => {
      const view = { ...state.view, [key]: Number(input.value) * 1000 };
      if (input.value !== "" && view.high_hz > view.low_hz) state.setView(fitView(view, state.bounds));
    });
    return h("label.field", {}, label, input);
  };
  const whole = () => state.setView({ ...state.view, low_hz: 0, high_hz: nyquist_hz });
  return h("div.stack.tight", {}, h("h3", {}, "Frequencies"),
    h("div.range", {}, field("From, kHz", "low_hz"), field("To, kHz", "high_hz"), h("button", { type: "button", onclick: whole }, "All")));
}

function drawManner(state) {
  const windows = WINDOWS_MS.map((window_ms) => [window_ms, window_ms === 0 ? "fits the zoom" : `${window_ms} ms`]);
  const tables = COLOUR_TABLES.map((name) => [name, name === "theme" ? "as the page" : name]);
  return h("div.range", {},
    h("label.field", {}, "Window", select({ label: "Window", testid: "window", choices: windows, value: state.settings.window_ms, onChange: (window_ms) => state.setSettings({ window_ms }) })),
    h("label.field", {}, "Colours", select({ label: "Colours", testid: "colours", choices: tables, value: state.settings.colours, onChange: (colours) => state.setSettings({ colours }) })));
}
