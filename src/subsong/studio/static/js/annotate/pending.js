// Edits that the server has not confirmed: what they refer to, and what is left of them on another document.

import { applyEdit, findSame } from "./document.js";

/** @typedef {import("./queue.js").Item} Item */

/** Put other ids in place of those an item refers to. @param {Item} item @param {Map<number, number>} ids @returns {Item} */
export function renameIds(item, ids) {
  if (item.kind !== "edit") return item;
  const rename = (id) => ids.get(id) ?? id;
  const edit = { ...item.edit };
  if (edit.ids) edit.ids = edit.ids.map(rename);
  if (edit.op === "change" && edit.annotations) edit.annotations = edit.annotations.map((one) => ({ ...one, id: rename(one.id) }));
  return { ...item, edit, newIds: item.newIds.map(rename) };
}

function refitAdd(item, document, found) {
  const kept = item.edit.annotations.map((values, at) => ({ values, id: item.newIds[at], same: findSame(document, values) }));
  for (const { id, same } of kept) if (same) found.set(id, same.id);
  const left = kept.filter(({ same }) => !same);
  return { ...item, edit: { ...item.edit, annotations: left.map(({ values }) => values) }, newIds: left.map(({ id }) => id) };
}

/** Whether an item does anything. @param {Item} item */
function saysSomething({ edit }) {
  return !["ids", "annotations"].some((key) => edit[key]?.length === 0);
}

/**
 * What is left of pending items on a document that others may have changed.
 *
 * On the revision they were made on, all of them. Else an undo is not repeated: what it would take back is no longer
 * known. What was added and is there already (the answer got lost) is not added again; what no longer exists is not
 * changed. What was undone while it was on its way is taken back where it was made after all.
 *
 * @param {Item[]} items
 * @param {import("./document.js").Document} document
 * @param {number} [revision] that they were made on
 * @returns {{items: Item[], ids: Map<number, number>, numLost: number}} `ids`: the server's names of what was added and
 *   is there already; `numLost`: edits that no longer fit
 */
export function refit(items, document, revision) {
  const ids = new Map();
  if (revision === document.revision && revision !== undefined) return { items: items.filter((item) => !item.isUndone), ids, numLost: 0 };
  const known = new Set(document.annotations.keys());
  const left = [];
  let numLost = 0;
  for (const item of items) {
    const numMade = ids.size;
    if (item.isUndone) {
      left.push(...takeBack(item, document, revision));
      continue;
    }
    if (item.kind !== "edit") {
      numLost++;
      continue;
    }
    const fitted = item.edit.op === "add" ? refitAdd(item, document, ids) : refitOther(item, known, document);
    for (const id of item.newIds) known.add(id);
    if (saysSomething(fitted)) left.push(fitted);
    else if (ids.size === numMade) numLost++;
  }
  return { items: left, ids, numLost };
}

/** What takes back an edit that may have been made: nothing where it was not. @returns {Item[]} */
function takeBack(item, document, revision) {
  const ids = new Map();
  const isAdd = item.edit.op === "add";
  const isMade = isAdd ? !saysSomething(refitAdd(item, document, ids)) : changesNothing(item, document);
  if (isMade && document.revision === revision + 1) return [{ kind: "undo", instead: item }];
  return ids.size > 0 ? [{ kind: "edit", edit: { op: "delete", ids: [...ids.values()] }, newIds: [] }] : [];
}

function changesNothing({ edit }, document) {
  const say = ({ annotations, reviewed, is_done }) => JSON.stringify([[...annotations.values()], reviewed, is_done]);
  return say(applyEdit(document, edit)) === say(document);
}

function refitOther(item, known, document) {
  const edit = { ...item.edit };
  const decided = (id) => edit.op === "accept" && document.annotations.get(id)?.state === "accepted";
  if (edit.ids) edit.ids = edit.ids.filter((id) => known.has(id) && !decided(id));
  if (edit.annotations) edit.annotations = edit.annotations.filter((one) => known.has(one.id));
  return { ...item, edit };
}
