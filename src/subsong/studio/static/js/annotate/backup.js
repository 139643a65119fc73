// What the server has not confirmed is also kept in this browser, so that a reload or a crash loses nothing.

import { renameIds } from "./pending.js";

const PREFIX = "subsong-pending";
const tab = sessionStorage.getItem(`${PREFIX}-tab`) ?? Math.random().toString(36).slice(2);
sessionStorage.setItem(`${PREFIX}-tab`, tab);

let lastId = 0;

/** An id for something the server does not know of yet. */
export const nextId = () => --lastId;

const placeOf = (project, recording) => `${PREFIX} ${project} ${recording} `;

/** What is kept of a recording. @typedef {{revision: number, items: import("./queue.js").Item[], undone: import("./queue.js").Item[]}} Lot */

/** Documents as they were are not kept: they come from the server again. */
const withoutDocuments = (key, value) => (key === "before" || key === "instead" ? undefined : value);

/** Keep what waits of a recording, and what was undone of it; nothing: forget it. @param {Lot} lot */
export function keepPending(project, recording, lot) {
  const key = placeOf(project, recording) + tab;
  const isEmpty = lot.items.length === 0 && !lot.undone.some((item) => item.kind === "edit");
  if (isEmpty) localStorage.removeItem(key);
  else localStorage.setItem(key, JSON.stringify(lot, withoutDocuments));
}

/**
 * Take what windows that were closed or crashed left behind. What this one had undone can be done again where the
 * document is the same still.
 *
 * @returns {{lots: Lot[], undone: import("./queue.js").Item[]}}
 */
export function takeLeftovers(project, recording, revision) {
  const place = placeOf(project, recording);
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(place));
  const lots = keys.map((key) => {
    const lot = renumber(JSON.parse(localStorage.getItem(key)));
    localStorage.removeItem(key);
    return { ...lot, isOwn: key === place + tab };
  });
  return { lots, undone: lots.find((lot) => lot.isOwn && lot.revision === revision)?.undone ?? [] };
}

/** Recordings of a project of which edits were left behind. @returns {string[]} */
export function listLeftovers(project) {
  const place = `${PREFIX} ${project} `;
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(place));
  return [...new Set(keys.map((key) => key.slice(place.length, key.lastIndexOf(" "))))];
}

function renumber(lot) {
  const ids = new Map([...lot.items, ...lot.undone].flatMap((item) => item.newIds ?? []).map((id) => [id, nextId()]));
  const rename = (item) => renameIds({ ...item, isTried: false }, ids);
  return { ...lot, items: lot.items.map(rename), undone: lot.undone.map(rename) };
}
