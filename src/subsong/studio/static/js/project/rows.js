// The rows of the list of recordings, and its heading.

import { sayTime } from "../shell/words.js";
import { h } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { addressOf } from "../shell/router.js";

/** What a recording can be, for people. */
export const STATES = { untouched: "Untouched", proposed: "Proposed", started: "Started", done: "Done", missing: "Missing", unreadable: "Unreadable" };
const STATE_HELP = {
  untouched: "Nothing was said of it yet",
  proposed: "A model has proposed sounds; nobody has looked at them",
  started: "A person has begun to annotate it",
  done: "A person has looked at all of it",
};

const count = (value) => (value ? value.toLocaleString("en-US") : "–");
const percent = (value) => (value === null ? "–" : `${Math.round(100 * value)} %`);

/** Columns: `key` is what the server sorts by. */
export const COLUMNS = [
  { key: "name", title: "Recording", draw: drawName },
  { key: "bird", title: "Bird", draw: (row) => row.bird || "–" },
  { key: "duration_s", title: "Length", isNumber: true, draw: (row) => (row.duration_s === null && row.problem ? "–" : sayLength(row.duration_s)) },
  { key: "state", title: "State", draw: drawState },
  { key: "num_accepted", title: "Annotations", isNumber: true, draw: (row) => count(row.num_accepted) },
  { key: "num_proposed", title: "Proposals", isNumber: true, draw: (row) => count(row.num_proposed) },
  { key: "least_score", title: "Least sure", isNumber: true, draw: (row) => percent(row.least_score) },
  { key: "changed_at", title: "Changed", draw: (row) => (row.changed_at === null ? "–" : sayTime(row.changed_at)) },
];

/** @param {{sort: string, descending: boolean}} query @param {(key: string) => void} onSort */
export function drawHead(query, onSort) {
  return h("tr", {}, COLUMNS.map(({ key, title, isNumber }) => {
    const isSorted = query.sort === key;
    return h("th", { class: isNumber ? "number" : "", scope: "col", "aria-sort": isSorted ? (query.descending ? "descending" : "ascending") : "none" },
      h("button.quiet.sort", { onclick: () => onSort(key), "data-testid": `sort-${key}` }, title, isSorted && icon(query.descending ? "down" : "up")));
  }));
}

/** @param {any} row  of the server @param {number} number  in the page @param {(number: number) => void} onChoose */
export function drawRow(row, number, onChoose) {
  return h("tr", { "data-number": number, "data-name": row.name, "data-testid": "recording", onclick: () => onChoose(number) },
    COLUMNS.map(({ isNumber, draw }) => h("td", { class: isNumber ? "number" : "" }, draw(row))));
}

function drawName(row) {
  const cut = row.name.lastIndexOf("/") + 1;
  const name = [h("span.muted", {}, row.name.slice(0, cut)), row.name.slice(cut)];
  const problem = row.problem && h("p.problem.bad.small", { title: row.problem }, row.problem);
  if (row.state === "missing") return [h("span.name", {}, name), problem];
  const link = h("a.name", { href: addressOf("annotate", { recording: row.name }), title: `Annotate ${row.name}`, "data-testid": "open-recording" }, name);
  return [link, problem];
}

function drawState(row) {
  return h("span.state-mark", { "data-state": row.state, title: row.problem ?? STATE_HELP[row.state] }, STATES[row.state]);
}

/** "1:02:03", "4:05", "3.5 s": lengths that stand under each other. */
function sayLength(seconds) {
  if (seconds === null) return "…";
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const [first, ...rest] = parts[0] ? parts : parts.slice(1);
  return [first, ...rest.map((part) => String(part).padStart(2, "0"))].join(":");
}
