// Drawing at the rhythm of the screen: however often something changes, it is drawn once a frame.

/** @param {() => void} draw @returns {{ask: () => void, stop: () => void}} */
export function drawOnFrames(draw) {
  let frame = 0;
  const run = () => {
    frame = 0;
    draw();
  };
  return {
    ask: () => { frame ||= requestAnimationFrame(run); },
    stop: () => cancelAnimationFrame(frame),
  };
}

/** Call a function once things have been quiet for a while. */
export function afterQuiet(wait_ms, run) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...values), wait_ms);
  };
}

/** Call a function when the browser has nothing else to do. @param {() => void} run */
export const whenIdle = (run) => (window.requestIdleCallback ? requestIdleCallback(run, { timeout: 2000 }) : setTimeout(run, 500));
