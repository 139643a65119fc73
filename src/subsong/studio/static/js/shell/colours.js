// Colours of labels, and tables of colours for spectrograms.

import { getTheme } from "./theme.js";

// Okabe and Ito's, then five that stay apart from them for all kinds of colour vision; on dark ground the same, lighter.
const PALETTE = {
  light: ["#0072b2", "#d55e00", "#009e73", "#e69f00", "#56b4e9", "#cc79a7", "#b8a800", "#5b3fb5", "#a51c30", "#1b7f86", "#6b7280", "#4d8b31"],
  dark: ["#4ba6e6", "#ff8a4c", "#2fc99a", "#f2b632", "#9fd8ff", "#ee9cc4", "#f5ec6b", "#a796ff", "#ff7b7b", "#4cc7cc", "#c9ced4", "#9be08f"],
};

let order = new Map();

/** Tell which labels the project has, the most frequent first: these share no colours while there are enough. */
export function setLabels(labels) {
  order = new Map(labels.map((label, index) => [label, index]));
}

/** The labels as they were told, the most frequent first. @returns {string[]} */
export const listLabels = () => [...order.keys()];

/** The colour of a label in the present theme, CSS text; the same label has the same one on every page. */
export function labelColour(label) {
  const colours = PALETTE[getTheme()];
  if (!order.has(label)) order.set(label, order.size);
  return colours[order.get(label) % colours.length];
}

/** The palette of the present theme. @returns {string[]} */
export const listColours = () => PALETTE[getTheme()];

const STOPS = {
  paper: ["#fbfcfd", "#b9cfe0", "#4a7ba6", "#123a5e", "#06141f"],
  night: ["#0d1016", "#2a1a52", "#7a2a73", "#d5524f", "#f9a242", "#fdf3c3"],
  viridis: ["#440154", "#482878", "#3e4a89", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6dcd59", "#b4de2c", "#fde725"],
  magma: ["#000004", "#180f3d", "#440f76", "#721f81", "#9e2f7f", "#cd4071", "#f1605d", "#fd9668", "#feca8d", "#fcfdbf"],
  grey: ["#000000", "#ffffff"],
  "grey reversed": ["#ffffff", "#000000"],
};

/** Names for choosing; "theme" is paper on light and night on dark ground. */
export const COLOUR_TABLES = ["theme", ...Object.keys(STOPS).filter((name) => name !== "paper" && name !== "night")];

const tables = new Map();

/**
 * 256 colours from quiet to loud.
 * @param {string} name  of COLOUR_TABLES
 * @returns {Uint8ClampedArray}  red, green, blue of each, 768 numbers
 */
export function colourTable(name) {
  const actual = name === "theme" || !STOPS[name] ? (getTheme() === "dark" ? "night" : "paper") : name;
  if (!tables.has(actual)) tables.set(actual, interpolate(STOPS[actual].map(parse)));
  return tables.get(actual);
}

const parse = (text) => [1, 3, 5].map((start) => parseInt(text.slice(start, start + 2), 16));

function interpolate(stops) {
  const table = new Uint8ClampedArray(768);
  for (let value = 0; value < 256; value++) {
    const place = (value / 255) * (stops.length - 1);
    const left = Math.min(Math.floor(place), stops.length - 2);
    for (let part = 0; part < 3; part++)
      table[3 * value + part] = stops[left][part] + (place - left) * (stops[left + 1][part] - stops[left][part]);
  }
  return table;
}
