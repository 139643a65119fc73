// Which pictures are shown on the map: as many as do not cover one another.

/**
 * Always the same ones first, so that moving the map changes few.
 * @param {Object} parts  what is looked at, see `openMap`
 * @param {number} width  of a picture with its margin, pixels
 * @param {number} height
 * @returns {number[]} items
 */
export function choosePictures({ camera, data, state, grid }, width, height) {
  const inView = new Uint8Array(data.numItems);
  const [left, right] = [camera.toMapX(-width / 2), camera.toMapX(camera.width + width / 2)];
  const [low, high] = [camera.toMapY(camera.height + height / 2), camera.toMapY(-height / 2)];
  grid.visit(left, right, low, high, (item) => (inView[item] = 1));
  const room = new Room(camera, width, height);
  const chosen = [];
  for (const item of data.drawOrder) {
    if (!inView[item] || state.isFaded(item)) continue;
    if (room.take(camera.toScreenX(data.points[2 * item]), camera.toScreenY(data.points[2 * item + 1]))) chosen.push(item);
  }
  return chosen;
}

// Cells of a picture's size, so that each holds one at most, with two more than the screen has at each side.
class Room {
  constructor(camera, width, height) {
    [this.width, this.height] = [width, height];
    this.columns = Math.ceil(camera.width / width) + 4;
    this.rows = Math.ceil(camera.height / height) + 4;
    this.xs = new Float32Array(this.columns * this.rows).fill(NaN);
    this.ys = new Float32Array(this.columns * this.rows);
  }

  // Returns false where another picture would be covered, or where nobody sees it.
  take(x, y) {
    const [column, row] = [Math.floor(x / this.width) + 2, Math.floor(y / this.height) + 2];
    if (column < 1 || row < 1 || column > this.columns - 2 || row > this.rows - 2) return false;
    for (let other = row - 1; other <= row + 1; other++) {
      for (let cell = other * this.columns + column - 1; cell <= other * this.columns + column + 1; cell++) {
        // A comparison with NaN, an empty cell, is false.
        if (Math.abs(this.xs[cell] - x) < this.width && Math.abs(this.ys[cell] - y) < this.height) return false;
      }
    }
    this.xs[row * this.columns + column] = x;
    this.ys[row * this.columns + column] = y;
    return true;
  }
}
