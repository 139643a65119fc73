// The line below the picture: what is under the pointer, what is selected, how much there is.

import { h } from "../shell/dom.js";
import { drawOnFrames } from "../shell/frames.js";
import { formatDuration, formatHz } from "./ticks.js";

const HINT = "Drag: add   Shift+drag: pan   Ctrl+drag: choose   Ctrl+wheel: zoom   ?: keys";
const HINTS = { body: "Drag: move   Alt+drag: add inside   Double click: relabel", edge: "Drag: move this edge   Alt+drag: add" };

/** @param {import("./stage.js").Stage} stage */
export function createReadout(stage) {
  const { state } = stage;
  const pointer = h("span.number", { "data-testid": "readout" });
  const chosen = h("span.chosen.number", { "data-testid": "chosen" });
  const hint = h("span.hint.muted", { "data-testid": "hint" });
  const looking = h("span.muted", { "data-testid": "looking", title: "Zoomed out so far, a picture shows the loudest of all sound beneath it only once the server has looked through the recording. That takes seconds for an hour, once." });
  const counts = h("span.number.muted", { "data-testid": "counts" });
  const element = h("footer.readout", {}, pointer, chosen, hint, h("span.room"), looking, counts);
  let point = null;
  let counted = null;

  const frames = drawOnFrames(() => {
    pointer.textContent = point ? describePoint(stage, point) : "";
    chosen.textContent = describeChosen(state);
    hint.textContent = chooseHint(stage, point, chosen.textContent === "");
    looking.textContent = describeLooking(stage.spectrogram.share);
    if (state.document !== counted) counts.textContent = describeCounts(state);
    counted = state.document;
  });
  state.on(["document", "selection", "cursor", "view", "picture"], frames.ask);
  frames.ask();
  return {
    element,
    close: frames.stop,
    /** @param {import("./stage.js").Point | null} hovered */
    show(hovered) {
      point = hovered;
      stage.showCrosshair(hovered);
      frames.ask();
    },
  };
}

function describePoint(stage, point) {
  const level = stage.levelAt(point);
  const parts = [`${point.time_s.toFixed(4)} s`];
  if (point.hz !== null) parts.push(formatHz(point.hz));
  if (level !== null) parts.push(`${level.toFixed(0)} dB`);
  return parts.join("   ");
}

/** What a press would do here. */
function chooseHint(stage, point, isFree) {
  const hit = point && stage.hitAt(point);
  if (hit) return HINTS[hit.part] ?? HINTS.edge;
  return isFree ? HINT : "";
}

const describeLooking = (share) => (share < 1 ? `Looking through the recording: ${Math.floor(100 * share)} %` : "");

function describeChosen(state) {
  const selected = state.listSelected().map((one) => state.seen(one));
  if (state.stretch) return `${formatDuration(state.stretch.stop_s - state.stretch.start_s)} chosen, ${selected.length} selected`;
  if (selected.length > 1) return `${selected.length} selected`;
  if (selected.length === 0) return "";
  const [{ label, onset_s, offset_s, score }] = selected;
  const lasting = offset_s > onset_s ? `, ${formatDuration(offset_s - onset_s)}` : "";
  return `${label} at ${onset_s.toFixed(4)} s${lasting}${score === null ? "" : `, score ${score.toFixed(2)}`}`;
}

function describeCounts(state) {
  const all = [...state.document.annotations.values()];
  const proposed = all.filter((one) => one.state === "proposed").length;
  return `${all.length - proposed} annotations${proposed ? `, ${proposed} proposed` : ""}`;
}
