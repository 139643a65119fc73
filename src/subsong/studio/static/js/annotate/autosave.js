// Sends each edit at once, in order, each on top of the revision before it; what cannot be sent is kept and sent later.
// What waits, and undoing it, is the queue's.

import { ApiError, get, post } from "../shell/api.js";
import { keepPending, nextId, takeLeftovers } from "./backup.js";
import { absorb } from "./document.js";
import { Names } from "./names.js";
import { refit } from "./pending.js";
import { Queue } from "./queue.js";

const WAITS_MS = [500, 1000, 2000, 4000];

/**
 * @typedef {Object} Listeners
 * @property {() => void} onChange  the document, or how it is saved, is another one
 * @property {(text: string) => void} onConflict  another window was faster
 * @property {(error: Error) => void} onRefused  the server does not take an edit
 */

/** The one that sends the edits of a recording: an earlier one, left with edits unsent, hands them over. */
const senders = new Map();

const QUIET = { onChange() {}, onConflict() {}, onRefused() {} };

export class Autosave {
  /** @param {string} project @param {string} recording @param {Listeners} listeners */
  constructor(project, recording, listeners = QUIET) {
    this.project = project;
    this.recording = recording;
    this.listeners = listeners;
    /** @type {"saved" | "saving" | "offline"} */
    this.state = "saved";
    this.queue = new Queue();
    this.names = new Names();
    this.running = null;
    this.wake = () => {};
  }

  /** Read the document, and send what was left behind when the window was closed or crashed. @returns {Promise<number>} how much */
  async load() {
    const key = `${this.project} ${this.recording}`;
    senders.get(key)?.stop();
    senders.set(key, this);
    const answer = await get("/api/annotations", { recording: this.recording });
    this.base = this.names.readDocument(answer);
    const { lots, undone } = takeLeftovers(this.project, this.recording, this.base.revision);
    this.queue = new Queue(lots.flatMap(({ items, revision }) => refit(items, this.base, revision).items), undone);
    if (this.queue.items.length > 0) this.state = "saving";
    this.#settle();
    this.#run();
    return this.queue.numWaiting;
  }

  get canUndo() {
    return this.queue.canUndo || this.base.can_undo;
  }

  get canRedo() {
    return this.queue.canRedo || (this.base.can_redo && !this.queue.hasEdit);
  }

  /** Make an edit. @returns {number[]} ids of what it adds */
  submit(edit) {
    const newIds = edit.op === "add" ? edit.annotations.map(nextId) : [];
    const item = { kind: "edit", edit, newIds };
    // What is gone meanwhile is not changed.
    const items = edit.op === "add" ? [item] : refit([item], this.document).items;
    for (const one of items) this.#change(() => this.queue.add(one));
    return newIds;
  }

  undo = () => this.#change(() => this.queue.undo());

  redo = () => this.#change(() => this.queue.redo());

  /** Try again now to send what is pending. */
  retry = () => this.wake();

  /** When everything is sent, or cannot be sent for now. */
  async flush() {
    while (this.queue.items.length > 0 && this.state !== "offline") await new Promise((resolve) => setTimeout(resolve, 15));
  }

  /** Take what the server has, where something other than an edit of this page changed it. */
  async refresh() {
    await this.flush();
    const answer = await get("/api/annotations", { recording: this.recording });
    if (this.queue.items.length > 0 || answer.revision === this.base.revision) return;
    this.queue.undone = [];
    this.#takeOther(answer);
  }

  /** Go on sending what is pending, but tell nobody any more. */
  leave() {
    this.listeners = QUIET;
    this.wake();
  }

  /** Send nothing more: what is pending stays kept in the browser, for another to take. */
  stop() {
    this.leave();
    this.isStopped = true;
    this.queue = new Queue();
  }

  #change(act) {
    act();
    if (this.state === "saved") this.state = "saving";
    this.#settle();
    if (this.queue.items.length === 0) this.wake(); // all was undone: there is nothing to wait for
    this.#run();
  }

  /** Show what is confirmed with what waits on top, and keep that. */
  #settle() {
    this.document = this.queue.applyTo(this.base);
    if (!this.isStopped) this.#keep();
    this.listeners.onChange();
  }

  #keep() {
    const [items, undone] = [this.queue.items, this.queue.undone].map((some) => some.map(this.names.forServer));
    keepPending(this.project, this.recording, { revision: this.base.revision, items, undone });
  }

  #run() {
    this.running ??= this.#sendAll().finally(() => { this.running = null; });
  }

  async #sendAll() {
    for (let failures = 0; this.queue.items.length > 0; ) {
      try {
        await this.#sendFirst(this.queue.items[0]);
        failures = 0;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 409 && error.body?.document) this.#meetOther(error.body.document);
        else if (error.status === 0 || error.status > 500) await this.#waitForServer(failures++);
        else this.#refuse(error);
      }
    }
    this.#say("saved");
  }

  async #sendFirst(item) {
    // Whether it was made is not known: its answer was lost.
    if (item.isUndone) return this.#takeOther(await get("/api/annotations", { recording: this.recording }));
    item.isTried = true;
    const place = { recording: this.recording, base_revision: this.base.revision };
    if (item.kind !== "edit") return this.#confirm(item, await post(`/api/annotations/${item.kind}`, place));
    const { edit } = this.names.forServer(item);
    this.#confirm(item, await post("/api/annotations/edit", { ...place, edit }));
  }

  #confirm(item, answer) {
    if (this.isStopped) return;
    const added = item.newIds?.length ? answer.changed.filter((one) => !this.base.annotations.has(one.id)) : [];
    this.names.learn(new Map(added.map((one, at) => [item.newIds[at], one.id])));
    const before = this.base;
    this.base = absorb(before, this.names.readChange(answer));
    this.queue.confirmFirst(before);
    this.state = this.queue.items.length > 0 ? "saving" : "saved";
    this.#settle();
  }

  #meetOther(answer) {
    const { ids, numLost } = this.#takeOther(answer);
    // Where the first one was made already, it was its answer that got lost: nobody else was here.
    if (ids.size > 0 && numLost === 0) return;
    this.queue.undone = [];
    this.listeners.onConflict(tellConflict(numLost));
  }

  /** Go on from the document the server has, with what of the pending still fits on top. */
  #takeOther(answer) {
    const met = refit(this.queue.items, this.names.readDocument(answer), this.base?.revision);
    this.names.learn(met.ids);
    this.base = this.names.readDocument(answer);
    this.queue.replace(met.items);
    this.#settle();
    return met;
  }

  #refuse(error) {
    this.queue = new Queue(refit(this.queue.items.slice(1), this.base).items);
    this.#settle();
    this.listeners.onRefused(error);
  }

  async #waitForServer(failures) {
    this.#say("offline");
    const wait_ms = WAITS_MS[Math.min(failures, WAITS_MS.length - 1)];
    await new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, wait_ms);
    });
  }

  #say(state) {
    this.state = state;
    this.listeners.onChange();
  }
}

function tellConflict(numLost) {
  const own = numLost === 0 ? "what you did was done on top of it" : `${numLost} of your changes no longer fitted`;
  return `This recording was changed in another window or by a program: its newer state is shown, and ${own}.`;
}
