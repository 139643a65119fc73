// What a drag does, from its first pixel to its end: adding, moving, resizing, panning, choosing by a box.
// Each gesture is `{move(point, event), end(point), cancel()}`; the edit is made once, at the end. One that `scrolls` goes on
// past the edge of the picture.

import { addAnnotation, changeAnnotations } from "./commands.js";
import { isBox } from "./outlines.js";
import { snapTime } from "./snap.js";
import { fitView, panTime, panFrequency } from "./viewport.js";

/** @typedef {import("./stage.js").Stage} Stage */
/** @typedef {import("./stage.js").Point} Point */

const SHORTEST_S = 0.0005;
const SMALLEST_HZ = 10;

const inOrder = (a, b) => (a < b ? [a, b] : [b, a]);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** @param {Stage} stage @param {Point} from */
export function startPan(stage, from) {
  const { state } = stage;
  const first = state.view;
  return {
    move(point) {
      const by_s = ((from.x - point.x) / stage.width) * first.span_s;
      const by_hz = ((point.y - from.y) / from.row.spectrogram.height) * (first.high_hz - first.low_hz);
      state.setView(panFrequency(panTime(first, state.bounds, by_s), state.bounds, by_hz));
    },
    end() {},
    cancel: () => state.setView(fitView(first, state.bounds)),
  };
}

/** Draw a new segment; with bounds in frequency where boxes are drawn. @param {Stage} stage @param {Point} from */
export function startAdd(stage, from) {
  const { state } = stage;
  const boxed = state.settings.drawBoxes && from.hz !== null;
  const inside = (time_s) => clamp(time_s, 0, state.info.duration_s);
  let times = [from.time_s, from.time_s];
  let band = [];
  return {
    scrolls: true,
    move(point, event) {
      times = inOrder(inside(snapTime(stage, from.time_s, event)), inside(snapTime(stage, point.time_s, event)));
      const { top, height } = from.row.spectrogram;
      const y = clamp(point.y, top, top + height);
      band = inOrder(stage.hzAt(from.row, from.y), stage.hzAt(from.row, y));
      const [upper, lower] = boxed ? inOrder(from.y, y) : [from.row.top, from.row.top + from.row.height];
      const [left, right] = times.map((time_s) => stage.xOf(time_s));
      stage.showGhost({ left, right, top: upper, bottom: lower, kind: "add" });
    },
    end() {
      stage.showGhost(null);
      const [onset_s, offset_s] = times;
      const bounds = boxed ? { low_hz: band[0], high_hz: band[1] } : {};
      if (offset_s - onset_s >= SHORTEST_S) addAnnotation(state, { onset_s, offset_s, channel: from.row.channel, ...bounds });
    },
    cancel: () => stage.showGhost(null),
  };
}

/** Choose a stretch, and the annotations a box touches. @param {Stage} stage @param {Point} from */
export function startBox(stage, from) {
  const { state } = stage;
  let box = null;
  return {
    move(point) {
      const [left, right] = inOrder(from.x, clamp(point.x, 0, stage.width));
      const [top, bottom] = inOrder(from.y, clamp(point.y, 0, stage.height));
      box = { left, right, top, bottom, kind: "choose" };
      stage.showGhost(box);
      state.select(stage.findInBox(box));
    },
    end() {
      stage.showGhost(null);
      if (box) state.setStretch({ start_s: stage.timeAt(box.left), stop_s: stage.timeAt(box.right) });
    },
    cancel() {
      stage.showGhost(null);
      state.select([]);
    },
  };
}

/** Move the selected annotations. @param {Stage} stage @param {Point} from @param {number} held id of the one that is held */
export function startMove(stage, from, held) {
  const { state } = stage;
  const moved = state.listSelected();
  const lead = moved.find((one) => one.id === held);
  const least_s = -Math.min(...moved.map((one) => one.onset_s));
  const most_s = state.info.duration_s - Math.max(...moved.map((one) => one.offset_s));
  return dragDraft(stage, (point, event) => {
    const onset_s = snapTime(stage, lead.onset_s + point.time_s - from.time_s, event, moved);
    const by_s = clamp(onset_s - lead.onset_s, least_s, most_s);
    const by_hz = from.hz === null || point.hz === null ? 0 : point.hz - from.hz;
    return new Map(moved.map((one) => [one.id, shift(one, by_s, by_hz, state.bounds.nyquist_hz)]));
  });
}

function shift(one, by_s, by_hz, nyquist_hz) {
  const values = { onset_s: one.onset_s + by_s, offset_s: one.offset_s + by_s };
  if (!isBox(one) || one.low_hz === null || one.high_hz === null) return values;
  const inside_hz = clamp(by_hz, -one.low_hz, nyquist_hz - one.high_hz);
  return { ...values, low_hz: one.low_hz + inside_hz, high_hz: one.high_hz + inside_hz };
}

/** Move an edge of one annotation. @param {Stage} stage @param {import("./hits.js").Hit} hit */
export function startResize(stage, hit) {
  const { state } = stage;
  const one = state.document.annotations.get(hit.id);
  return dragDraft(stage, (point, event) => new Map([[hit.id, moveEdge(stage, one, hit.part, point, event)]]));
}

function moveEdge(stage, one, part, point, event) {
  const { duration_s, nyquist_hz } = stage.state.bounds;
  if (part === "low" || part === "high") {
    const hz = stage.hzAt(point.row, point.y);
    if (part === "low") return { low_hz: clamp(hz, 0, (one.high_hz ?? nyquist_hz) - SMALLEST_HZ) };
    return { high_hz: clamp(hz, (one.low_hz ?? 0) + SMALLEST_HZ, nyquist_hz) };
  }
  const time_s = snapTime(stage, point.time_s, event, [one]);
  if (part === "onset") return { onset_s: clamp(time_s, 0, one.offset_s - SHORTEST_S) };
  return { offset_s: clamp(time_s, one.onset_s + SHORTEST_S, duration_s) };
}

function dragDraft(stage, valuesAt) {
  const { state } = stage;
  let draft = new Map();
  return {
    scrolls: true,
    move(point, event) {
      draft = valuesAt(point, event);
      state.setDraft(draft);
    },
    end() {
      state.draft = new Map();
      changeAnnotations(state, draft);
    },
    cancel: () => state.setDraft(new Map()),
  };
}
