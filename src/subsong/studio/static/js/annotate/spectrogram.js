// The spectrograms: asks for the tiles a view needs, and paints what is there, the coarse until the fine has come.

import { colourTable } from "../shell/colours.js";
import { askTile } from "./asking.js";
import { buildColours, fitContrast, greyToDb } from "./contrast.js";
import { chooseLevel, planTiles, TILE_COLUMNS, tileSpan } from "./tiles.js";
import { TileStore } from "./tile_store.js";
import { endOf, hzToY, timeToX } from "./viewport.js";

const MOST_TILES = 160;
const MOST_PAINTED = 48;
const ROWS_STEP = 64;
const MOST_ROWS = 768;

/** @typedef {{channel: number, level: number, index: number, low_hz: number, high_hz: number, height: number, window_ms: number, key: string}} TileRequest */
/** @typedef {TileRequest & import("./asking.js").Standing & {grey: Uint8Array}} Tile */

/** The grey of a PNG, row after row. */
async function decodeGrey(blob) {
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none" });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const grey = new Uint8Array(width * height);
  for (let at = 0; at < grey.length; at++) grey[at] = data[4 * at];
  return grey;
}

export class Spectrogram {
  /** @param {import("./state.js").State} state @param {{onTile: () => void, onError: (error: Error) => void}} listeners */
  constructor(state, listeners) {
    this.state = state;
    this.store = new TileStore((request, signal) => this.#load(request, signal), { capacity: MOST_TILES, ...listeners });
    /** @type {Map<Tile, {canvas: OffscreenCanvas, colours: Uint32Array}>} */
    this.painted = new Map();
    this.range = { low_hz: state.view.low_hz, high_hz: state.view.high_hz };
  }

  /** Take the frequencies shown now as those tiles are made for. @returns {boolean} whether they are others */
  takeRange() {
    const { low_hz, high_hz } = this.state.view;
    const isOther = low_hz !== this.range.low_hz || high_hz !== this.range.high_hz;
    this.range = { low_hz, high_hz };
    return isOther;
  }

  /** Ask for what the rows need. @param {import("./rows.js").Row[]} rows */
  plan(rows, width, density) {
    this.requests = rows.flatMap((row) => this.#planRow(row, width * density, row.spectrogram.height * density));
    this.requests.sort((a, b) => b.visible - a.visible);
    this.store.want(this.requests);
  }

  /** Whether all that is visible has come. */
  isWhole = () => (this.requests ?? []).every((request) => !request.visible || this.store.tiles.has(request.key));

  /** @param {CanvasRenderingContext2D} context @param {import("./rows.js").Row} row */
  draw(context, row, width) {
    const { top, height } = row.spectrogram;
    context.save();
    context.beginPath();
    context.rect(0, top, width, height);
    context.clip();
    context.translate(0, top);
    for (const tile of this.#listToDraw(row.channel, width)) this.#drawTile(context, tile, width, height);
    context.restore();
  }

  /** Make the table of colours anew: contrast, colours or theme are others. */
  setColours() {
    this.colours = buildColours(this.state.settings, colourTable(this.state.settings.colours));
  }

  /** Contrast that fits what is in view, or null while there is nothing. */
  fitContrast() {
    const keys = (this.requests ?? []).filter((request) => request.visible).map((request) => request.key);
    const tiles = keys.map((key) => this.store.tiles.get(key)).filter(Boolean);
    return fitContrast(tiles.map((tile) => tile.grey));
  }

  /** Level in dB of full scale at a point, or null where it has not come yet. */
  levelAt(channel, time_s, hz) {
    const request = (this.requests ?? []).find((one) => one.channel === channel && this.#holds(one, time_s));
    const tile = request && this.store.tiles.get(request.key);
    if (!tile || hz < tile.low_hz || hz > tile.high_hz) return null;
    const share = (time_s - tile.index * tileSpan(tile.level)) / tileSpan(tile.level);
    const column = Math.min(Math.floor(share * TILE_COLUMNS), TILE_COLUMNS - 1);
    const line = Math.min(Math.floor(hzToY(tile, tile.height, hz)), tile.height - 1);
    return greyToDb(tile.grey[line * TILE_COLUMNS + column]);
  }

  /** How much of the recording was looked through for what is in view; 1: all that is shown is final. */
  get share() {
    const tiles = (this.requests ?? []).filter((request) => request.visible).map((request) => this.store.tiles.get(request.key));
    return Math.min(1, ...tiles.map((tile) => (tile?.again_s ? tile.share : 1)));
  }

  close() {
    this.store.close();
    this.painted.clear();
  }

  #holds = (one, time_s) => Math.floor(time_s / tileSpan(one.level)) === one.index;

  async #load(request, signal) {
    const { channel, level, index, window_ms, low_hz, high_hz, height } = request;
    const { name, version } = this.state.info;
    const query = { recording: name, channel, level, index, window_ms, low_hz, high_hz, height, v: version };
    const { answer, standing } = await askTile("/api/sound/tile", query, signal);
    return { ...request, ...standing, grey: await decodeGrey(await answer.blob()) };
  }

  #planRow(row, width, rowHeight) {
    const { view, info, settings } = this.state;
    const height = Math.min(Math.max(Math.ceil(rowHeight / ROWS_STEP), 1) * ROWS_STEP, MOST_ROWS);
    const shared = { channel: row.channel, height, window_ms: settings.window_ms, ...this.range };
    return planTiles(view, info.duration_s, width).map((tile) => {
      const request = { ...shared, ...tile };
      return { ...request, key: [row.channel, tile.level, tile.index, height, shared.window_ms, this.range.low_hz, this.range.high_hz].join(" ") };
    });
  }

  /** Tiles to paint one over the other: only the wanted ones once they are all there. @returns {Tile[]} */
  #listToDraw(channel, width) {
    const wanted = (this.requests ?? []).filter((request) => request.channel === channel && request.visible);
    const come = wanted.map((request) => this.store.get(request.key)).filter(Boolean);
    if (come.length === wanted.length && wanted.length > 0) return come;
    const { view } = this.state;
    const level = chooseLevel(view.span_s / width);
    const stale = [...this.store.tiles.values()].filter((tile) => {
      const start_s = tile.index * tileSpan(tile.level);
      return tile.channel === channel && start_s < endOf(view) && start_s + tileSpan(tile.level) > view.start_s;
    });
    stale.sort((a, b) => Math.abs(b.level - level) - Math.abs(a.level - level));
    return [...stale, ...come];
  }

  #drawTile(context, tile, width, height) {
    const { view } = this.state;
    const start_s = tile.index * tileSpan(tile.level);
    const left = timeToX(view, width, start_s);
    const right = timeToX(view, width, start_s + tileSpan(tile.level));
    const top = hzToY(view, height, tile.high_hz);
    const bottom = hzToY(view, height, tile.low_hz);
    context.drawImage(this.#paint(tile), left, top, right - left, bottom - top);
  }

  /** The tile in colours; painted again only when the colours are others. */
  #paint(tile) {
    let kept = this.painted.get(tile);
    this.painted.delete(tile);
    kept ??= { canvas: new OffscreenCanvas(TILE_COLUMNS, tile.height), colours: null };
    if (kept.colours !== this.colours) {
      const image = new ImageData(TILE_COLUMNS, tile.height);
      const pixels = new Uint32Array(image.data.buffer);
      for (let at = 0; at < pixels.length; at++) pixels[at] = this.colours[tile.grey[at]];
      kept.canvas.getContext("2d").putImageData(image, 0, 0);
      kept.colours = this.colours;
    }
    this.painted.set(tile, kept);
    if (this.painted.size > MOST_PAINTED) this.painted.delete(this.painted.keys().next().value);
    return kept.canvas;
  }
}
