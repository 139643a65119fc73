// What is under the pointer: the edge of an annotation, its body, an event, or nothing. Pure geometry in pixels.

/** @typedef {{id: number, left: number, right: number, top: number, bottom: number, isEvent: boolean, isBox: boolean}} Outline */
/** @typedef {{id: number, part: "body" | "onset" | "offset" | "low" | "high"}} Hit */

export const GRIP_PX = 6;
const LEAST_BODY_PX = 6;

function findEdge(outline, x, y) {
  if (outline.isEvent) return null;
  // A narrow one keeps a middle by which it can be held.
  const inside = Math.min(GRIP_PX, Math.max((outline.right - outline.left - LEAST_BODY_PX) / 2, 0));
  const near = (edge, at, within) => at >= edge - GRIP_PX && at <= edge + within;
  if (near(outline.left, x, inside)) return "onset";
  if (near(-outline.right, -x, inside)) return "offset";
  if (!outline.isBox) return null;
  if (near(outline.top, y, GRIP_PX)) return "high";
  return near(-outline.bottom, -y, GRIP_PX) ? "low" : null;
}

function findPart(outline, x, y) {
  if (x < outline.left - GRIP_PX || x > outline.right + GRIP_PX) return null;
  if (y < outline.top - GRIP_PX || y > outline.bottom + GRIP_PX) return null;
  if (outline.isEvent) return "body";
  return findEdge(outline, x, y) ?? (x >= outline.left && x <= outline.right ? "body" : null);
}

const contains = ({ left, right, top, bottom }, x, y) => x >= left && x <= right && y >= top && y <= bottom;

/**
 * The annotation and its part under the pointer: a selected one before others, one the pointer is inside of before
 * its neighbours, and of several the shortest, which could not be reached otherwise.
 *
 * @param {Iterable<Outline>} outlines
 * @param {{has(id: number): boolean}} selected
 * @returns {Hit | null}
 */
export function findHit(outlines, x, y, selected) {
  let best = null;
  for (const outline of outlines) {
    const part = findPart(outline, x, y);
    if (part === null) continue;
    const rank = (selected.has(outline.id) ? 2 : 0) + (contains(outline, x, y) ? 1 : 0);
    const length = outline.right - outline.left;
    if (best === null || rank > best.rank || (rank === best.rank && length < best.length)) {
      best = { rank, length, hit: { id: outline.id, part } };
    }
  }
  return best?.hit ?? null;
}

/** Ids of those that a box touches. */
export function findInBox(outlines, box) {
  const touches = (one) => one.right >= box.left && one.left <= box.right && one.bottom >= box.top && one.top <= box.bottom;
  return [...outlines].filter(touches).map((one) => one.id);
}
