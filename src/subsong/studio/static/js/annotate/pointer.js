// The mouse over the picture: which gesture a press begins, what a click chooses, how the wheel moves and zooms.

import { startAdd, startBox, startMove, startPan, startResize } from "./gestures.js";
import { panFrequency, panTime, zoomFrequency, zoomTime } from "./viewport.js";

/** @typedef {import("./stage.js").Stage} Stage */

const DRAG_PX = 3;
/** What is not selected yet is held a little tighter: a click that slips moves nothing. */
const UNSELECTED_DRAG_PX = 6;
const WHEEL_ZOOM = 0.0022;
const LINE_PX = 32;
const CURSORS = { onset: "ew-resize", offset: "ew-resize", low: "ns-resize", high: "ns-resize", body: "pointer" };

/**
 * @param {Stage} stage
 * @param {{onHover: (point: import("./stage.js").Point | null) => void, onRelabel: (id: number) => void}} listeners
 * @returns {{cancel: () => boolean}} `cancel` ends a drag without an edit, and says whether there was one
 */
export function watchPointer(stage, { onHover, onRelabel }) {
  const { pane, state } = stage;
  let press = null;

  const begin = (event) => {
    if (event.button > 1 || event.target.closest("input")) return;
    pane.focus({ preventScroll: true });
    event.preventDefault();
    const from = stage.pointAt(event);
    const hit = stage.hitAt(from);
    const isHeld = hit !== null && !state.selection.has(hit.id) && hit.part === "body";
    press = { from, hit, gesture: null, reach: isHeld ? UNSELECTED_DRAG_PX : DRAG_PX, start: event };
    state.activeChannel = from.row.channel;
    pane.setPointerCapture(event.pointerId);
  };
  const move = (event) => {
    const point = stage.pointAt(event);
    onHover(point);
    if (!press) return showGrip(stage, point);
    const distance = Math.hypot(point.x - press.from.x, point.y - press.from.y);
    if (!press.gesture && distance < press.reach) return;
    press.gesture ??= chooseGesture(stage, press);
    press.gesture.move(point, event);
  };
  const end = (event) => {
    const ended = press;
    press = null;
    if (!ended) return;
    if (ended.gesture) ended.gesture.end(stage.pointAt(event));
    else click(state, ended);
  };
  const cancel = () => {
    const isDragging = Boolean(press?.gesture);
    press?.gesture?.cancel();
    press = null;
    return isDragging;
  };

  pane.addEventListener("pointerenter", () => stage.measure());
  pane.addEventListener("pointerdown", begin);
  pane.addEventListener("pointermove", move);
  pane.addEventListener("pointerup", end);
  pane.addEventListener("pointercancel", cancel);
  pane.addEventListener("pointerleave", () => onHover(null));
  pane.addEventListener("dblclick", (event) => {
    const hit = stage.hitAt(stage.pointAt(event));
    if (hit) onRelabel(hit.id);
  });
  watchWheel(stage);
  return { cancel };
}

function showGrip(stage, point) {
  const hit = stage.hitAt(point);
  stage.pane.style.cursor = hit ? CURSORS[hit.part] : "crosshair";
}

function chooseGesture(stage, { from, hit, start }) {
  if (start.button === 1 || start.shiftKey) return startPan(stage, from);
  if (start.ctrlKey || start.metaKey) return startBox(stage, from);
  // Another window may have taken away meanwhile what was pressed.
  if (!hit || !stage.state.document.annotations.has(hit.id)) return startAdd(stage, from);
  if (!stage.state.selection.has(hit.id)) stage.state.select([hit.id]);
  return hit.part === "body" ? startMove(stage, from, hit.id) : startResize(stage, hit);
}

function click(state, { from, hit, start }) {
  if (start.button === 1) return;
  const adds = start.shiftKey || start.ctrlKey || start.metaKey;
  if (hit && adds) return state.toggleSelected(hit.id);
  state.select(hit ? [hit.id] : []);
  state.setStretch(null);
  state.setCursor(from.time_s);
}

/** Plain: along time. Ctrl, or a pinch: zoom about the pointer. Alt, or over the axis: zoom in frequency. */
function watchWheel(stage) {
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
