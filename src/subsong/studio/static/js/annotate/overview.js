// The whole recording as a strip: its waveform, where annotations are, what was looked at, and the part that is shown.

import { labelColour } from "../shell/colours.js";
import { h } from "../shell/dom.js";
import { fail } from "../shell/notes.js";
import { getColour, onTheme } from "../shell/theme.js";
import { drawOnFrames } from "../shell/frames.js";
import { fitView } from "./viewport.js";
import { Waveform } from "./waveform.js";

const MARKS_PX = 6;
const LEAST_WINDOW_PX = 8;

/** @param {import("./state.js").State} state @param {(peak: number) => void} onPeak told how loud the recording is */
export function createOverview(state, onPeak) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const frame = h("div.window", { "data-testid": "overview-window" });
  const playhead = h("div.playhead", { hidden: true });
  const element = h("div.overview", { "data-testid": "overview", title: "The whole recording: drag to go elsewhere" }, canvas, frame, playhead);
  const waveform = new Waveform(state, { onTile: () => { onPeak(waveform.peak); picture.ask(); }, onError: fail });
  const whole = { start_s: 0, span_s: state.info.duration_s };
  const size = { width: 0, height: 0 };

  const drawPicture = () => {
    if (size.width === 0) return;
    waveform.plan([state.activeChannel], whole, size.width);
    drawWhole(canvas, size, state, waveform, whole);
  };
  const drawFrame = () => {
    const width = Math.max((state.view.span_s / whole.span_s) * size.width, LEAST_WINDOW_PX);
    const left = Math.min((state.view.start_s / whole.span_s) * size.width, size.width - width);
    frame.style.transform = `translateX(${left}px)`;
    frame.style.width = `${width}px`;
    playhead.hidden = state.playing_s === null;
    if (state.playing_s !== null) playhead.style.transform = `translateX(${(state.playing_s / whole.span_s) * size.width}px)`;
  };
  const picture = drawOnFrames(drawPicture);
  const window_ = drawOnFrames(drawFrame);

  const observer = new ResizeObserver(() => {
    size.width = element.clientWidth;
    size.height = element.clientHeight;
    picture.ask();
    window_.ask();
  });
  observer.observe(element);
  state.on(["view", "playing"], window_.ask);
  state.on(["document", "channel"], picture.ask);
  const endTheme = onTheme(picture.ask);
  watchDrag(element, state, whole.span_s);
  return { element, close: () => { observer.disconnect(); endTheme(); picture.stop(); window_.stop(); waveform.close(); } };
}

function drawWhole(canvas, { width, height }, state, waveform, whole) {
  const density = devicePixelRatio;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  const context = canvas.getContext("2d");
  context.scale(density, density);
  const xOf = (time_s) => (time_s / whole.span_s) * width;
  context.fillStyle = getColour("good");
  context.globalAlpha = 0.16;
  for (const [start_s, stop_s] of state.document.reviewed) context.fillRect(xOf(start_s), 0, xOf(stop_s) - xOf(start_s), height);
  context.globalAlpha = 1;
  context.fillStyle = getColour("muted");
  waveform.draw(context, state.activeChannel, whole, width, { top: 0, height: height - MARKS_PX });
  for (const one of state.document.annotations.values()) {
    context.fillStyle = labelColour(one.label);
    context.globalAlpha = one.state === "proposed" ? 0.4 : 1;
    context.fillRect(xOf(one.onset_s), height - MARKS_PX, Math.max(xOf(one.offset_s) - xOf(one.onset_s), 1), MARKS_PX);
  }
}

/** Dragging the window moves it; pressing beside it brings it there first. */
function watchDrag(element, state, duration_s) {
  let grip_s = null;
  const timeAt = (event) => {
    const { left, width } = element.getBoundingClientRect();
    return ((event.clientX - left) / width) * duration_s;
  };
  const move = (event) => state.setView(fitView({ ...state.view, start_s: timeAt(event) - grip_s }, state.bounds));
  element.addEventListener("pointerdown", (event) => {
    const { start_s, span_s } = state.view;
    const time_s = timeAt(event);
    grip_s = time_s >= start_s && time_s <= start_s + span_s ? time_s - start_s : span_s / 2;
    element.setPointerCapture(event.pointerId);
    move(event);
  });
  element.addEventListener("pointermove", (event) => { if (grip_s !== null) move(event); });
  for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => { grip_s = null; });
}
