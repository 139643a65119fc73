// From the lines of metrics.jsonl to lines of a chart; plain functions of plain values.

const SPLITS = ["train", "validation"];
// What a record says besides its losses.
const NO_CURVES = new Set(["event", "epoch", "step", "train", "validation", "weights"]);

/**
 * @typedef {{split: string, source: "epoch" | "step", x: number[], y: (number | null)[]}} Line
 */

/** Whether curves are best drawn by epochs: once there are enough of them. @param {any[]} records */
export const suitsEpochs = (records) => records.filter((record) => record.event === "epoch").length > 2;

/**
 * The lines of each quantity, the total loss first.
 * @param {any[]} records  in order
 * @param {"epoch" | "step"} axis  what they are drawn against
 * @returns {Map<string, Line[]>}
 */
export function buildCurves(records, axis) {
  /** @type {Map<string, Map<string, Line>>} */
  const curves = new Map([["loss", new Map()]]);
  const add = (name, split, x, y) => {
    if (!curves.has(name)) curves.set(name, new Map());
    const lines = curves.get(name);
    if (!lines.has(split)) lines.set(split, { split, source: axis, x: [], y: [] });
    lines.get(split).x.push(x);
    lines.get(split).y.push(y);
  };
  for (const record of records) {
    if (record.event !== axis) continue;
    const x = axis === "epoch" ? record.epoch + 1 : record.step;
    for (const split of SPLITS)
      for (const [name, value] of Object.entries(record[split] ?? {}))
        if (isNumber(value)) add(name, split, x, value);
    for (const [name, value] of Object.entries(record))
      if (!NO_CURVES.has(name) && typeof value === "number") add(name, "", x, value);
  }
  return new Map([...curves].filter(([, lines]) => lines.size).map(([name, lines]) => [name, [...lines.values()]]));
}

// What was not finite is null: a gap in the line.
const isNumber = (value) => typeof value === "number" || value === null;

/**
 * An exponential mean that is not drawn to its first value; gaps stay gaps.
 * @param {(number | null)[]} values
 * @param {number} strength  from 0, as they are, to less than 1
 */
export function smooth(values, strength) {
  if (!strength) return values;
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = strength * sum + (1 - strength) * value;
    weight = strength * weight + (1 - strength);
    return sum / weight;
  });
}

/** The number of points of all lines, for whoever watches whether something came. */
export const countPoints = (curves) => [...curves.values()].flat().reduce((sum, line) => sum + line.x.length, 0);
