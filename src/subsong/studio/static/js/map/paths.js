// Trajectories: windows of one song in the order of time.

export class Paths {
  /** @param {import("./data.js").MapData} data */
  constructor(data) {
    this.data = data;
    this.isKnown = data.description.path_column !== null;
    this.groups = null;
  }

  /** Fetch what tells the order; does nothing for maps without trajectories. */
  async load() {
    if (!this.isKnown || this.groups) return;
    const [column, onsets, offsets] = await Promise.all(
      [this.data.description.path_column, "onset_s", "offset_s"].map((name) => this.data.loadColumn(name)),
    );
    this.keys = column.codes ?? column.values;
    this.middles = onsets.values.map((onset, item) => (onset + offsets.values[item]) / 2);
    const groups = new Map();
    this.keys.forEach((key, item) => {
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(item);
    });
    for (const items of groups.values()) items.sort((a, b) => this.middles[a] - this.middles[b]);
    this.groups = groups;
  }

  /** The items of the trajectory an item belongs to, in the order of time. @returns {number[]} */
  of(item) {
    return item < 0 || !this.groups ? [] : this.groups.get(this.keys[item]);
  }

  /** Pairs of items that follow each other, of all trajectories. @returns {Uint32Array} */
  listSteps() {
    const pairs = [];
    for (const items of this.groups.values()) for (let at = 1; at < items.length; at++) pairs.push(items[at - 1], items[at]);
    return Uint32Array.from(pairs);
  }

  /** Where on the map a trajectory is at a time of the recording. @param {number[]} items @returns {[number, number]} */
  locate(items, timeS) {
    const { points } = this.data;
    let next = items.findIndex((item) => this.middles[item] > timeS);
    if (next < 0) next = items.length - 1;
    const before = Math.max(0, next - 1);
    const [a, b] = [items[before], items[next]];
    const span = this.middles[b] - this.middles[a];
    const share = span > 0 ? Math.min(Math.max((timeS - this.middles[a]) / span, 0), 1) : 1;
    return [0, 1].map((part) => points[2 * a + part] + share * (points[2 * b + part] - points[2 * a + part]));
  }
}
