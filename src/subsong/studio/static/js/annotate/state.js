// What the page is about: one recording, what of it is shown, what is selected. Parts listen to the topics they draw.

import { keepSettings, readSettings } from "./settings.js";
import { bringIntoView, fitView } from "./viewport.js";

/** @typedef {"view" | "document" | "selection" | "cursor" | "settings" | "channel" | "label" | "playing" | "picture"} Topic */

const FIRST_SPAN_S = 10;

export class State {
  /**
   * @param {{name: string, duration_s: number, sample_rate_hz: number, num_channels: number, version: string}} info
   * @param {import("./autosave.js").Autosave} autosave
   */
  constructor(info, autosave) {
    this.info = info;
    this.autosave = autosave;
    this.bounds = { duration_s: info.duration_s, nyquist_hz: info.sample_rate_hz / 2 };
    this.settings = readSettings();
    /** @type {import("./viewport.js").View} */
    this.view = fitView({ start_s: 0, span_s: FIRST_SPAN_S, low_hz: 0, high_hz: this.bounds.nyquist_hz }, this.bounds);
    /** Channels shown one above the other. @type {number[]} */
    this.channels = [0];
    this.activeChannel = 0;
    /** @type {Set<number>} */
    this.selection = new Set();
    this.cursor_s = 0;
    /** Stretch chosen for playing. @type {{start_s: number, stop_s: number} | null} */
    this.stretch = null;
    /** Where playback is. @type {number | null} */
    this.playing_s = null;
    /** Values of annotations while they are dragged. @type {Map<number, object>} */
    this.draft = new Map();
    this.label = "";
    this.listeners = new Map();
  }

  /** @param {Topic | Topic[]} topics @param {() => void} listener */
  on(topics, listener) {
    for (const topic of [topics].flat()) this.listeners.set(topic, [...(this.listeners.get(topic) ?? []), listener]);
  }

  /** @param {Topic} topic */
  tell(topic) {
    for (const listener of this.listeners.get(topic) ?? []) listener();
  }

  get document() {
    return this.autosave.document;
  }

  setView(view) {
    const old = this.view;
    this.view = view;
    const isOther = Object.keys(view).some((key) => view[key] !== old[key]);
    if (isOther) this.tell("view");
  }

  /** @param {Partial<ReturnType<typeof readSettings>>} changes */
  setSettings(changes) {
    this.settings = { ...this.settings, ...changes };
    keepSettings(this.settings);
    this.tell("settings");
  }

  setChannels(channels) {
    this.channels = channels;
    if (!channels.includes(this.activeChannel)) this.activeChannel = channels[0];
    this.tell("channel");
  }

  setCursor(time_s) {
    this.cursor_s = Math.min(Math.max(time_s, 0), this.info.duration_s);
    this.tell("cursor");
  }

  setStretch(stretch) {
    this.stretch = stretch;
    this.tell("cursor");
  }

  setPlaying(time_s) {
    this.playing_s = time_s;
    this.tell("playing");
  }

  setLabel(label) {
    this.label = label;
    this.tell("label");
  }

  /** @param {Iterable<number>} ids */
  select(ids) {
    this.selection = new Set(ids);
    this.tell("selection");
  }

  toggleSelected(id) {
    const rest = [...this.selection].filter((other) => other !== id);
    this.select(rest.length < this.selection.size ? rest : [...rest, id]);
  }

  /** Select one annotation and bring it into view. */
  goToAnnotation(annotation) {
    this.select([annotation.id]);
    this.setView(bringIntoView(this.view, this.bounds, annotation.onset_s, annotation.offset_s));
  }

  /** Selected annotations that still exist, in the order of time. @returns {import("./document.js").Annotation[]} */
  listSelected() {
    const found = [...this.selection].map((id) => this.document.annotations.get(id)).filter(Boolean);
    return found.sort((a, b) => a.onset_s - b.onset_s);
  }

  /** An annotation as it looks now, also while it is dragged. */
  seen(annotation) {
    const draft = this.draft.get(annotation.id);
    return draft ? { ...annotation, ...draft } : annotation;
  }

  /** Annotations that reach into the view, as they look now. */
  listInView() {
    const { start_s, span_s } = this.view;
    const inView = [];
    for (const one of this.document.annotations.values()) {
      const seen = this.seen(one);
      if (seen.offset_s >= start_s && seen.onset_s <= start_s + span_s && this.shows(seen)) inView.push(seen);
    }
    return inView;
  }

  /** Whether the channel of an annotation is shown. */
  shows(annotation) {
    return annotation.channel === null || this.channels.includes(annotation.channel);
  }

  setDraft(draft) {
    this.draft = draft;
    this.tell("document");
  }
}
