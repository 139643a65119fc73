// Where annotations are on the screen.

import { hzToY, timeToX } from "./viewport.js";

const isKnown = (value) => value !== null && value !== undefined;

/** Whether an annotation has bounds in frequency. */
export const isBox = (annotation) => isKnown(annotation.low_hz) || isKnown(annotation.high_hz);

/**
 * The outline of an annotation over its channel's row; over all rows when it is of no channel.
 *
 * @param {import("./document.js").Annotation} annotation
 * @param {import("./viewport.js").View} view
 * @param {import("./rows.js").Row[]} rows
 * @param {number} width
 * @returns {import("./hits.js").Outline}
 */
export function outlineOf(annotation, view, rows, width) {
  const row = rows.find(({ channel }) => channel === annotation.channel);
  const [first, last] = row ? [row, row] : [rows[0], rows.at(-1)];
  const boxed = isBox(annotation) && (row !== undefined || rows.length === 1);
  const { top, height } = first.spectrogram;
  const yOf = (hz, otherwise) => (isKnown(hz) ? Math.min(Math.max(top + hzToY(view, height, hz), top), top + height) : otherwise);
  return {
    id: annotation.id,
    left: timeToX(view, width, annotation.onset_s),
    right: timeToX(view, width, annotation.offset_s),
    top: boxed ? yOf(annotation.high_hz, top) : first.top,
    bottom: boxed ? yOf(annotation.low_hz, top + height) : last.top + last.height,
    isEvent: annotation.onset_s === annotation.offset_s,
    isBox: boxed,
  };
}
