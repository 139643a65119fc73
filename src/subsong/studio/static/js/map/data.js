// A map as the server gives it: points, columns that are fetched when they are wanted, and what was changed since.

import { get, getBytes } from "../shell/api.js";

/**
 * @typedef {Object} Column
 * @property {string} name
 * @property {"category" | "number" | "text"} kind
 * @property {string[]} [levels]  of a category
 * @property {Int32Array} [codes]  of a category: -1 for no value
 * @property {Float64Array} [values]  of a number: NaN for none; of a text: string[]
 */

/**
 * A map with all that its first picture needs.
 * @param {ArrayBuffer} bytes  as the server packs it
 * @returns {{maps: Object[], data: MapData | null, column: Column | null}} the maps there are, the open one, what colours it
 */
export function unpackOpening(bytes) {
  const { header, start } = unpackHeader(bytes);
  if (!header.map) return { maps: header.maps, data: null, column: null };
  const points = new Float32Array(bytes, start, 2 * header.map.num_items);
  const column = header.column && attachValues(header.column, bytes, start + points.byteLength);
  return { maps: header.maps, data: new MapData(header.map, points, column), column };
}

const addressOf = (name) => `/api/maps/${encodeURIComponent(name)}`;

/** @param {ArrayBuffer} bytes  a length, a header in JSON, numbers @returns {Column} */
export function unpackColumn(bytes) {
  const { header, start } = unpackHeader(bytes);
  return attachValues(header, bytes, start);
}

function unpackHeader(bytes) {
  const length = new DataView(bytes).getUint32(0, true);
  return { header: JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length))), start: 4 + length };
}

function attachValues(header, bytes, start) {
  if (header.kind === "category") return { ...header, codes: new Int32Array(bytes, start) };
  if (header.kind === "number") return { ...header, values: new Float64Array(bytes, start) };
  return header;
}

export class MapData {
  constructor(description, points, first) {
    this.description = description;
    this.name = description.name;
    this.address = addressOf(description.name);
    this.points = points; // x, y, x, y, ...
    this.numItems = points.length / 2;
    this.removed = new Set(description.removed);
    /** @type {Map<string, Column>} */
    this.columns = new Map(first ? [[first.name, first]] : []);
    this.loading = new Map();
    this.drawOrder = shuffle(this.numItems);
  }

  /** What the description says of the columns, in the order they are shown. */
  get listed() {
    return this.description.columns;
  }

  hasColumn(name) {
    return this.listed.some((column) => column.name === name);
  }

  /** @returns {Promise<Column>} */
  async loadColumn(name) {
    if (this.columns.has(name)) return this.columns.get(name);
    if (!this.loading.has(name)) this.loading.set(name, getBytes(`${this.address}/column`, { column: name }));
    try {
      this.columns.set(name, unpackColumn(await this.loading.get(name)));
    } finally {
      this.loading.delete(name);
    }
    return this.columns.get(name);
  }

  loadColumns() {
    return Promise.all(this.listed.map((column) => this.loadColumn(column.name)));
  }

  /** Fetch anew what annotations and tags can have changed. */
  async refresh() {
    this.description = await get(this.address);
    this.removed = new Set(this.description.removed);
    for (const name of ["label", "tag"]) {
      this.columns.delete(name);
      if (this.hasColumn(name)) await this.loadColumn(name);
    }
  }

  /** What a column that was loaded says of an item, as text. */
  readText(name, item) {
    const column = this.columns.get(name);
    if (!column) return "";
    if (column.kind === "number") return formatNumber(column.values[item]);
    if (column.kind === "category") return column.codes[item] < 0 ? "—" : column.levels[column.codes[item]];
    return column.values[item];
  }
}

// Items of a class often come in a row, and must not cover the others: they are drawn in an order that strides over all.
function shuffle(count) {
  let stride = Math.max(1, Math.round(count * 0.6180339887498949));
  while (divide(stride, count) !== 1) stride++;
  const order = new Uint32Array(count);
  for (let at = 0, item = 0; at < count; at++, item = (item + stride) % count) order[at] = item;
  return order;
}

const divide = (a, b) => (b ? divide(b, a % b) : a);

/** A number as people read it. @param {number | null} value @param {number} digits */
export function formatNumber(value, digits = 5) {
  if (value === null || Number.isNaN(value)) return "—";
  const shown = Number.isInteger(value) ? value : Number(value.toPrecision(digits));
  return String(shown).replace("-", "−");
}

/** Such as "1,234 syllables". */
export const countOf = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
