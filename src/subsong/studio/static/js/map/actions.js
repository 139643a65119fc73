// What is done with the chosen items: labels, tags, sending on, taking away; and taking back what was done last.

import { get, post } from "../shell/api.js";
import { fail, say } from "../shell/notes.js";
import { countOf } from "./data.js";

const MAX_UNDO = 20;

export class Actions {
  /** @param {Object} parts  what is looked at, see `openMap` */
  constructor(parts) {
    this.parts = parts;
    /** @type {{say: string, undo: () => Promise<void>, before?: Object, after?: Object}[]} the latest last */
    this.done = [];
  }

  get data() {
    return this.parts.data;
  }

  get noun() {
    return this.data.description.noun;
  }

  rename(items, label) {
    return this.changeLabels(items, { action: "rename", label }, (count) => `${countOf(count, this.noun)} called ${label}`);
  }

  reject(items) {
    return this.changeLabels(items, { action: "reject" }, (count) => `${countOf(count, this.noun)} rejected`);
  }

  async changeLabels(items, change, describe) {
    const body = { items };
    const { intervals, revisions: before } = await post(`${this.data.address}/places`, body);
    const { num_changed: changed, num_not_found: lost } = await post("/api/annotations/bulk", { intervals, ...change });
    const { revisions: after } = await post(`${this.data.address}/places`, body);
    const entry = { before, after, say: describe(changed) };
    entry.undo = () => this.undoEdits(entry);
    if (changed) this.remember(entry);
    await this.refresh();
    const missing = lost ? `; ${lost} not found: their times were changed since the map was drawn` : "";
    say(entry.say + missing, changed ? { label: "Undo", run: () => this.undoLast().catch(fail) } : undefined);
  }

  // Each document goes back as many steps as the action took; one that somebody changed since refuses.
  async undoEdits(entry) {
    for (const [recording, revision] of Object.entries(entry.after)) {
      let base = revision;
      for (let step = entry.before[recording]; step < revision; step++) {
        base = (await post("/api/annotations/undo", { recording, base_revision: base })).revision;
      }
      this.followRevision(recording, entry.before[recording], base);
    }
  }

  // What was done before this can now be undone from the revision the undoing led to.
  followRevision(recording, from, to) {
    for (const { after } of this.done) if (after?.[recording] === from) after[recording] = to;
  }

  async tag(items, tag) {
    const column = this.data.hasColumn("tag") ? await this.data.loadColumn("tag") : null;
    const former = new Map();
    for (const item of items) {
      const code = column ? column.codes[item] : -1;
      const old = code < 0 ? null : column.levels[code];
      former.set(old, [...(former.get(old) ?? []), item]);
    }
    await post(`${this.data.address}/tags`, { items, tag });
    const undo = async () => {
      for (const [old, some] of former) await post(`${this.data.address}/tags`, { items: some, tag: old });
    };
    this.remember({ say: tag ? `${countOf(items.length, this.noun)} tagged ${tag}` : `Tags of ${countOf(items.length, this.noun)} removed`, undo });
    await this.refresh();
    say(this.done.at(-1).say, { label: "Undo", run: () => this.undoLast().catch(fail) });
  }

  /** @returns {Promise<{recording: string, channel: number | null, onset_s: number}>} the first of what was sent */
  async send(items) {
    const { num_sent: sent, first } = await post(`${this.data.address}/send`, { items });
    say(`${countOf(sent, this.noun)} at the head of the queue`, { label: "Open the first", run: () => this.parts.acts.openAt(first) });
    return first;
  }

  async export(items, format) {
    const response = await fetch(`${this.data.address}/export`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Subsong": "1" },
      body: JSON.stringify({ items, format }),
    });
    if (!response.ok) throw new Error((await response.json()).error);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = response.headers.get("Content-Disposition").match(/filename="(.*)"/)[1];
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  /** The formats annotations can be written in. @returns {Promise<string[]>} */
  async listFormats() {
    if (!this.data.description.can_change_labels) return [];
    const formats = await get("/api/annotations/formats");
    return formats.filter((format) => format.writes).map((format) => format.name);
  }

  remember(entry) {
    this.done.push(entry);
    if (this.done.length > MAX_UNDO) this.done.shift();
  }

  async undoLast() {
    const entry = this.done.pop();
    if (!entry) {
      say("Nothing to undo on this map.");
      return;
    }
    try {
      await entry.undo();
      say(`Undone: ${entry.say}`);
    } finally {
      await this.refresh();
    }
  }

  async refresh() {
    await this.data.refresh();
    this.parts.details.clear();
    this.parts.state.changeLabels();
  }
}
