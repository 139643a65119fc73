// Pictures of items: those pointed at come first, those that may be wanted next are fetched while nothing else is.

import { url } from "../shell/api.js";
import { getTheme } from "../shell/theme.js";

const MAX_KEPT = 2000;
const AT_ONCE = 4;

export class ImageStore {
  /** @param {import("./data.js").MapData} data */
  constructor(data) {
    this.data = data;
    this.kept = new Map(); // item -> {image, promise}, the latest used last
    this.queue = [];
    this.running = 0;
    this.listeners = new Set();
  }

  get size() {
    return this.data.description.image;
  }

  addressOf(item) {
    return url(`${this.data.address}/image`, { item, theme: getTheme(), v: this.data.description.version });
  }

  /** The picture if it has come; it is not asked for. @returns {HTMLImageElement | null} */
  peek(item) {
    const known = this.kept.get(item);
    return known?.image.complete && known.image.naturalWidth ? known.image : null;
  }

  /** Ask for a picture at once. @returns {Promise<HTMLImageElement>} */
  load(item) {
    const known = this.kept.get(item) ?? this.start(item);
    this.kept.delete(item);
    this.kept.set(item, known);
    if (this.kept.size > MAX_KEPT) this.kept.delete(this.kept.keys().next().value);
    return known.promise;
  }

  start(item) {
    const image = new Image();
    image.src = this.addressOf(item);
    const promise = image.decode().then(() => image);
    promise.catch(() => this.kept.delete(item)); // asked for again when it is wanted again
    return { image, promise };
  }

  /** Ask for these, a few at a time, in place of what still waits. @param {number[]} items */
  prefetch(items) {
    this.queue = items.filter((item) => !this.kept.has(item));
    while (this.running < AT_ONCE && this.queue.length) this.runNext();
  }

  async runNext() {
    const item = this.queue.shift();
    this.running++;
    await this.load(item).catch(() => null);
    this.running--;
    for (const listener of this.listeners) listener();
    if (this.queue.length) this.runNext();
  }

  /** Forget all, as when the theme changes. */
  clear() {
    this.kept.clear();
    this.queue = [];
  }
}
