// How the height of the picture is shared: a row for each channel that is shown, in it the waveform above the spectrogram.

const WAVEFORM_SHARE = 0.24;
const TALLEST_WAVEFORM_PX = 110;
const GAP_PX = 2;

/** @typedef {{top: number, height: number}} Band */
/** @typedef {{channel: number, top: number, height: number, waveform: Band | null, spectrogram: Band}} Row */

/** @param {number} height @param {number[]} channels @param {boolean} showWaveform @returns {Row[]} */
export function layOutRows(height, channels, showWaveform) {
  const each = (height - GAP_PX * (channels.length - 1)) / channels.length;
  return channels.map((channel, number) => {
    const top = number * (each + GAP_PX);
    const wave = showWaveform ? Math.round(Math.min(each * WAVEFORM_SHARE, TALLEST_WAVEFORM_PX)) : 0;
    const gap = showWaveform ? 1 : 0;
    return {
      channel,
      top,
      height: each,
      waveform: showWaveform ? { top, height: wave } : null,
      spectrogram: { top: top + wave + gap, height: each - wave - gap },
    };
  });
}

/** The row at a height, the nearest one where there is none. @param {Row[]} rows */
export const findRow = (rows, y) => rows.find((row) => y < row.top + row.height) ?? rows.at(-1);
