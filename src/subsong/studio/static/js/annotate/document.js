// The annotations of one recording as a record that is never changed: each edit gives another one. What the server does
// with an edit is done here as well, so that an edit is seen before the server has answered.

import { addStretch, removeStretch } from "./stretches.js";

/** @typedef {{id: number, channel: number | null, onset_s: number, offset_s: number, low_hz: number | null, high_hz: number | null, label: string, score: number | null, annotator: string | null, state: "accepted" | "proposed"}} Annotation */
/** @typedef {{revision: number, annotations: Map<number, Annotation>, reviewed: [number, number][], is_done: boolean, can_undo: boolean, can_redo: boolean}} Document */

const NOTHING = { channel: null, low_hz: null, high_hz: null, score: null, annotator: null, state: "accepted" };
const SAME_S = 1e-6;

/** @returns {Document} */
export function readDocument(answer) {
  const { revision, reviewed, is_done, can_undo, can_redo } = answer;
  const annotations = new Map(answer.annotations.map((one) => [one.id, one]));
  return { revision, annotations, reviewed, is_done, can_undo, can_redo };
}

/** The document after the server's answer to an edit. @param {Document} document @returns {Document} */
export function absorb(document, change) {
  const annotations = new Map(document.annotations);
  for (const id of change.removed) annotations.delete(id);
  for (const one of change.changed) annotations.set(one.id, one);
  const { revision, reviewed, is_done, can_undo, can_redo } = change;
  return { revision, annotations, reviewed, is_done, can_undo, can_redo };
}

const editAnnotations = {
  add(annotations, edit, newIds) {
    edit.annotations.forEach((values, at) => annotations.set(newIds[at], { ...NOTHING, ...values, id: newIds[at] }));
  },
  change(annotations, edit) {
    const changes = edit.annotations ?? edit.ids.map((id) => ({ id, ...edit.values }));
    for (const change of changes) if (annotations.has(change.id)) annotations.set(change.id, { ...annotations.get(change.id), ...change, state: "accepted" });
  },
  delete(annotations, edit) {
    for (const id of edit.ids) annotations.delete(id);
  },
  accept(annotations, edit) {
    for (const id of edit.ids) if (annotations.has(id)) annotations.set(id, { ...annotations.get(id), state: "accepted" });
  },
  reject(annotations, edit) {
    for (const id of edit.ids) annotations.delete(id);
  },
};

/**
 * The document after an edit the server does not know of yet.
 *
 * @param {Document} document
 * @param {{op: string}} edit
 * @param {number[]} newIds ids for what it adds, until the server gives others
 * @returns {Document}
 */
export function applyEdit(document, edit, newIds = []) {
  if (edit.op === "done") return { ...document, is_done: edit.value };
  if (edit.op === "review") {
    const combine = edit.value ? addStretch : removeStretch;
    return { ...document, reviewed: combine(document.reviewed, edit.start_s, edit.stop_s) };
  }
  const annotations = new Map(document.annotations);
  editAnnotations[edit.op](annotations, edit, newIds);
  return { ...document, annotations };
}

/** The annotation of a document that says the same, if there is one: an edit that was made already. */
export function findSame(document, values) {
  for (const one of document.annotations.values()) {
    const sameTimes = Math.abs(one.onset_s - values.onset_s) < SAME_S && Math.abs(one.offset_s - values.offset_s) < SAME_S;
    if (sameTimes && one.label === values.label && one.channel === (values.channel ?? null) && one.state === "accepted") return one;
  }
  return null;
}

/** Annotations in the order of time. @param {Document} document @returns {Annotation[]} */
export function listInOrder(document) {
  return [...document.annotations.values()].sort((a, b) => a.onset_s - b.onset_s || a.offset_s - b.offset_s || a.id - b.id);
}
