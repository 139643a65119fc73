// The audit trail: what was done to this recording, by whom and when, the newest first.

import { get } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { fail } from "../shell/notes.js";
import { afterQuiet } from "../shell/frames.js";

const MOST_SHOWN = 300;
const QUIET_MS = 250;

const many = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
const seconds = (time_s) => `${time_s.toFixed(2)} s`;

const SENTENCES = {
  add: (edit) => `added ${many(edit.annotations.length, "annotation")} (${[...new Set(edit.annotations.map((one) => one.label))].join(", ")})`,
  change: describeChange,
  delete: (edit) => `deleted ${many(edit.ids.length, "annotation")}`,
  accept: (edit) => `accepted ${many(edit.ids.length, "proposal")}`,
  reject: (edit) => `rejected ${many(edit.ids.length, "proposal")}`,
  review: (edit) => `${edit.value ? "looked at" : "took back having looked at"} ${seconds(edit.start_s)} to ${seconds(edit.stop_s)}`,
  done: (edit) => (edit.value ? "marked the recording as done" : "took the mark of done off"),
  propose: (edit, entry) => `${edit.source ?? "a model"}: ${many(entry.num_changed, "proposal")}`,
  import: (edit) => `took in ${many(edit.num_annotations, "annotation")} of ${edit.source}`,
};

function describeChange(edit) {
  const changes = edit.annotations ?? [edit.values ?? {}];
  const number = edit.annotations?.length ?? edit.ids?.length ?? 1;
  if (changes[0]?.label !== undefined) return `called ${many(number, "annotation")} ${changes[0].label}`;
  return `moved ${number === 1 ? "an edge or the place of an annotation" : many(number, "annotation")}`;
}

/** What an entry says, in words. */
export function describeEntry(entry) {
  const { action, edit } = entry;
  if (action === "undo") return "undid a change";
  if (action === "redo") return "did a change again";
  if (action === "start") return `began with ${many(entry.num_changed, "annotation")}`;
  if (action === "file") return "another program changed the annotation file";
  return SENTENCES[edit?.op ?? action]?.(edit, entry) ?? action;
}

/** @param {import("./state.js").State} state */
export function createHistory(state) {
  const element = h("div.history", { "data-testid": "history" });
  let revision = null;

  const read = async () => {
    if (!element.isConnected) return;
    try {
      const { history } = await get("/api/annotations/history", { recording: state.info.name });
      revision = state.autosave.base.revision;
      const older = history.length - MOST_SHOWN;
      replace(element, history.slice(0, MOST_SHOWN).map(drawEntry),
        history.length === 0 && h("p.muted.small.entry", {}, "Nothing was changed here yet. All that is done will stand here, with who did it and when."),
        older > 0 && h("p.muted.small.entry", {}, `and ${many(older, "older change")}`));
    } catch (error) {
      fail(error);
    }
  };
  const readSoon = afterQuiet(QUIET_MS, read);
  state.on("document", () => { if (element.isConnected && state.autosave.base.revision !== revision) readSoon(); });
  return { element, draw: read };
}

function drawEntry(entry) {
  const when = new Date(entry.time);
  return h("div.entry", { "data-testid": "history-entry" }, h("span", {}, describeEntry(entry)),
    h("span.muted.small", { title: entry.time }, `${entry.author} · ${when.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}`));
}
