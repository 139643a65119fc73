// Tiles that were fetched, and those on their way: the most wanted first, a few at a time, none that nobody wants.
//
// What a tile is, and how it is fetched, is the caller's: `load(request, signal)` promises it. The store keeps the
// tiles used last, up to its capacity, and stops the loading of what is no longer wanted. A tile with a number `again_s`
// is provisional: it is kept, and after so many seconds fetched again if it is still wanted.

const AT_ONCE = 4;
const RETRY_MS = 4000;

/** @template Tile */
export class TileStore {
  /**
   * @param {(request: any, signal: AbortSignal) => Promise<Tile>} load
   * @param {{capacity: number, onTile: () => void, onError?: (error: Error) => void}} options
   */
  constructor(load, { capacity, onTile, onError = () => {} }) {
    this.load = load;
    this.capacity = capacity;
    this.onTile = onTile;
    this.onError = onError;
    /** @type {Map<string, Tile>} least recently used first */
    this.tiles = new Map();
    this.loading = new Map();
    this.failed = new Map();
    /** When provisional tiles are fetched again. @type {Map<string, number>} */
    this.due = new Map();
    this.queue = [];
  }

  /** The tile of this key, or undefined; having asked for it keeps it longer. @returns {Tile | undefined} */
  get(key) {
    const tile = this.tiles.get(key);
    if (tile !== undefined) {
      this.tiles.delete(key);
      this.tiles.set(key, tile);
    }
    return tile;
  }

  /** Say what is wanted from now on, the most wanted first; everything else on its way is given up. */
  want(requests) {
    const keys = new Set(requests.map((request) => request.key));
    for (const [key, controller] of this.loading) if (!keys.has(key)) controller.abort();
    this.queue = requests.filter(({ key }) => !this.#isGood(key) && !this.loading.has(key) && !this.#rests(key));
    this.#start();
  }

  /** Stop everything and forget all tiles. */
  close() {
    this.onTile = () => {};
    this.want([]);
    this.tiles.clear();
  }

  #isGood(key) {
    return this.tiles.has(key) && !(performance.now() >= this.due.get(key));
  }

  #rests(key) {
    return performance.now() - (this.failed.get(key) ?? -Infinity) < RETRY_MS;
  }

  #start() {
    while (this.loading.size < AT_ONCE && this.queue.length > 0) this.#fetch(this.queue.shift());
  }

  async #fetch(request) {
    const controller = new AbortController();
    this.loading.set(request.key, controller);
    try {
      this.#keep(request.key, await this.load(request, controller.signal));
    } catch (error) {
      if (!controller.signal.aborted) this.#fail(request.key, error);
    } finally {
      this.loading.delete(request.key);
    }
    this.#start();
  }

  #keep(key, tile) {
    this.failed.delete(key);
    this.due.delete(key);
    this.tiles.set(key, tile);
    if (tile.again_s) this.#fetchAgain(key, tile.again_s * 1000);
    for (const oldest of this.tiles.keys()) {
      if (this.tiles.size <= this.capacity) break;
      this.tiles.delete(oldest);
      this.due.delete(oldest);
    }
    this.onTile();
  }

  #fetchAgain(key, wait_ms) {
    this.due.set(key, performance.now() + wait_ms);
    setTimeout(() => this.onTile(), wait_ms + 50); // drawn again, it is asked for again
  }

  #fail(key, error) {
    this.failed.set(key, performance.now());
    this.onError(error);
    setTimeout(() => this.onTile(), RETRY_MS + 50); // drawn again, it is asked for again
  }
}
