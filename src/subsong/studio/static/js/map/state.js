// What is looked at: the colours, what is hidden, pointed at, held and chosen; whoever draws is told of changes.

/** @typedef {"hover" | "pin" | "select" | "colour" | "mask" | "tool" | "labels"} Event */

export class MapState {
  /** @param {import("./data.js").MapData} data */
  constructor(data) {
    this.data = data;
    this.hovered = -1;
    this.pinned = -1;
    /** @type {Set<number>} the chosen items, in the order they were chosen */
    this.selected = new Set();
    /** @type {import("./data.js").Column | null} */
    this.column = null;
    this.hiddenLevels = new Set();
    this.emphasised = null; // a level pointed at in the legend; null: none
    this.tool = "move"; // or "lasso", "rectangle"
    this.pictures = false;
    this.listen = false;
    this.allPaths = false;
    this.pointSize = 1;
    this.found = new Uint8Array(data.numItems).fill(1);
    this.shown = new Uint8Array(data.numItems).fill(1);
    this.listeners = new Map();
    this.updateShown();
  }

  /** @param {Event} event @param {() => void} listener */
  on(event, listener) {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
  }

  emit(event) {
    for (const listener of this.listeners.get(event) ?? []) listener();
  }

  hover(item) {
    if (item === this.hovered) return;
    this.hovered = item;
    this.emit("hover");
  }

  pin(item) {
    this.pinned = item;
    this.emit("pin");
  }

  /** @param {Iterable<number>} items */
  select(items) {
    this.selected = new Set(items);
    this.emit("select");
  }

  set(name, value) {
    this[name] = value;
    this.emit("tool");
  }

  colourBy(column) {
    this.column = column;
    this.hiddenLevels.clear();
    this.emphasised = null;
    this.updateShown();
    this.emit("colour");
  }

  emphasise(level) {
    this.emphasised = level;
    this.emit("mask");
  }

  changeMask() {
    this.updateShown();
    this.emit("mask");
  }

  /** The labels are others now: the column that colours may be one of those. */
  changeLabels() {
    const { column } = this;
    if (column) this.column = this.data.columns.get(column.name) ?? null;
    if (column?.levels && this.column) this.followLevels(column.levels, this.column.levels);
    this.emphasised = null;
    this.updateShown();
    this.emit("colour");
    this.emit("labels");
    this.select([...this.selected].filter((item) => !this.data.removed.has(item)));
  }

  // Hidden groups stay hidden, whichever number they have now.
  followLevels(before, after) {
    const names = [...this.hiddenLevels].map((level) => before[level]);
    const none = this.hiddenLevels.has(-1) ? [-1] : [];
    this.hiddenLevels = new Set([...none, ...names.map((name) => after.indexOf(name)).filter((level) => level >= 0)]);
  }

  // Shown is what the search finds, less hidden groups and what is no annotation any more.
  updateShown() {
    const codes = this.column?.kind === "category" && this.hiddenLevels.size ? this.column.codes : null;
    for (let item = 0; item < this.shown.length; item++) {
      this.shown[item] = this.found[item] && !(codes && this.hiddenLevels.has(codes[item])) ? 1 : 0;
    }
    for (const item of this.data.removed) this.shown[item] = 0;
  }

  isFaded(item) {
    if (!this.shown[item]) return true;
    if (this.selected.size && !this.selected.has(item)) return true;
    return this.emphasised !== null && this.column.codes[item] !== this.emphasised;
  }
}
