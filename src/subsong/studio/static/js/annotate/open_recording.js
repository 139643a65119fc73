// What a recording needs before it can be shown: what it is, its annotations, and what was left behind unsent.

import { get } from "../shell/api.js";
import { fail, say } from "../shell/notes.js";
import { Autosave } from "./autosave.js";
import { listLeftovers } from "./backup.js";
import { State } from "./state.js";
import { fitView } from "./viewport.js";

const MOST_STACKED = 2;

/**
 * @param {string} recording
 * @param {Object<string, string>} parameters `at`: seconds to begin with; `span`: how many are shown; `channel`
 * @returns {Promise<State>}
 */
export async function openRecording(recording, parameters) {
  const [info, { folder }] = await Promise.all([get("/api/sound/info", { recording }), get("/api/project")]);
  const autosave = new Autosave(folder, recording);
  const numLeft = await autosave.load();
  if (numLeft > 0) say(`${numLeft} ${numLeft === 1 ? "edit that had" : "edits that had"} not reached the server ${numLeft === 1 ? "was" : "were"} brought back.`);
  if (info.problem) fail(`${recording}: ${info.problem}.`);
  const state = new State(info, autosave);
  autosave.listeners = {
    onChange: () => state.tell("document"),
    onConflict: say,
    onRefused: (error) => fail(`Not saved: ${error.message}`),
  };
  place(state, parameters);
  sendLeftovers(folder, recording);
  return state;
}

function place(state, { at, span, channel }) {
  const { num_channels, duration_s } = state.info;
  const every = Array.from({ length: num_channels }, (_, number) => number);
  if (num_channels <= MOST_STACKED) state.channels = every;
  const chosen = Number.parseInt(channel, 10);
  if (every.includes(chosen)) state.activeChannel = chosen;
  if (!state.channels.includes(state.activeChannel)) state.channels = [state.activeChannel];
  const span_s = Number.parseFloat(span) > 0 ? Number.parseFloat(span) : state.view.span_s;
  const at_s = Number.parseFloat(at);
  state.view = fitView({ ...state.view, span_s, start_s: Number.isFinite(at_s) ? at_s - span_s / 4 : 0 }, state.bounds);
  state.cursor_s = Number.isFinite(at_s) ? Math.min(Math.max(at_s, 0), duration_s) : 0;
}

/** Send what was left behind of other recordings, quietly. */
function sendLeftovers(folder, recording) {
  for (const other of listLeftovers(folder)) if (other !== recording) new Autosave(folder, other).load().catch(fail);
}
