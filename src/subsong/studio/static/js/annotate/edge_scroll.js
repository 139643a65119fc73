// A drag that is held past the left or right edge of the picture moves the view on, the faster the farther it is held.

import { panTime } from "./viewport.js";

/** Widths of the view in a second, for each pixel past the edge. */
const SPEED = 0.01;
const FASTEST = 1.5;
const LONGEST_FRAME_S = 0.1;

/**
 * @param {import("./stage.js").Stage} stage
 * @param {(event: PointerEvent) => void} onScroll  told where the pointer is held after each step
 * @returns {{follow: (event: PointerEvent) => void, stop: () => void}}
 */
export function createEdgeScroll(stage, onScroll) {
  const { state } = stage;
  let frame = 0;
  let held = null;
  let before_ms = 0;

  const step = (now_ms) => {
    const lasted_s = Math.min((now_ms - before_ms) / 1000, LONGEST_FRAME_S);
    before_ms = now_ms;
    frame = requestAnimationFrame(step);
    const speed = Math.min(Math.max(findExcess(stage, held) * SPEED, -FASTEST), FASTEST);
    const start_s = state.view.start_s;
    state.setView(panTime(state.view, state.bounds, speed * lasted_s * state.view.span_s));
    if (state.view.start_s !== start_s) onScroll(held);
  };
  const stop = () => {
    cancelAnimationFrame(frame);
    frame = 0;
  };
  const follow = (event) => {
    held = event;
    if (findExcess(stage, event) === 0) return stop();
    if (frame) return;
    before_ms = performance.now();
    frame = requestAnimationFrame(step);
  };
  return { follow, stop };
}

/** Pixels past an edge; below zero past the left one. */
function findExcess(stage, event) {
  const { x } = stage.pointAt(event);
  return Math.min(x, 0) + Math.max(x - stage.width, 0);
}
