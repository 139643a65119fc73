// What part of a recording is on the screen: seconds and hertz to pixels and back, zooming and panning.
//
// A view is a plain record that is never changed: each function returns another one, kept within the recording.

/** @typedef {{start_s: number, span_s: number, low_hz: number, high_hz: number}} View */
/** @typedef {{duration_s: number, nyquist_hz: number}} Bounds */

const LEAST_SPAN_S = 0.004;
const LEAST_RANGE_HZ = 100;

const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));

/** Keep a view within its recording. @returns {View} */
export function fitView(view, bounds) {
  const span_s = clamp(view.span_s, LEAST_SPAN_S, Math.max(bounds.duration_s, LEAST_SPAN_S));
  const range_hz = clamp(view.high_hz - view.low_hz, LEAST_RANGE_HZ, bounds.nyquist_hz);
  const low_hz = clamp(view.low_hz, 0, bounds.nyquist_hz - range_hz);
  return { start_s: clamp(view.start_s, 0, bounds.duration_s - span_s), span_s, low_hz, high_hz: low_hz + range_hz };
}

export const endOf = (view) => view.start_s + view.span_s;

export const timeToX = (view, width, time_s) => ((time_s - view.start_s) / view.span_s) * width;

export const xToTime = (view, width, x) => view.start_s + (x / width) * view.span_s;

/** Height zero is the top, where the highest frequency is. */
export const hzToY = (view, height, hz) => ((view.high_hz - hz) / (view.high_hz - view.low_hz)) * height;

export const yToHz = (view, height, y) => view.high_hz - (y / height) * (view.high_hz - view.low_hz);

/** Zoom in time so that what lies under `about_s` stays where it is; a factor below one shows less. */
export function zoomTime(view, bounds, factor, about_s) {
  const span_s = clamp(view.span_s * factor, LEAST_SPAN_S, Math.max(bounds.duration_s, LEAST_SPAN_S));
  const share = (about_s - view.start_s) / view.span_s;
  return fitView({ ...view, span_s, start_s: about_s - share * span_s }, bounds);
}

export const panTime = (view, bounds, by_s) => fitView({ ...view, start_s: view.start_s + by_s }, bounds);

/** Zoom in frequency about `about_hz`. */
export function zoomFrequency(view, bounds, factor, about_hz) {
  const range_hz = clamp((view.high_hz - view.low_hz) * factor, LEAST_RANGE_HZ, bounds.nyquist_hz);
  const share = (about_hz - view.low_hz) / (view.high_hz - view.low_hz);
  const low_hz = about_hz - share * range_hz;
  return fitView({ ...view, low_hz, high_hz: low_hz + range_hz }, bounds);
}

export const panFrequency = (view, bounds, by_hz) =>
  fitView({ ...view, low_hz: view.low_hz + by_hz, high_hz: view.high_hz + by_hz }, bounds);

/** Show a stretch with some room on both sides. */
export function showStretch(view, bounds, start_s, stop_s, margin = 0.5) {
  const room_s = (stop_s - start_s) * margin;
  return fitView({ ...view, start_s: start_s - room_s, span_s: stop_s - start_s + 2 * room_s }, bounds);
}

/** Pan, as little as one can, until a stretch is in view; one that is in view, or longer than it, moves nothing much. */
export function bringIntoView(view, bounds, start_s, stop_s) {
  if (start_s >= view.start_s && stop_s <= endOf(view)) return view;
  return fitView({ ...view, start_s: (start_s + stop_s) / 2 - view.span_s / 2 }, bounds);
}
