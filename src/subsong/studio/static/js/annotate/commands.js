// What one does with annotations: each is one edit, which one undo takes back.

import { say } from "../shell/notes.js";
import { listInOrder } from "./document.js";
import { covers } from "./stretches.js";
import { bringIntoView, endOf } from "./viewport.js";

/** @typedef {import("./state.js").State} State */

const FALLBACK_LABEL = "syllable";

/** Times are kept to the microsecond: what a pointer says is not finer. */
const round = (time_s) => Math.round(time_s * 1e6) / 1e6;

const roundHz = (hz) => Math.round(hz * 10) / 10;

/** The label that is given to what is added now. @param {State} state */
export const currentLabel = (state) => state.label || FALLBACK_LABEL;

/**
 * Add a segment, or an event where onset and offset are one, and select it.
 *
 * @param {State} state
 * @param {{onset_s: number, offset_s: number, channel: number, low_hz?: number, high_hz?: number}} place
 */
export function addAnnotation(state, { onset_s, offset_s, channel, low_hz, high_hz }) {
  const values = { onset_s: round(onset_s), offset_s: round(offset_s), label: currentLabel(state) };
  if (state.info.num_channels > 1) values.channel = channel;
  if (low_hz !== undefined) Object.assign(values, { low_hz: roundHz(low_hz), high_hz: roundHz(high_hz) });
  state.select(state.autosave.submit({ op: "add", annotations: [values] }));
}

/** Give times, or bounds in frequency, to annotations. @param {Map<number, object>} values by id */
export function changeAnnotations(state, values) {
  const annotations = [...values].map(([id, change]) => {
    const rounded = Object.entries(change).map(([key, value]) => [key, key.endsWith("_s") ? round(value) : roundHz(value)]);
    return { id, ...Object.fromEntries(rounded) };
  });
  if (annotations.length > 0) state.autosave.submit({ op: "change", annotations });
}

/** Choose the label for what is added next, and give it to what is selected. */
export function useLabel(state, label) {
  state.setLabel(label);
  const ids = state.listSelected().filter((one) => one.label !== label).map((one) => one.id);
  if (ids.length > 0) state.autosave.submit({ op: "change", ids, values: { label } });
}

/** The same by a key; where one goes on, the next annotation is selected after a single one. */
export function pressLabel(state, label) {
  const goesOn = state.settings.goOn && state.listSelected().length === 1;
  useLabel(state, label);
  if (goesOn) selectNext(state, 1);
}

export function removeSelected(state) {
  const selected = state.listSelected();
  const idsOf = (which) => selected.filter((one) => one.state === which).map((one) => one.id);
  const [accepted, proposed] = [idsOf("accepted"), idsOf("proposed")];
  if (accepted.length > 0) state.autosave.submit({ op: "delete", ids: accepted });
  if (proposed.length > 0) state.autosave.submit({ op: "reject", ids: proposed });
  state.select([]);
}

const listProposals = (annotations) => annotations.filter((one) => one.state === "proposed");

/** Accept or reject the selected proposals; after a single one the next is selected, to go on with. @param {"accept" | "reject"} op */
export function decideSelected(state, op) {
  const ids = listProposals(state.listSelected()).map((one) => one.id);
  if (ids.length === 0) return say("Select a proposal first: click it, or press n for the next annotation.");
  const next = ids.length === 1 ? findNextProposal(state, ids[0]) : null;
  state.autosave.submit({ op, ids });
  if (next) state.goToAnnotation(next);
  else if (op === "reject") state.select([]);
}

function findNextProposal(state, id) {
  const proposals = listProposals(listInOrder(state.document));
  return proposals[proposals.findIndex((one) => one.id === id) + 1];
}

/** Accept or reject all proposals in view. @param {"accept" | "reject"} op */
export function decideInView(state, op) {
  const ids = listProposals(state.listInView()).map((one) => one.id);
  if (ids.length === 0) return say("There are no proposals in view.");
  state.autosave.submit({ op, ids });
  const done = op === "accept" ? "accepted" : "rejected";
  say(`${ids.length} ${ids.length === 1 ? "proposal" : "proposals"} ${done}.`, { label: "Undo", run: state.autosave.undo });
}

/** Mark the stretch in view as looked at, or take the mark off where it is on. */
export function toggleReviewed(state) {
  const { start_s } = state.view;
  const stop_s = endOf(state.view);
  state.autosave.submit({ op: "review", start_s: round(start_s), stop_s: round(stop_s), value: !isReviewed(state) });
}

export const isReviewed = (state) => covers(state.document.reviewed, state.view.start_s, endOf(state.view));

export const toggleDone = (state) => state.autosave.submit({ op: "done", value: !state.document.is_done });

export function undo(state) {
  if (state.autosave.canUndo) state.autosave.undo();
  else say("There is nothing to undo.");
}

export function redo(state) {
  if (state.autosave.canRedo) state.autosave.redo();
  else say("There is nothing to redo.");
}

/** Select the annotation after the selected one, or after the cursor; `step` -1: the one before. */
export function selectNext(state, step) {
  const ordered = listInOrder(state.document).filter((one) => state.shows(one));
  const [selected] = state.listSelected();
  const at = selected ? ordered.findIndex((one) => one.id === selected.id) + step : findFromCursor(state, ordered, step);
  if (ordered[at] === undefined) return false;
  state.goToAnnotation(ordered[at]);
  return true;
}

function findFromCursor(state, ordered, step) {
  const { cursor_s, view } = state;
  const from_s = cursor_s >= view.start_s && cursor_s <= endOf(view) ? cursor_s : view.start_s;
  const after = ordered.findIndex((one) => one.onset_s >= from_s);
  if (step > 0) return after;
  return (after < 0 ? ordered.length : after) - 1;
}

/** Show all of what is selected, or of the chosen stretch, with room beside it. */
export function zoomToSelected(state, show) {
  const stretch = findStretch(state);
  if (stretch) state.setView(show(state.view, state.bounds, stretch.start_s, stretch.stop_s));
}

/** The stretch one means: the chosen one, else from the first selected annotation to the last. */
export function findStretch(state) {
  if (state.stretch) return state.stretch;
  const selected = state.listSelected();
  if (selected.length === 0) return null;
  return { start_s: selected[0].onset_s, stop_s: Math.max(...selected.map((one) => one.offset_s)) };
}

/** Go to a time, as little as one can. */
export const goToTime = (state, time_s) => state.setView(bringIntoView(state.view, state.bounds, time_s, time_s));
