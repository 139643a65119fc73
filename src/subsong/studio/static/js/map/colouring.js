// The colour of each item: a number into a short table, so that a change of theme only changes the table.

import { colourTable, labelColour, listColours } from "../shell/colours.js";
import { getColour, getTheme } from "../shell/theme.js";

const NUM_STEPS = 128;
// The part of the scale that stands out against the ground.
const NUMBER_PART = { light: [0, 0.9], dark: [0.2, 1] };

export class Colouring {
  /** @param {import("./state.js").MapState} state */
  constructor(state) {
    this.state = state;
    this.codes = new Uint8Array(state.data.numItems);
    /** @type {string[]} CSS colours; the last is for items without a value, and for those not shown */
    this.table = [];
    this.update();
  }

  get missing() {
    return this.table.length - 1;
  }

  update() {
    const { column } = this.state;
    if (!column) this.colourAlike();
    else if (column.kind === "category") this.colourGroups(column);
    else this.colourNumbers(column);
  }

  colourAlike() {
    this.table = [getColour("accent"), getColour("muted")];
    this.codes.fill(0);
  }

  // Labels have the colours they have on every page; groups of other columns take them in turn.
  colourGroups(column) {
    const colours = listColours();
    this.table = [...colours, getColour("muted")];
    const places = column.levels.map((level, code) => {
      return column.name === "label" ? colours.indexOf(labelColour(level)) : code % colours.length;
    });
    for (let item = 0; item < this.codes.length; item++) {
      this.codes[item] = column.codes[item] < 0 ? this.missing : places[column.codes[item]];
    }
    this.levelColours = places.map((place) => this.table[place]);
  }

  colourNumbers(column) {
    const scale = colourTable("viridis");
    const [first, last] = NUMBER_PART[getTheme()];
    const steps = Array.from({ length: NUM_STEPS }, (_, step) => {
      const at = 3 * Math.round(255 * (first + (step / (NUM_STEPS - 1)) * (last - first)));
      return `rgb(${scale[at]} ${scale[at + 1]} ${scale[at + 2]})`;
    });
    this.table = [...steps, getColour("muted")];
    const [low, high] = (column.range ??= computeRange(column.values));
    for (let item = 0; item < this.codes.length; item++) {
      const share = high > low ? (column.values[item] - low) / (high - low) : 0.5;
      this.codes[item] = Number.isNaN(column.values[item])
        ? this.missing
        : Math.min(Math.max(Math.round(share * (NUM_STEPS - 1)), 0), NUM_STEPS - 1);
    }
  }

  colourOf(item) {
    return this.table[this.codes[item]];
  }

  colourOfLevel(level) {
    return level < 0 ? this.table[this.missing] : this.levelColours[level];
  }

  /** The table as bytes, red, green, blue, alpha of each entry. @returns {Uint8Array} */
  toBytes() {
    return Uint8Array.from(this.table.flatMap((colour) => [...parseColour(colour), 255]));
  }
}

/** Red, green and blue of a colour as the theme and the tables write it: #0072b2 or rgb(0 114 178). */
export function parseColour(text) {
  if (text.startsWith("#")) return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
  return text.match(/\d+/g).map(Number);
}

// The outermost hundredths share the end colours: one odd value must not take the whole scale.
function computeRange(values) {
  const known = values.filter(Number.isFinite).sort();
  if (!known.length) return [0, 1];
  const low = known[Math.floor(0.01 * (known.length - 1))];
  const high = known[Math.ceil(0.99 * (known.length - 1))];
  return low < high ? [low, high] : [known[0], known[known.length - 1]];
}

/** How many items each level has, and how many have none. @param {import("./data.js").Column} column */
export function countLevels(column, removed) {
  const counts = new Uint32Array(column.levels.length);
  let missing = 0;
  column.codes.forEach((code, item) => {
    if (removed.has(item)) return;
    if (code < 0) missing++;
    else counts[code]++;
  });
  return { counts, missing };
}
