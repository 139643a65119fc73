// How each point looks now: its colour, and if it is faded or not drawn; in the order in which points are drawn.

export const [FADED_PASS, BRIGHT_PASS, HIDDEN] = [0, 1, 2];
/** How much of the colour of a faded point, and of a line between points, is seen. */
export const [FADED, LINE_STRENGTH] = [0.16, 0.14];

export class Styles {
  /** @param {import("./data.js").MapData} data */
  constructor(data) {
    this.data = data;
    /** Of each point: number in the table, then FADED_PASS, BRIGHT_PASS or HIDDEN. */
    this.bytes = new Uint8Array(2 * data.numItems);
    /** Red, green, blue, alpha of each colour. */
    this.table = new Uint8Array([0, 0, 0, 255]);
    this.hasFaded = false;
  }

  /** @param {import("./state.js").MapState} state @param {import("./colouring.js").Colouring} colouring */
  update(state, colouring) {
    const { drawOrder, removed } = this.data;
    const { bytes } = this;
    const { codes, missing } = colouring;
    const hasRemoved = removed.size > 0;
    this.hasFaded = false;
    for (let at = 0; at < drawOrder.length; at++) {
      const item = drawOrder[at];
      const faded = state.isFaded(item);
      bytes[2 * at] = state.shown[item] ? codes[item] : missing;
      bytes[2 * at + 1] = hasRemoved && removed.has(item) ? HIDDEN : faded ? FADED_PASS : BRIGHT_PASS;
      if (faded) this.hasFaded = true;
    }
    this.table = colouring.toBytes();
  }
}

/** The radius of a point: smaller the more there are, larger the closer one looks. */
export function chooseRadius(camera, numItems, factor) {
  const crowd = Math.sqrt((camera.width * camera.height) / numItems);
  const zoom = Math.pow(Math.max(camera.zoom, 1), 0.3);
  return Math.min(Math.max(crowd * 0.14, 1.2), 4.2) * Math.min(zoom, 2.6) * factor;
}

/** How much of a point's colour is seen: many let through what lies below them, until one looks closely. */
export function chooseStrength(numItems, zoom) {
  const far = numItems > 20000 ? 0.62 : 0.84;
  return Math.min(far + 0.1 * Math.log2(Math.max(zoom, 1)), 0.92);
}
