// Edges that hold on to what is near: edges of other annotations, and the cursor.

const REACH_PX = 7;

/**
 * The time, or the edge near it where snapping is on; Alt, pressed while a drag lasts, turns it over.
 *
 * @param {import("./stage.js").Stage} stage
 * @param {number} time_s
 * @param {{altKey: boolean}} event
 * @param {{id: number}[]} except annotations that are dragged
 */
export function snapTime(stage, time_s, event, except = []) {
  if (stage.state.settings.snap === event.altKey) return time_s;
  const own = new Set(except.map((one) => one.id));
  const others = stage.state.listInView().filter((one) => !own.has(one.id));
  const edges = [...others.flatMap((one) => [one.onset_s, one.offset_s]), stage.state.cursor_s];
  return findNearest(edges, time_s, REACH_PX * stage.pixel_s);
}

/** The nearest of some times within reach, else the time itself. */
export function findNearest(edges, time_s, reach_s) {
  let nearest = time_s;
  for (const edge of edges) {
    const distance = Math.abs(edge - time_s);
    if (distance <= reach_s) [nearest, reach_s] = [edge, distance];
  }
  return nearest;
}
