// What the file carries, decoded once. Texts reach the page only as textContent or canvas text, never as markup.

const find = (id) => document.getElementById(id);

function decodeBytes(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

const decode = (text, Type) => new Type(decodeBytes(text).buffer);

const data = JSON.parse(find("map-data").textContent);
const numItems = data.num_items;
const points = decode(data.points, Float32Array); // x, y, x, y, ...
const columns = data.columns.map((column) => {
  if (column.kind === "number") return { ...column, values: decode(column.values, Float64Array) };
  if (column.kind === "category") return { ...column, codes: decode(column.codes, Int32Array) };
  return column;
});

function formatNumber(value) {
  if (Number.isNaN(value)) return "—";
  const shown = Number.isInteger(value) ? value : Number(value.toPrecision(5));
  return String(shown).replace("-", "−");
}

function readText(column, item) {
  if (column.kind === "number") return formatNumber(column.values[item]);
  if (column.kind === "category") return column.codes[item] < 0 ? "—" : column.levels[column.codes[item]];
  return column.values[item];
}

// The same shuffling as in the figures: items of a class often come in a row, and must not cover the others.
const drawOrder = Uint32Array.from({ length: numItems }, (_, item) => item);
drawOrder.sort((a, b) => ((a * 0.6180339887498949) % 1) - ((b * 0.6180339887498949) % 1));

const state = { pinned: -1, hovered: -1, selected: null, column: null, lasso: false, pictures: false, listen: false };
