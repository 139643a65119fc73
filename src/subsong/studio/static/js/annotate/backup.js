// What the server has not confirmed is also kept in this browser, so that a reload or a crash loses nothing.

import { renameIds } from "./pending.js";

const PREFIX = "subsong-pending";
const tab = sessionStorage.getItem(`${PREFIX}-tab`) ?? Math.random().toString(36).slice(2);
sessionStorage.setItem(`${PREFIX}-tab`, tab);

let lastId = 0;

/** An id for something the server does not know of yet. */
export const nextId = () => --lastId;

const placeOf = (project, recording) => `${PREFIX} ${project} ${recording} `;

/** Keep the pending items of a recording; none: forget them. */
export function keepPending(project, recording, items) {
  const key = placeOf(project, recording) + tab;
  const edits = items.filter((item) => item.kind === "edit");
  if (edits.length > 0) localStorage.setItem(key, JSON.stringify(edits));
  else localStorage.removeItem(key);
}

/** Take what windows that were closed or crashed left behind. @returns {import("./pending.js").Item[]} */
export function takeLeftovers(project, recording) {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(placeOf(project, recording)));
  return keys.flatMap((key) => {
    const items = JSON.parse(localStorage.getItem(key));
    localStorage.removeItem(key);
    return renumber(items);
  });
}

/** Recordings of a project of which edits were left behind. @returns {string[]} */
export function listLeftovers(project) {
  const place = `${PREFIX} ${project} `;
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(place));
  return [...new Set(keys.map((key) => key.slice(place.length, key.lastIndexOf(" "))))];
}

function renumber(items) {
  const ids = new Map(items.flatMap((item) => item.newIds).map((id) => [id, nextId()]));
  return items.map((item) => renameIds(item, ids));
}
