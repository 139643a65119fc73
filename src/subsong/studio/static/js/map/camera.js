// From map to screen: one scale both ways, y upwards, in pixels of the layout.

const LEAST_ZOOM = 0.25;
const MOST_ZOOM = 4000;

export class Camera {
  /** @param {Float32Array} points */
  constructor(points) {
    Object.assign(this, { x: 0, y: 0, scale: 1, fitted: 1, width: 1, height: 1, ratio: 1 });
    this.bounds = findBounds(points);
  }

  /** The whole map with room around it. */
  fit() {
    const { left, right, low, high } = this.bounds;
    const margin = Math.min(56, this.width / 8, this.height / 8);
    const [spanX, spanY] = [right - left || 1e-6, high - low || 1e-6];
    this.fitted = Math.min((this.width - 2 * margin) / spanX, (this.height - 2 * margin) / spanY);
    this.scale = this.fitted;
    this.x = (left + right) / 2;
    this.y = (low + high) / 2;
  }

  /** @returns {boolean} whether the size is another */
  resize(width, height, ratio) {
    if (width === this.width && height === this.height && ratio === this.ratio) return false;
    const whole = this.width === 1 || this.scale === this.fitted;
    Object.assign(this, { width, height, ratio });
    if (whole) this.fit();
    return true;
  }

  get zoom() {
    return this.scale / this.fitted;
  }

  zoomAt(px, py, factor) {
    const scale = Math.min(Math.max(this.scale * factor, this.fitted * LEAST_ZOOM), this.fitted * MOST_ZOOM);
    const shift = 1 / this.scale - 1 / scale;
    this.x += (px - this.width / 2) * shift;
    this.y -= (py - this.height / 2) * shift;
    this.scale = scale;
  }

  panBy(dx, dy) {
    this.x -= dx / this.scale;
    this.y += dy / this.scale;
  }

  toScreenX(x) {
    return (x - this.x) * this.scale + this.width / 2;
  }

  toScreenY(y) {
    return this.height / 2 - (y - this.y) * this.scale;
  }

  toMapX(px) {
    return this.x + (px - this.width / 2) / this.scale;
  }

  toMapY(py) {
    return this.y - (py - this.height / 2) / this.scale;
  }

  /** Move so that a place of the map is seen, if it is not. */
  show(x, y, margin = 40) {
    const [px, py] = [this.toScreenX(x), this.toScreenY(y)];
    const inside = px > margin && py > margin && px < this.width - margin && py < this.height - margin;
    if (!inside) [this.x, this.y] = [x, y];
  }
}

function findBounds(points) {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at < points.length; at += 2) {
    if (points[at] < left) left = points[at];
    if (points[at] > right) right = points[at];
    if (points[at + 1] < low) low = points[at + 1];
    if (points[at + 1] > high) high = points[at + 1];
  }
  return { left, right, low, high };
}
