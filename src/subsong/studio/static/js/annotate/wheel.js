// Turning the wheel over the picture, and dragging the axis of frequency: how one moves about and zooms.

import { panFrequency, panTime, zoomFrequency, zoomTime } from "./viewport.js";

const WHEEL_ZOOM = 0.0022;
const LINE_PX = 32;

/** Plain: along time. Ctrl, or a pinch: zoom about the pointer. Alt, or over the axis: zoom in frequency. @param {import("./stage.js").Stage} stage */
export function watchWheel(stage) {
  const { state } = stage;
  const turn = (event, overAxis) => {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    const factor = Math.exp(dy * WHEEL_ZOOM);
    const point = stage.pointAt(event);
    if (overAxis || event.altKey) return state.setView(zoomAtHz(state, point, event.ctrlKey ? Math.exp(dy * WHEEL_ZOOM * 4) : factor));
    if (event.ctrlKey || event.metaKey) return state.setView(zoomTime(state.view, state.bounds, Math.exp(dy * WHEEL_ZOOM * 2), point.time_s));
    state.setView(panTime(state.view, state.bounds, (dx + dy) * stage.pixel_s));
  };
  stage.pane.addEventListener("wheel", (event) => turn(event, false), { passive: false });
  stage.frequencyAxis.addEventListener("wheel", (event) => turn(event, true), { passive: false });
  watchAxisDrag(stage);
}

const zoomAtHz = (state, point, factor) =>
  zoomFrequency(state.view, state.bounds, factor, point.hz ?? (state.view.low_hz + state.view.high_hz) / 2);

/** Dragging the axis of frequency moves it; a double click shows all of it. */
function watchAxisDrag(stage) {
  const { state, frequencyAxis: axis } = stage;
  let from = null;
  axis.addEventListener("pointerdown", (event) => {
    from = { y: event.clientY, view: state.view, height: stage.pointAt(event).row.spectrogram.height };
    axis.setPointerCapture(event.pointerId);
  });
  axis.addEventListener("pointermove", (event) => {
    if (!from) return;
    const by_hz = ((event.clientY - from.y) / from.height) * (from.view.high_hz - from.view.low_hz);
    state.setView(panFrequency(from.view, state.bounds, by_hz));
  });
  for (const name of ["pointerup", "pointercancel"]) axis.addEventListener(name, () => { from = null; });
  axis.addEventListener("dblclick", () => state.setView({ ...state.view, low_hz: 0, high_hz: state.bounds.nyquist_hz }));
}
