// The list of recordings: search, filters, order, pages, and a row that the arrow keys move.

import { afterQuiet } from "../shell/frames.js";
import { countNoun } from "../shell/words.js";
import { get } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { fail } from "../shell/notes.js";
import { goTo, noteAddress } from "../shell/router.js";
import { COLUMNS, STATES, drawHead, drawRow } from "./rows.js";

const PAGE = 50;
const TYPING_MS = 150;

/** @param {Object<string, string>} parameters  of the address */
export function createTable(parameters) {
  const query = {
    search: parameters.search ?? "",
    bird: parameters.bird ?? "",
    state: Object.hasOwn(STATES, parameters.state ?? "") ? parameters.state : "",
    sort: COLUMNS.some((column) => column.key === parameters.sort) ? parameters.sort : "name",
    descending: parameters.descending === "true",
    from: Math.max(0, Number.parseInt(parameters.from ?? "0", 10) || 0),
  };
  let shown = [];
  let total = 0;
  let chosen = -1;
  let turn = 0;

  const search = h("input", { type: "search", placeholder: "Search", "aria-label": "Search recordings", value: query.search, "data-testid": "search", oninput: afterQuiet(TYPING_MS, () => filter({ search: search.value })), onkeydown: leaveSearch });
  const bird = h("select", { "aria-label": "Bird", "data-testid": "filter-bird", onchange: () => filter({ bird: bird.value }) });
  const state = h("select", { "aria-label": "State", "data-testid": "filter-state", onchange: () => filter({ state: state.value }) },
    h("option", { value: "" }, "Any state"), Object.entries(STATES).map(([value, text]) => h("option", { value, selected: value === query.state }, text)));
  const found = h("span.muted.small.number", { "data-testid": "num-found", role: "status" });
  const previous = h("button.icon-only", { "aria-label": "Page before", onclick: () => turnPage(-1), "data-testid": "page-before" }, icon("previous"));
  const next = h("button.icon-only", { "aria-label": "Next page", onclick: () => turnPage(1), "data-testid": "next-page" }, icon("next"));
  const body = h("tbody");
  const head = h("thead");
  const list = h("table.list.recordings", { "data-testid": "recordings" }, head, body);
  const none = h("div.empty", { hidden: true, "data-testid": "none-found" });
  const element = h("section.stack", { "aria-labelledby": "recordings-title" },
    h("div.row.spread", {}, h("h2", { id: "recordings-title" }, "Recordings"),
      h("div.row.filters", {}, search, bird, state, found, previous, next)),
    h("div.table-room", {}, list, none));

  /** Ask the server for the page that is shown. */
  async function load() {
    const mine = ++turn;
    const { from, ...asked } = query;
    const answer = await get("/api/recordings", { ...asked, offset: from, limit: PAGE });
    if (mine !== turn) return;
    if (answer.recordings.length === 0 && from > 0) {
      query.from = 0;
      await load();
      return;
    }
    shown = answer.recordings;
    total = answer.total;
    draw();
  }

  function draw() {
    replace(head, drawHead(query, sortBy));
    replace(body, shown.map((row, number) => drawRow(row, number, choose)));
    const last = query.from + shown.length;
    replace(found, total > shown.length ? `${query.from + 1}–${last} of ${total.toLocaleString("en-US")}` : countNoun(total, "recording"));
    previous.hidden = next.hidden = total <= PAGE;
    previous.disabled = query.from === 0;
    next.disabled = last >= total;
    list.hidden = shown.length === 0;
    none.hidden = shown.length > 0;
    if (shown.length === 0)
      replace(none, h("h2", {}, "No recording fits"), h("p", {}, "Search for part of a name or a folder, or show all again."), h("button", { onclick: showAll, "data-testid": "show-all" }, "Show all"));
    choose(Math.min(chosen, shown.length - 1), false);
  }

  /** Show other recordings. @param {Object<string, any>} wanted */
  function filter(wanted) {
    Object.assign(query, { from: 0 }, wanted);
    chosen = -1;
    bird.value = query.bird;
    state.value = query.state;
    if (search.value !== query.search) search.value = query.search;
    note();
    return load().catch(fail);
  }

  const showAll = () => filter({ search: "", bird: "", state: "" });
  const note = () => noteAddress("project", { ...query, sort: query.sort === "name" ? "" : query.sort, descending: query.descending || "", from: query.from || "" });

  function sortBy(key) {
    filter({ sort: key, descending: query.sort === key ? !query.descending : false });
  }

  async function turnPage(by) {
    query.from = Math.max(0, query.from + by * PAGE);
    note();
    await load().catch(fail);
  }

  /** Let a row be the one that Enter opens. */
  function choose(number, isSeen = true) {
    chosen = number;
    for (const row of body.children) row.setAttribute("aria-selected", String(Number(row.dataset.number) === number));
    if (isSeen) body.children[number]?.scrollIntoView({ block: "nearest" });
  }

  async function move(by) {
    const wanted = chosen + by;
    if (wanted >= shown.length && query.from + shown.length < total) {
      await turnPage(1);
      choose(0);
    } else if (wanted < 0 && query.from > 0) {
      await turnPage(-1);
      choose(shown.length - 1);
    } else choose(Math.max(0, Math.min(wanted, shown.length - 1)));
  }

  function openChosen() {
    const row = shown[chosen];
    if (row && row.state !== "missing") goTo("annotate", { recording: row.name });
  }

  function leaveSearch(event) {
    if (!["ArrowDown", "Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    search.blur();
    if (event.key !== "Escape") choose(Math.max(chosen, 0));
  }

  /** Offer the birds of the project. */
  function showBirds(birds) {
    replace(bird, h("option", { value: "" }, "All birds"), birds.map(({ name }) => h("option", { value: name }, name || "–")));
    bird.value = query.bird;
    bird.hidden = birds.length < 2;
  }

  const bindings = [
    { keys: "/", label: "Search", group: "Recordings", run: () => search.focus() },
    { keys: "ArrowDown J", label: "Next recording", group: "Recordings", run: () => move(1) },
    { keys: "ArrowUp K", label: "Recording before", group: "Recordings", run: () => move(-1) },
    { keys: "PageDown", label: "Next page", group: "Recordings", run: () => { if (!next.disabled && !next.hidden) turnPage(1); } },
    { keys: "PageUp", label: "Page before", group: "Recordings", run: () => { if (!previous.disabled && !previous.hidden) turnPage(-1); } },
    { keys: "Enter", label: "Annotate it", group: "Recordings", run: openChosen },
  ];
  return { element, load, filter, showBirds, bindings, close: () => { turn++; } };
}

