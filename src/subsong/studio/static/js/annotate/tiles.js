// Which tiles of the server's pyramid show a view: the level that fits the screen, and the order to ask for them in.
//
// A tile has 512 columns; a column of level 0 is half a millisecond, of each level twice as long as of the one below.

export const TILE_COLUMNS = 512;
const BASE_HOP_S = 0.0005;
const LOWEST_LEVEL = -6;
const HIGHEST_LEVEL = 20;
// A column may be drawn at most so many times as wide as a pixel before the next finer level is taken.
const COARSEST_COLUMN_PX = 1.4;
// A tile so many levels coarser lies behind the view, to be seen while one pans or zooms out.
const BACKDROP_LEVELS = 3;

export const tileSpan = (level) => TILE_COLUMNS * BASE_HOP_S * 2 ** level;

/** Level whose columns are about as wide as a pixel. */
export function chooseLevel(secondsPerPixel) {
  const level = Math.floor(Math.log2((secondsPerPixel * COARSEST_COLUMN_PX) / BASE_HOP_S));
  return Math.min(Math.max(level, LOWEST_LEVEL), HIGHEST_LEVEL);
}

/** First and last index of the tiles of a level that show a view of a recording. */
export function tileRange(view, duration_s, level) {
  const span_s = tileSpan(level);
  const last = Math.max(Math.ceil(duration_s / span_s) - 1, 0);
  const first = Math.min(Math.floor(view.start_s / span_s), last);
  return { first, last: Math.min(Math.max(Math.ceil((view.start_s + view.span_s) / span_s) - 1, first), last), end: last };
}

/**
 * Tiles to have, most wanted first: those in view from the middle outwards, one on each side of it, a coarse one behind.
 *
 * @returns {{level: number, index: number, visible: boolean}[]}
 */
export function planTiles(view, duration_s, width) {
  const level = chooseLevel(view.span_s / width);
  const { first, last, end } = tileRange(view, duration_s, level);
  const middle = (view.start_s + view.span_s / 2) / tileSpan(level) - 0.5;
  const plan = [];
  for (let index = first; index <= last; index++) plan.push({ level, index, visible: true });
  plan.sort((a, b) => Math.abs(a.index - middle) - Math.abs(b.index - middle));
  for (const index of [last + 1, first - 1]) if (index >= 0 && index <= end) plan.push({ level, index, visible: false });
  if (last > first || end > last) plan.push(backdropOf(view, duration_s, level + BACKDROP_LEVELS));
  return plan;
}

function backdropOf(view, duration_s, level) {
  const { end } = tileRange(view, duration_s, level);
  return { level, index: Math.min(Math.floor((view.start_s + view.span_s / 2) / tileSpan(level)), end), visible: false };
}
