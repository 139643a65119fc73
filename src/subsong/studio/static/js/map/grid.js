// Which points are near a place: a grid of cells over the map, each with the points in it.

const POINTS_PER_CELL = 4;

export class PointGrid {
  /** @param {Float32Array} points @param {{left: number, right: number, low: number, high: number}} bounds */
  constructor(points, bounds) {
    this.points = points;
    this.bounds = bounds;
    const count = points.length / 2;
    this.side = Math.max(1, Math.round(Math.sqrt(count / POINTS_PER_CELL)));
    this.cellWidth = (bounds.right - bounds.left || 1e-6) / this.side;
    this.cellHeight = (bounds.high - bounds.low || 1e-6) / this.side;
    const cells = new Uint32Array(count);
    this.starts = new Uint32Array(this.side * this.side + 1);
    for (let item = 0; item < count; item++) {
      cells[item] = this.rowOf(points[2 * item + 1]) * this.side + this.columnOf(points[2 * item]);
      this.starts[cells[item] + 1]++;
    }
    for (let cell = 0; cell < this.side * this.side; cell++) this.starts[cell + 1] += this.starts[cell];
    const next = this.starts.slice();
    this.items = new Uint32Array(count);
    for (let item = 0; item < count; item++) this.items[next[cells[item]]++] = item;
  }

  columnOf(x) {
    return Math.min(Math.max(Math.floor((x - this.bounds.left) / this.cellWidth), 0), this.side - 1);
  }

  rowOf(y) {
    return Math.min(Math.max(Math.floor((y - this.bounds.low) / this.cellHeight), 0), this.side - 1);
  }

  /** Call `visit(item)` for the points of all cells that a box touches. */
  visit(left, right, low, high, visit) {
    const [first, last] = [this.columnOf(left), this.columnOf(right)];
    for (let row = this.rowOf(low); row <= this.rowOf(high); row++) {
      const stop = this.starts[row * this.side + last + 1];
      for (let at = this.starts[row * this.side + first]; at < stop; at++) visit(this.items[at]);
    }
  }

  /**
   * The nearest point that is shown, within `reach` of a place of the map.
   * @param {Uint8Array} shown
   * @returns {number}  -1 for none
   */
  findNearest(x, y, reach, shown) {
    let best = -1;
    let least = reach * reach;
    this.visit(x - reach, x + reach, y - reach, y + reach, (item) => {
      const [dx, dy] = [this.points[2 * item] - x, this.points[2 * item + 1] - y];
      const distance = dx * dx + dy * dy;
      if (distance < least && shown[item]) [best, least] = [item, distance];
    });
    return best;
  }

  /** Some of the nearest points, the nearest first. */
  findSome(x, y, reach, count, shown) {
    const near = [];
    this.visit(x - reach, x + reach, y - reach, y + reach, (item) => {
      if (shown[item]) near.push([Math.hypot(this.points[2 * item] - x, this.points[2 * item + 1] - y), item]);
    });
    return near.sort((a, b) => a[0] - b[0]).slice(0, count).map(([, item]) => item);
  }

  /** The neighbour in a direction: near counts, and so does lying straight ahead (within 45 degrees). */
  findNeighbour(from, wayX, wayY, shown) {
    let best = -1;
    let least = Infinity;
    const [x, y] = [this.points[2 * from], this.points[2 * from + 1]];
    for (let item = 0; item < shown.length; item++) {
      if (item === from || !shown[item]) continue;
      const [dx, dy] = [this.points[2 * item] - x, this.points[2 * item + 1] - y];
      const ahead = dx * wayX + dy * wayY;
      const aside = Math.abs(dx * wayY - dy * wayX);
      if (ahead <= 0 || aside > ahead) continue;
      const cost = ahead + 2 * aside;
      if (cost < least) [best, least] = [item, cost];
    }
    return best;
  }

  /** The points that are shown inside an outline. @param {number[]} outline  x, y, x, y, ... of the map */
  findInside(outline, shown) {
    const xs = outline.filter((_, at) => at % 2 === 0);
    const ys = outline.filter((_, at) => at % 2 === 1);
    const found = [];
    this.visit(Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys), (item) => {
      if (shown[item] && isInside(outline, this.points[2 * item], this.points[2 * item + 1])) found.push(item);
    });
    return found.sort((a, b) => a - b);
  }
}

// Even-odd rule: a ray from the point crosses the outline an odd number of times.
function isInside(outline, x, y) {
  let inside = false;
  for (let at = 0, before = outline.length - 2; at < outline.length; before = at, at += 2) {
    const [x1, y1, x2, y2] = [outline[at], outline[at + 1], outline[before], outline[before + 1]];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}
