// What was done and is not confirmed, in order, and what was undone of it. What was not sent yet is undone by taking it
// out again, at once and without the server. What was sent may have been made: it stays, marked, until that is known.

import { applyEdit } from "./document.js";

/**
 * @typedef {Object} Edit
 * @property {"edit"} kind
 * @property {any} edit
 * @property {number[]} newIds  ids of what it adds
 * @property {boolean} [isTried]  it was sent, so that the server may have made it
 * @property {boolean} [isUndone]  it is to be as if it had never been
 */
/**
 * @typedef {Object} Step  of the server's own undoing
 * @property {"undo" | "redo"} kind
 * @property {boolean} [isTried]
 * @property {import("./document.js").Document} [before]  what the document looks like after it, where that is known
 * @property {Edit} [instead]  an edit that was undone here before the server had confirmed it
 */
/** @typedef {Edit | Step} Item */

/** In place of an edit that only the server can do again. @type {Step} */
const REDO = { kind: "redo" };

const isLive = (item) => !item.isUndone;

export class Queue {
  /** @param {Item[]} items @param {Item[]} undone what was undone, the last at the end */
  constructor(items = [], undone = []) {
    this.items = items;
    this.undone = undone;
  }

  /** How many changes wait to be sent. */
  get numWaiting() {
    return this.items.filter(isLive).length;
  }

  /** Whether there is something here that undo takes back. */
  get canUndo() {
    return ["edit", "redo"].includes(this.items.findLast(isLive)?.kind);
  }

  get canRedo() {
    return this.undone.length > 0;
  }

  /** Whether an edit waits, after which nothing of before can be done again. */
  get hasEdit() {
    return this.items.some((item) => item.kind === "edit" && isLive(item));
  }

  /** @param {Edit} edit */
  add(edit) {
    this.items.push(edit);
    this.undone = [];
  }

  undo() {
    const last = this.items.findLast(isLive);
    if (last?.kind === "edit") {
      this.#takeOut(last);
      this.undone.push(last);
      return;
    }
    if (last?.kind === "redo" && !last.isTried) this.#takeOut(last);
    else this.items.push({ kind: "undo" });
    this.undone.push(REDO);
  }

  redo() {
    const item = this.undone.pop() ?? REDO;
    if (item.kind === "edit") return this.#putBack(item);
    const last = this.items.findLast(isLive);
    if (last?.kind === "undo" && !last.isTried) this.#takeOut(last);
    else this.items.push({ kind: "redo" });
  }

  /** The first item was made by the server. @param {import("./document.js").Document} before the document until then */
  confirmFirst(before) {
    const first = this.items.shift();
    if (first.isUndone) this.replace([{ kind: "undo", before, instead: first }, ...this.items]);
  }

  /** Take other items in place of all. @param {Item[]} items */
  replace(items) {
    this.items = items;
    const passed = new Set(items.map((item) => item.instead).filter(Boolean));
    this.undone = this.undone.map((item) => (passed.has(item) ? REDO : item));
  }

  /** The document with all that waits on top. @param {import("./document.js").Document} base */
  applyTo(base) {
    return this.items.filter(isLive).reduce((document, item) => {
      if (item.kind === "edit") return applyEdit(document, item.edit, item.newIds);
      return item.before ?? document;
    }, base);
  }

  #takeOut(item) {
    if (item.isTried) item.isUndone = true;
    else this.items.splice(this.items.indexOf(item), 1);
  }

  #putBack(item) {
    item.isUndone = false;
    if (this.items.includes(item)) return;
    item.isTried = false;
    this.items.push(item);
  }
}
