// Small steps of the keyboard: an edge of what is selected, a little earlier or later.

import { changeAnnotations } from "./commands.js";

const QUIET_MS = 450;
const SHORTEST_S = 0.0005;

/** Moves an edge of the selected annotations by small steps; several steps in a row are one edit. */
export class Nudger {
  /** @param {import("./state.js").State} state */
  constructor(state) {
    this.state = state;
    this.timer = 0;
  }

  /** @param {"onset_s" | "offset_s"} edge @param {number} direction */
  nudge(edge, direction) {
    const { state } = this;
    const step_s = Math.max(0.001, state.view.span_s / 1000) * direction;
    const draft = new Map(state.draft);
    for (const one of state.listSelected().map((annotation) => state.seen(annotation))) {
      draft.set(one.id, { ...draft.get(one.id), ...moveEdge(one, edge, step_s, state.info.duration_s) });
    }
    state.setDraft(draft);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.finish(), QUIET_MS);
  }

  /** Make what was nudged an edit now. */
  finish() {
    clearTimeout(this.timer);
    if (this.timer === 0) return;
    this.timer = 0;
    const { draft } = this.state;
    this.state.setDraft(new Map());
    changeAnnotations(this.state, draft);
  }
}

function moveEdge({ onset_s, offset_s }, edge, step_s, duration_s) {
  const inside = (time_s) => Math.min(Math.max(time_s, 0), duration_s);
  if (onset_s === offset_s) return { onset_s: inside(onset_s + step_s), offset_s: inside(onset_s + step_s) };
  if (edge === "onset_s") return { onset_s: Math.min(inside(onset_s + step_s), offset_s - SHORTEST_S) };
  return { offset_s: Math.max(inside(offset_s + step_s), onset_s + SHORTEST_S) };
}
