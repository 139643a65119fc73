// From the grey of a tile to colours: 0 to 255 stand for -120 to 0 dB, floor and ceiling say what is dark and bright.

const LOWEST_DB = -120;
const AUTO_FLOOR = 0.5;
const AUTO_CEILING = 0.999;
const LEAST_RANGE_DB = 35;

export const greyToDb = (grey) => LOWEST_DB * (1 - grey / 255);

/**
 * A colour for each of the 256 greys, packed as the canvas keeps them.
 *
 * @param {{floor_db: number, ceiling_db: number, gamma: number}} contrast
 * @param {Uint8Array | Uint8ClampedArray | number[]} colours 256 x 3, or 256 x 4, dark to bright
 */
export function buildColours(contrast, colours) {
  const stride = colours.length / 256;
  const packed = new Uint32Array(256);
  for (let grey = 0; grey < 256; grey++) {
    const share = (greyToDb(grey) - contrast.floor_db) / (contrast.ceiling_db - contrast.floor_db);
    const at = Math.round(255 * Math.min(Math.max(share, 0), 1) ** contrast.gamma) * stride;
    packed[grey] = (255 << 24) | (colours[at + 2] << 16) | (colours[at + 1] << 8) | colours[at];
  }
  return packed;
}

/** How often each grey occurs in some tiles. @param {Uint8Array[]} greys */
function countGreys(greys) {
  const counts = new Float64Array(256);
  for (const grey of greys) for (let at = 0; at < grey.length; at += 7) counts[grey[at]]++;
  counts[0] = 0; // beyond the end of the recording
  return counts;
}

function findQuantile(counts, share) {
  let left = share * counts.reduce((sum, count) => sum + count, 0);
  for (let grey = 0; grey < 256; grey++) {
    left -= counts[grey];
    if (left <= 0) return grey;
  }
  return 255;
}

/** Floor and ceiling that fit some tiles: the background dark, the loudest bright. Null where there is no sound. */
export function fitContrast(greys) {
  const counts = countGreys(greys);
  if (!counts.some((count) => count > 0)) return null;
  const floor_db = Math.round(greyToDb(findQuantile(counts, AUTO_FLOOR)));
  const ceiling_db = Math.round(greyToDb(findQuantile(counts, AUTO_CEILING)));
  return { floor_db, ceiling_db: Math.max(ceiling_db, floor_db + LEAST_RANGE_DB) };
}
