// What there is to decide, and what was decided: the items of the page, one of which is looked at.

import { get } from "../shell/api.js";
import { GoneError, Saver } from "./saving.js";

const PORTION = 200;

/**
 * @typedef {Object} Item
 * @property {string} recording
 * @property {string} bird
 * @property {Object} annotation  the proposal as it was found
 * @property {{kind: "accept" | "reject" | "relabel" | "gone", label?: string} | null} decision
 */

export class Queue {
  /**
   * @param {(problem?: Error) => void} onChange  told whenever anything is another
   * @param {(isSaving: boolean) => void} onSaving  told whether anything is on its way to the disk
   */
  constructor(onChange, onSaving) {
    this.onChange = onChange;
    this.saver = new Saver(onSaving);
    /** @type {Item[]} */
    this.items = [];
    this.index = 0;
    this.numOpen = 0;
    this.numDecided = 0;
    this.filters = {};
    this.history = [];
  }

  /** @returns {Item | null} the one that is looked at */
  get current() {
    return this.items[this.index] ?? null;
  }

  /** Items that are not decided yet, from the one looked at on. @returns {Item[]} */
  listNext() {
    const open = (item) => item.decision === null;
    return [...this.items.slice(this.index).filter(open), ...this.items.slice(0, this.index).filter(open)];
  }

  /** Ask the server what there is. @param {Object} filters  bird, label, max_score, recording */
  async load(filters = this.filters) {
    if (filters !== this.filters) this.numDecided = 0;
    this.filters = filters;
    await this.saver.settle();
    const { total, items } = await get("/api/proofread", { ...filters, limit: PORTION });
    if (filters !== this.filters) return; // other filters were chosen meanwhile
    for (const item of items) this.saver.note(item.recording, item.revision);
    this.items = items.map((item) => ({ ...item, decision: null }));
    this.index = 0;
    this.numOpen = total;
    this.onChange();
  }

  /** Look at the item some places further, or back. */
  move(step) {
    const index = Math.min(Math.max(this.index + step, 0), Math.max(this.items.length - 1, 0));
    if (index !== this.index) this.goTo(index);
  }

  goTo(index) {
    this.index = index;
    this.onChange();
  }

  /** @param {Item} item */
  lookAt(item) {
    this.goTo(this.items.indexOf(item));
  }

  /**
   * Decide on the item that is looked at, and go on to the next.
   * @param {"accept" | "reject" | "relabel"} kind
   * @param {string} [label]  the new one
   */
  decide(kind, label) {
    const item = this.current;
    if (!item || item.decision) return;
    const isSame = kind === "relabel" && label === item.annotation.label;
    this.#save([item], isSame ? "accept" : kind, label);
    this.#goOn();
  }

  /** Decide on many at once. @param {Item[]} accepted @param {Item[]} rejected */
  decideAll(accepted, rejected) {
    const steps = [...this.#save(accepted, "accept"), ...this.#save(rejected, "reject")];
    this.history.splice(this.history.length - steps.length, steps.length, steps.flat());
    this.#goOn();
  }

  /** Take the last decision back, and look at it again. */
  async undo() {
    const steps = this.history.pop();
    if (!steps) return false;
    for (const step of [...steps].reverse()) {
      const revisions = await step.saved.catch(() => null);
      if (revisions === null) continue; // it was never saved
      await this.saver.undo(step.recording, revisions);
      this.#reopen(step.items);
    }
    const first = steps[0].items[0];
    if (!this.items.includes(first)) this.items.splice(this.index, 0, ...steps.flatMap((step) => step.items));
    this.lookAt(first);
    return true;
  }

  // Each recording is changed in one step. Returns the entries of the history, one a recording.
  #save(items, kind, label) {
    const entries = [];
    for (const [recording, own] of Map.groupBy(items, (item) => item.recording)) {
      const ids = own.map((item) => item.annotation.id);
      const edit = kind === "relabel" ? { op: "change", ids, values: { label } } : { op: kind, ids };
      const saved = this.saver.edit(recording, edit, own.map((item) => item.annotation));
      saved.catch((error) => this.#fail(own, error));
      for (const item of own) item.decision = { kind, label };
      entries.push([{ recording, items: own, saved }]);
    }
    this.numDecided += items.length;
    this.numOpen -= items.length;
    this.history.push(...entries);
    return entries;
  }

  #goOn() {
    const [next] = this.listNext();
    if (next) this.lookAt(next);
    else if (this.numOpen > 0) this.load().catch(this.onChange);
    else this.onChange();
  }

  // What could not be saved is open again; what somebody else decided on is not.
  #fail(items, error) {
    if (error instanceof GoneError) for (const item of items) item.decision = { kind: "gone" };
    else this.#reopen(items);
    this.onChange(error);
  }

  #reopen(items) {
    for (const item of items) item.decision = null;
    this.numDecided = Math.max(0, this.numDecided - items.length);
    this.numOpen += items.length;
  }
}
