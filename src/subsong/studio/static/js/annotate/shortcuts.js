// The keys of the page.

import { bindKeys } from "../shell/keys.js";
import * as commands from "./commands.js";
import { endOf, panFrequency, panTime, showStretch, zoomFrequency, zoomTime } from "./viewport.js";

const STEP = 0.2;
const PAGE = 0.9;
const ZOOM = 0.6;

/**
 * @param {import("./stage.js").Stage} stage
 * @param {{playback: import("./playback.js").Playback, nudger: import("./nudger.js").Nudger, relabel: (id: number) => void, newLabel: () => void, search: () => void, cancelDrag: () => boolean}} parts
 * @returns {() => void} ends it
 */
export function bindShortcuts(stage, parts) {
  const groups = [listMoves(stage), listPlayback(stage, parts), listEdits(stage, parts), listDecisions(stage), MOUSE];
  const unbind = bindKeys("annotate", groups.flat());
  const endTab = bindTab(stage);
  return () => {
    unbind();
    endTab();
  };
}

const grouped = (group, bindings) => bindings.map(([keys, label, run = () => {}]) => ({ keys, label, run, group }));

/** What the mouse does: no keys of their own, but told where one looks for keys. */
const MOUSE = grouped("Mouse", [
  ["Drag", "Add a segment; move one, or its edge. Past the edge of the picture it scrolls"],
  ["Alt+Drag Mod+Shift+Drag", "Add a segment, also inside another"],
  ["Shift+Drag", "Move the picture"],
  ["Mod+Drag", "Choose a stretch, and what a box touches"],
  ["Mod+Click", "Select one more, or one less"],
  ["Double-click", "Type a label"],
  ["Wheel", "Earlier, later"],
  ["Mod+Wheel", "Zoom"],
  ["Alt+Wheel", "Zoom in frequency"],
]);

/** The point one zooms about from the keyboard: the cursor where it is in view, else the middle. */
function findCentre({ cursor_s, view }) {
  const isInView = cursor_s > view.start_s && cursor_s < endOf(view);
  return isInView ? cursor_s : view.start_s + view.span_s / 2;
}

function listMoves({ state }) {
  const pan = (share) => () => state.setView(panTime(state.view, state.bounds, share * state.view.span_s));
  const panHz = (share) => () => state.setView(panFrequency(state.view, state.bounds, share * (state.view.high_hz - state.view.low_hz)));
  const zoom = (factor) => () => state.setView(zoomTime(state.view, state.bounds, factor, findCentre(state)));
  const zoomHz = (factor) => () => state.setView(zoomFrequency(state.view, state.bounds, factor, state.view.low_hz));
  const goTo = (time_s) => () => {
    state.setCursor(time_s);
    commands.goToTime(state, time_s);
  };
  return grouped("Moving about", [
    ["ArrowLeft", "Earlier", pan(-STEP)],
    ["ArrowRight", "Later", pan(STEP)],
    ["PageUp Shift+ArrowLeft", "A page earlier", pan(-PAGE)],
    ["PageDown Shift+ArrowRight", "A page later", pan(PAGE)],
    ["Home", "To the start", goTo(0)],
    ["End", "To the end", goTo(state.info.duration_s)],
    ["+ =", "Zoom in", zoom(ZOOM)],
    ["-", "Zoom out", zoom(1 / ZOOM)],
    ["Mod+E", "Zoom to what is selected", () => commands.zoomToSelected(state, showStretch)],
    ["Mod+0", "Show the whole recording", () => state.setView(showStretch(state.view, state.bounds, 0, state.info.duration_s, 0))],
    ["ArrowUp", "Higher frequencies", panHz(STEP)],
    ["ArrowDown", "Lower frequencies", panHz(-STEP)],
    ["Shift+ArrowUp", "Zoom in on frequency", zoomHz(ZOOM)],
    ["Shift+ArrowDown", "Zoom out of frequency", zoomHz(1 / ZOOM)],
  ]);
}

