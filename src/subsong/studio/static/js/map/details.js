// What is known of an item, and how its card says it.

import { get } from "../shell/api.js";
import { h } from "../shell/dom.js";
import { formatNumber } from "./data.js";

const MAX_KEPT = 3000;
const MAX_SPECIES = 12;
const MAX_LINES = 3;
// What the rest of the card says already.
const SAID = { checklists: ["list", "species", "num_species"], syllables: ["label"], windows: ["trajectory"], pictures: [] };

export class DetailStore {
  /** @param {import("./data.js").MapData} data */
  constructor(data) {
    this.data = data;
    this.kept = new Map();
  }

  peek(item) {
    return this.kept.get(item)?.value ?? null;
  }

  /** @returns {Promise<Object<string, any>>} */
  load(item) {
    if (!this.kept.has(item)) {
      const entry = { value: null, promise: get(`${this.data.address}/item`, { item }) };
      this.kept.set(item, entry);
      entry.promise.then((value) => (entry.value = value), () => this.kept.delete(item));
      if (this.kept.size > MAX_KEPT) this.kept.delete(this.kept.keys().next().value);
    }
    return this.kept.get(item).promise;
  }

  clear() {
    this.kept.clear();
  }
}

/** The words of an item's card. @returns {{title: string, lines: string[], species: string[]}} */
export function describe(data, details, item) {
  const { kind, noun } = data.description;
  const nothing = { title: `${noun} ${item + 1}`, lines: [], species: [] };
  if (!details) return nothing;
  if (kind === "syllables") return describeSyllable(details);
  if (kind === "windows") return describeWindow(details, data);
  if (kind === "checklists") return describeList(details, data, nothing);
  return describePicture(details, data, nothing);
}

function describeSyllable(details) {
  const label = details.is_removed ? "removed" : details.label || "no label";
  const parts = [details.bird, formatDuration(details.offset_s - details.onset_s), details.tag];
  return { title: label, lines: [parts.filter(Boolean).join(" · "), details.recording], species: [] };
}

function describeWindow(details, data) {
  const title = details.label || details.bird || data.description.noun;
  const place = `${formatTime(details.onset_s)} · ${formatDuration(details.offset_s - details.onset_s)}`;
  return { title, lines: [[place, details.tag].filter(Boolean).join(" · "), details.recording], species: [] };
}

function describeList(details, data, nothing) {
  const species = String(details.species ?? "").split(", ").filter(Boolean);
  return { title: details.list ?? nothing.title, lines: describeRest(details, data, ["species", "list", "num_species"]), species };
}

// A picture is called as its file is, and not by its number, where that is known.
function describePicture(details, data, nothing) {
  const title = details.source?.split("/").at(-1) ?? nothing.title;
  return { ...nothing, title, lines: describeRest(details, data, title === details.source ? ["source"] : []) };
}

function describeRest(details, data, said) {
  return data.listed
    .filter(({ name }) => !said.includes(name) && details[name] !== null && details[name] !== "")
    .slice(0, MAX_LINES)
    .map(({ name }) => `${readable(name)}: ${format(details[name], name)}`);
}

/** The species of a list as a list, the first of them where there are many. @param {string[]} species */
export function drawSpecies(species, most = MAX_SPECIES) {
  if (!species.length) return null;
  const more = species.length - most;
  return [
    h("p.map-count", {}, `${species.length} species`),
    h("ul.map-species", {}, species.slice(0, most).map((name) => h("li", {}, name)), more > 0 && h("li.muted", {}, `and ${more} more`)),
  ];
}

/** Every column of an item as a description list. */
export function drawValues(details, data) {
  const said = SAID[data.description.kind];
  const known = data.listed.filter(({ name }) => !said.includes(name) && details[name] !== null && details[name] !== undefined);
  return h("dl.map-values", {}, known.map(({ name }) => [h("dt", {}, readable(name)), h("dd", {}, format(details[name], name))]));
}

// Times to a tenth of a millisecond, however long the recording is.
function format(value, name = "") {
  if (typeof value !== "number") return String(value);
  return name.endsWith("_s") ? formatNumber(Number(value.toFixed(4)), 12) : formatNumber(value);
}

const UNITS = { s: "s", ms: "ms", hz: "Hz", khz: "kHz", db: "dB", min: "min", m: "m", km: "km" };

/** A column's name as people read it: num_species is "number of species", onset_s "onset (s)". */
export function readable(name) {
  const words = name.replace(/^num_/, "number of ").split("_");
  const unit = words.length > 1 && UNITS[words.at(-1)];
  return unit ? `${words.slice(0, -1).join(" ")} (${unit})` : words.join(" ");
}

/** Such as "84 ms". */
export const formatDuration = (seconds) => (seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(2)} s`);

function formatTime(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(2).padStart(5, "0")}`;
}
