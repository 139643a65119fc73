// Sends each edit at once, in order, each on top of the revision before it; what cannot be sent is kept and sent later.

import { ApiError, get, post } from "../shell/api.js";
import { keepPending, nextId, takeLeftovers } from "./backup.js";
import { absorb, applyEdit } from "./document.js";
import { Names } from "./names.js";
import { refit } from "./pending.js";

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
    /** @type {import("./pending.js").Item[]} */
    this.items = [];
    this.names = new Names();
    this.running = null;
    this.wake = () => {};
  }

  /** Read the document, and send what was left behind when the window was closed or crashed. */
  async load() {
    const key = `${this.project} ${this.recording}`;
    senders.get(key)?.stop();
    senders.set(key, this);
    const answer = await get("/api/annotations", { recording: this.recording });
    this.items = takeLeftovers(this.project, this.recording);
    this.#takeOther(answer);
    this.#run();
    return this.items.length;
  }

  /** Make an edit. @returns {number[]} ids of what it adds */
  submit(edit) {
    const newIds = edit.op === "add" ? edit.annotations.map(nextId) : [];
    const item = { kind: "edit", edit, newIds };
    // What is gone meanwhile is not changed.
    const items = edit.op === "add" ? [item] : refit([item], this.document).items;
    for (const one of items) this.#push(one);
    return newIds;
  }

  undo = () => this.#push({ kind: "undo" });

  redo = () => this.#push({ kind: "redo" });

  /** Try again now to send what is pending. */
  retry = () => this.wake();

  /** When everything is sent, or cannot be sent for now. */
  async flush() {
    while (this.items.length > 0 && this.state !== "offline") await new Promise((resolve) => setTimeout(resolve, 15));
  }

  /** Take what the server has, where something other than an edit of this page changed it. */
  async refresh() {
    await this.flush();
    const answer = await get("/api/annotations", { recording: this.recording });
    if (this.items.length > 0 || answer.revision === this.base.revision) return;
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
    this.items = [];
  }

  #push(item) {
    this.items.push(item);
    if (item.kind === "edit") this.document = applyEdit(this.document, item.edit, item.newIds);
    this.#keep();
    if (this.state === "saved") this.state = "saving";
    this.listeners.onChange();
    this.#run();
  }

  /** Show what is confirmed with what is pending on top. */
  #settle() {
    const edits = this.items.filter((item) => item.kind === "edit");
    this.document = edits.reduce((document, item) => applyEdit(document, item.edit, item.newIds), this.base);
    this.#keep();
    this.listeners.onChange();
  }

  #keep() {
    if (!this.isStopped) keepPending(this.project, this.recording, this.items.map(this.names.forServer));
  }

  #run() {
    this.running ??= this.#sendAll().finally(() => { this.running = null; });
  }

  async #sendAll() {
    for (let failures = 0; this.items.length > 0; ) {
      try {
        this.#confirm(await this.#send(this.items[0]));
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

  #send(item) {
    const place = { recording: this.recording, base_revision: this.base.revision };
    if (item.kind === "edit") return post("/api/annotations/edit", { ...place, edit: this.names.forServer(item).edit });
    return post(`/api/annotations/${item.kind}`, place);
  }

  #confirm(answer) {
    const [item, ...rest] = this.items;
    const added = item.newIds?.length ? answer.changed.filter((one) => !this.base.annotations.has(one.id)) : [];
    this.names.learn(new Map(added.map((one, at) => [item.newIds[at], one.id])));
    this.base = absorb(this.base, this.names.readChange(answer));
    this.items = rest;
    this.state = rest.length > 0 ? "saving" : "saved";
    this.#settle();
  }

  #meetOther(answer) {
    const { ids, numLost } = this.#takeOther(answer);
    // Where the first one was made already, it was its answer that got lost: nobody else was here.
    if (ids.size === 0 || numLost > 0) this.listeners.onConflict(tellConflict(numLost));
  }

  /** Go on from the document the server has, with what of the pending still fits on top. */
  #takeOther(answer) {
    const met = refit(this.items, this.names.readDocument(answer));
    this.names.learn(met.ids);
    this.base = this.names.readDocument(answer);
    this.items = met.items;
    this.#settle();
    return met;
  }

  #refuse(error) {
    this.items = refit(this.items.slice(1), this.base).items;
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