function listPlayback(stage, { playback, search }) {
  const { state } = stage;
  return grouped("Playing and pages", [
    ["Space", "Play what is selected, or on from the cursor; stop", () => playback.toggle()],
    ["Shift+P", "Play what is in view", () => playback.playView()],
    ["Shift+L", "Repeat", () => state.setSettings({ loop: !state.settings.loop })],
    ["Shift+F", "Follow the playing", () => state.setSettings({ follow: !state.settings.follow })],
    ["Shift+W", "Waveform on or off", () => state.setSettings({ showWaveform: !state.settings.showWaveform })],
    ["Shift+C", "Fit the contrast to what is in view", () => stage.fitContrast()],
    ["Mod+K", "Search recordings", search],
  ]);
}

function listEdits(stage, { nudger, relabel, newLabel, cancelDrag }) {
  const { state } = stage;
  const nudge = (edge, direction) => () => nudger.nudge(edge, direction);
  const addEvent = () => commands.addAnnotation(state, { onset_s: state.cursor_s, offset_s: state.cursor_s, channel: state.activeChannel });
  const escape = () => {
    if (cancelDrag()) return;
    state.select([]);
    state.setStretch(null);
  };
  const afterNudge = (run) => () => {
    nudger.finish();
    run(state);
  };
  return grouped("Annotating", [
    ["N", "Next annotation", () => commands.selectNext(state, 1)],
    ["P", "Previous annotation", () => commands.selectNext(state, -1)],
    ["E", "Add an event at the cursor", addEvent],
    ["Enter", "Type a label for what is selected", () => { const [first] = state.listSelected(); if (first) relabel(first.id); }],
    ["Shift+N", "Type a new label", newLabel],
    ["Delete Backspace", "Delete what is selected", () => commands.removeSelected(state)],
    ["Alt+ArrowLeft", "Onset earlier, by a small step", nudge("onset_s", -1)],
    ["Alt+ArrowRight", "Onset later", nudge("onset_s", 1)],
    ["Alt+Shift+ArrowLeft", "Offset earlier", nudge("offset_s", -1)],
    ["Alt+Shift+ArrowRight", "Offset later", nudge("offset_s", 1)],
    ["Shift+B", "Draw with bounds in frequency, or without", () => state.setSettings({ drawBoxes: !state.settings.drawBoxes })],
    ["Shift+S", "Snap to edges nearby, or not", () => state.setSettings({ snap: !state.settings.snap })],
    ["Shift+G", "Go on to the next annotation after a label's key, or not", () => state.setSettings({ goOn: !state.settings.goOn })],
    ["Mod+A", "Select all in view", () => state.select(state.listInView().map((one) => one.id))],
    ["Mod+Z", "Undo", afterNudge(commands.undo)],
    ["Mod+Shift+Z Mod+Y", "Redo", afterNudge(commands.redo)],
    ["Escape", "Select nothing; end a drag", escape],
  ]);
}

function listDecisions({ state }) {
  return grouped("Proposals and progress", [
    ["A", "Accept the selected proposals, go on to the next", () => commands.decideSelected(state, "accept")],
    ["X", "Reject the selected proposals, go on to the next", () => commands.decideSelected(state, "reject")],
    ["Shift+A", "Accept all proposals in view", () => commands.decideInView(state, "accept")],
    ["Shift+X", "Reject all proposals in view", () => commands.decideInView(state, "reject")],
    ["R", "What is in view was looked at, or not", () => commands.toggleReviewed(state)],
    ["D", "The recording is done, or not", () => commands.toggleDone(state)],
  ]);
}

/** Tab goes through the annotations while the picture has the focus, and past the last one to what follows. */
function bindTab({ pane, state }) {
  const step = (event) => {
    if (event.key !== "Tab" || event.target !== pane || event.ctrlKey || event.altKey) return;
    if (commands.selectNext(state, event.shiftKey ? -1 : 1)) event.preventDefault();
  };
  pane.addEventListener("keydown", step);
  return () => pane.removeEventListener("keydown", step);
}
