// Waveforms: least and largest sample of each column, from the server's tiles.

import { askTile } from "./asking.js";
import { planTiles, TILE_COLUMNS, tileSpan } from "./tiles.js";
import { TileStore } from "./tile_store.js";
import { endOf, timeToX, xToTime } from "./viewport.js";

const MOST_TILES = 200;
const LEAST_PEAK = 1e-4;
const BEHIND_ALPHA = 0.35;

/** @typedef {{channel: number, level: number, index: number, key: string}} Request */

/** Least and largest value of the columns `from` to `to`, `to` not included. */
function findExtremes(values, from, to) {
  let least = Infinity;
  let largest = -Infinity;
  for (let column = from; column < to; column++) {
    least = Math.min(least, values[2 * column]);
    largest = Math.max(largest, values[2 * column + 1]);
  }
  return [least, largest];
}

export class Waveform {
  /** @param {import("./state.js").State} state @param {{onTile: () => void, onError: (error: Error) => void}} listeners */
  constructor(state, listeners) {
    this.state = state;
    this.peak = LEAST_PEAK;
    const load = (request, signal) => this.#load(request, signal);
    this.store = new TileStore(load, { capacity: MOST_TILES, ...listeners });
  }

  /** Ask for what some channels need. @param {number[]} channels */
  plan(channels, view, width) {
    const plan = planTiles(view, this.state.info.duration_s, width);
    const requests = channels.flatMap((channel) => plan.map((tile) => ({ ...tile, channel, key: this.#keyOf(channel, tile) })));
    this.store.want(requests.sort((a, b) => b.visible - a.visible));
  }

  /**
   * Draw a channel's waveform over a width, as loud as the loudest seen so far fills the height.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {import("./rows.js").Band} band
   */
  draw(context, channel, view, width, band) {
    const wanted = planTiles(view, this.state.info.duration_s, width).filter((tile) => tile.visible);
    const come = wanted.map((tile) => this.store.get(this.#keyOf(channel, tile))).filter(Boolean);
    const scale = (band.height / 2 - 1) / this.peak;
    const place = { middle: band.top + band.height / 2, scale, reach: band.height / 2 };
    const behind = come.length < wanted.length ? this.#listCoarser(channel, view, wanted[0].level) : [];
    context.globalAlpha = BEHIND_ALPHA;
    this.#fill(context, behind, view, width, place);
    context.globalAlpha = 1;
    this.#fill(context, come, view, width, place);
  }

  close() {
    this.store.close();
  }

  /** Coarser tiles that show something of a view until the fine ones have come. */
  #listCoarser(channel, view, level) {
    const shows = ({ level: own, index }) => index * tileSpan(own) < endOf(view) && (index + 1) * tileSpan(own) > view.start_s;
    return [...this.store.tiles.values()].filter((tile) => tile.channel === channel && tile.level > level && shows(tile));
  }

  #fill(context, tiles, view, width, place) {
    context.beginPath();
    for (const tile of tiles) this.#traceTile(context, tile, view, width, place);
    context.fill();
  }

  #traceTile(context, { level, index, values }, view, width, { middle, scale, reach }) {
    const start_s = index * tileSpan(level);
    const column_s = tileSpan(level) / TILE_COLUMNS;
    const first = Math.max(Math.floor(timeToX(view, width, start_s)), 0);
    const end_s = Math.min(start_s + tileSpan(level), endOf(view), this.state.info.duration_s);
    const last = Math.ceil(timeToX(view, width, end_s));
    for (let x = first; x < last; x++) {
      const from = Math.max(Math.floor((xToTime(view, width, x) - start_s) / column_s), 0);
      const to = Math.min(Math.max(Math.ceil((xToTime(view, width, x + 1) - start_s) / column_s), from + 1), TILE_COLUMNS);
      if (from >= TILE_COLUMNS) break;
      const [least, largest] = findExtremes(values, from, to);
      const top = Math.max(-largest * scale, -reach);
      const bottom = Math.min(-least * scale, reach);
      context.rect(x, middle + top, 1, Math.max(bottom - top, 1));
    }
  }

  #keyOf = (channel, tile) => `${channel} ${tile.level} ${tile.index}`;

  async #load({ channel, level, index }, signal) {
    const { name, version } = this.state.info;
    const { answer, standing } = await askTile("/api/sound/waveform", { recording: name, channel, level, index, v: version }, signal);
    const values = new Float32Array(await answer.arrayBuffer());
    for (const value of values) this.peak = Math.max(this.peak, Math.abs(value));
    return { channel, level, index, values, ...standing };
  }
}
