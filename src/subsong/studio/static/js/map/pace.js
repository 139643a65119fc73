// How many points are drawn while the map moves: all of them where the machine keeps up, else a sample, until it rests.

const SLOW_MS = 40; // a frame that is felt
const QUICK_MS = 28;
const REST_MS = 160;
const LEAST = 6000;

export class Pace {
  /** @param {number} total  points of the map @param {() => void} finish  draws all of them, once the map rests */
  constructor(total, finish) {
    Object.assign(this, { total, finish, sample: total, before: 0, resting: 0, isMoving: false });
  }

  /** The map moves. */
  move() {
    if (!this.isMoving) this.before = performance.now();
    this.isMoving = true;
    clearTimeout(this.resting);
  }

  rest() {
    this.isMoving = false;
    if (this.sample < this.total) this.finish();
  }

  /** How many points this frame draws. @returns {number} */
  count() {
    clearTimeout(this.resting);
    if (!this.isMoving) return this.total;
    const now = performance.now();
    const took = now - this.before;
    this.before = now;
    // From the frame on, not from the movement: a slow frame comes long after what it shows.
    this.resting = setTimeout(() => this.rest(), REST_MS);
    if (took > SLOW_MS) this.sample = Math.max(Math.min(LEAST, this.total), Math.round(0.6 * this.sample));
    if (took < QUICK_MS) this.sample = Math.min(this.total, Math.round(1.25 * this.sample));
    return this.sample;
  }

  close() {
    clearTimeout(this.resting);
  }
}
