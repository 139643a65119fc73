// The mouse over the picture: which gesture a press begins, and what a click chooses.

import { createEdgeScroll } from "./edge_scroll.js";
import { startAdd, startBox, startMove, startPan, startResize } from "./gestures.js";
import { watchWheel } from "./wheel.js";

/** @typedef {import("./stage.js").Stage} Stage */

const DRAG_PX = 3;
/** What is not selected yet is held a little tighter: a click that slips moves nothing. */
const UNSELECTED_DRAG_PX = 6;
const NOTHING = new Set();
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
  const drag = (event) => {
    // Held from the start, Alt means another gesture; pressed later, it turns snapping over.
    press.gesture.move(stage.pointAt(event), { altKey: event.altKey && !press.start.altKey });
  };
  const scroll = createEdgeScroll(stage, drag);
  const move = (event) => {
    const point = stage.pointAt(event);
    onHover(point);
    if (!press) return showGrip(stage, point, event);
    const distance = Math.hypot(point.x - press.from.x, point.y - press.from.y);
    if (!press.gesture && distance < press.reach) return;
    press.gesture ??= chooseGesture(stage, press);
    drag(event);
    if (press.gesture.scrolls) scroll.follow(event);
  };
  const end = (event) => {
    const ended = press;
    press = null;
    scroll.stop();
    if (!ended) return;
    if (ended.gesture) ended.gesture.end(stage.pointAt(event));
    else click(stage, ended);
  };
  const cancel = () => {
    const isDragging = Boolean(press?.gesture);
    press?.gesture?.cancel();
    press = null;
    scroll.stop();
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
  // Let go, Alt would take the focus to the menus of some browsers.
  pane.addEventListener("keyup", (event) => { if (event.key === "Alt") event.preventDefault(); });
  watchWheel(stage);
  return { cancel };
}

/** Whether what is drawn is a new one, also inside of another. Some desktops keep Alt and the mouse to themselves. */
const drawsNew = (event) => event.altKey || (event.shiftKey && (event.ctrlKey || event.metaKey));

function showGrip(stage, point, event) {
  const hit = drawsNew(event) ? null : stage.hitAt(point);
  stage.pane.style.cursor = hit ? CURSORS[hit.part] : "crosshair";
}

function chooseGesture(stage, { from, hit, start }) {
  if (start.button === 0 && drawsNew(start)) return startAdd(stage, from);
  if (start.button === 1 || start.shiftKey) return startPan(stage, from);
  if (start.ctrlKey || start.metaKey) return startBox(stage, from);
  // Another window may have taken away meanwhile what was pressed.
  if (!hit || !stage.state.document.annotations.has(hit.id)) return startAdd(stage, from);
  if (!stage.state.selection.has(hit.id)) stage.state.select([hit.id]);
  return hit.part === "body" ? startMove(stage, from, hit.id) : startResize(stage, hit);
}

function click(stage, { from, start }) {
  const { state } = stage;
  if (start.button === 1) return;
  // An edge is held for what is selected, but a click goes to what it is inside of.
  const hit = stage.hitAt(from, NOTHING);
  const adds = start.shiftKey || start.ctrlKey || start.metaKey;
  if (hit && adds) return state.toggleSelected(hit.id);
  state.select(hit ? [hit.id] : []);
  state.setStretch(null);
  state.setCursor(from.time_s);
}
