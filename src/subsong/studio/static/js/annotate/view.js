// The page on which one recording is annotated.

import { h, replace } from "../shell/dom.js";
import { labelColour, listLabels } from "../shell/colours.js";
import { noteAddress } from "../shell/router.js";
import { countLabels } from "./labels.js";
import { createExchange } from "./exchange.js";
import { afterQuiet } from "../shell/frames.js";
import { createHistory } from "./history.js";
import { Nudger } from "./nudger.js";
import { openRecording } from "./open_recording.js";
import { createOverview } from "./overview.js";
import { createPalette } from "./palette.js";
import { createPanel } from "./panel.js";
import { Playback } from "./playback.js";
import { watchPointer } from "./pointer.js";
import { createReadout } from "./readout.js";
import { createRecordings, findFirst } from "./recordings.js";
import { createRelabelField } from "./relabel.js";
import { bindShortcuts } from "./shortcuts.js";
import { Stage } from "./stage.js";
import { createTable } from "./table.js";
import { createThreshold } from "./threshold.js";
import { createToolbar } from "./toolbar.js";
import { createTopBar } from "./top_bar.js";

const ADDRESS_QUIET_MS = 300;
const LAST_KEY = "subsong-annotate-last";

/**
 * @param {HTMLElement} place
 * @param {Object<string, string>} parameters `recording`, `at`, `span`, `channel`
 */
export async function open(place, parameters) {
  const recording = parameters.recording ?? sessionStorage.getItem(LAST_KEY) ?? (await findFirst());
  if (recording === null) return drawEmpty(place);
  const state = await openRecording(recording, parameters);
  sessionStorage.setItem(LAST_KEY, recording);
  state.label = chooseLabel(state);
  const parts = build(place, state);
  parts.stage.pane.focus({ preventScroll: true });
  return { close: () => close(state, parts) };
}

function drawEmpty(place) {
  replace(place, h("div.empty", {}, h("h2", {}, "No recordings"), h("p", {}, "Put recordings into the project's folder, then reload this page.")));
  return { close() {} };
}

/** What is added first gets the label this recording has most of, else the project's most frequent. */
function chooseLabel(state) {
  const counts = countLabels(state.document);
  const [own] = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  const label = own || listLabels()[0] || "";
  if (label) labelColour(label);
  return label;
}

function build(place, state) {
  const recordings = createRecordings(state.info.name, place);
  const stage = new Stage(state);
  const overview = createOverview(state, (peak) => stage.setPeak(peak));
  const playback = new Playback(state);
  const readout = createReadout(stage);
  const palette = createPalette(state);
  const topBar = createTopBar(state, recordings);
  const table = createTable(state);
  const relabel = createRelabelField(stage);
  const pointer = watchPointer(stage, { onHover: readout.show, onRelabel: relabel });
  const tabs = [
    { name: "table", title: "Table", ...table },
    { name: "history", title: "History", ...createHistory(state) },
    { name: "threshold", title: "Threshold", ...createThreshold(state) },
    { name: "files", title: "Files", ...createExchange(state) },
  ];
  const panel = createPanel(state, palette.element, tabs);
  const keys = { playback, nudger: new Nudger(state), relabel, newLabel: palette.focus, search: recordings.search, cancelDrag: pointer.cancel };
  replace(place, h("div.annotate", { "data-testid": "annotate" },
    topBar.element, createToolbar(stage, playback), overview.element,
    h("div.desk", {}, h("div.easel", {}, stage.element, readout.element), panel)));
  stage.measure();
  return { stage, playback, nudger: keys.nudger, endings: [bindShortcuts(stage, keys), keepAddress(state), keepFresh(state), overview.close, palette.close, topBar.close, table.close, readout.close] };
}

/** Write where one is into the address, so that a reload and a link come back to it. */
function keepAddress(state) {
  let isOpen = true;
  const note = afterQuiet(ADDRESS_QUIET_MS, () => {
    const { start_s, span_s } = state.view;
    if (isOpen) noteAddress("annotate", { recording: state.info.name, at: (start_s + span_s / 4).toFixed(4), span: span_s.toPrecision(5) });
  });
  state.on("view", note);
  return () => { isOpen = false; };
}

/** Look whether another window changed the recording whenever this one is looked at again. */
function keepFresh(state) {
  const look = () => {
    if (document.visibilityState !== "visible") return;
    state.autosave.retry();
    state.autosave.refresh().catch(() => {}); // out of reach: the next edit tells
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  addEventListener("online", look);
  return () => {
    document.removeEventListener("visibilitychange", look);
    removeEventListener("focus", look);
    removeEventListener("online", look);
  };
}

async function close(state, { stage, playback, nudger, endings }) {
  nudger.finish();
  playback.stop();
  for (const end of endings) end();
  stage.close();
  state.autosave.leave();
}
