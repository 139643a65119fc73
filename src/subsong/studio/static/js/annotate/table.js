// The table of annotations: as many rows as there are, as many elements as fit the window.

import { labelColour } from "../shell/colours.js";
import { h, replace } from "../shell/dom.js";
import { onTheme } from "../shell/theme.js";
import { drawOnFrames } from "../shell/frames.js";
import { formatDuration } from "./ticks.js";

const ROW_PX = 26;
const MARGIN_ROWS = 6;
const COLUMNS = [["label", "Label"], ["onset_s", "Start"], ["duration_s", "Length"], ["score", "Score"]];

const durationOf = (one) => one.offset_s - one.onset_s;
const valueOf = (one, key) => (key === "duration_s" ? durationOf(one) : one[key]);

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  return typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a - b;
}

/** Rows that fit a filter, in an order. @param {{text: string, which: string}} filter @param {{key: string, falling: boolean}} order */
export function arrange(annotations, filter, order) {
  const text = filter.text.toLowerCase();
  const fits = (one) => (!text || one.label.toLowerCase().includes(text)) && (filter.which === "all" || one.state === filter.which);
  const sign = order.falling ? -1 : 1;
  return [...annotations].filter(fits).sort((a, b) => sign * compare(valueOf(a, order.key), valueOf(b, order.key)) || a.onset_s - b.onset_s);
}

/** @param {import("./state.js").State} state */
export function createTable(state) {
  const filter = { text: "", which: "all" };
  const order = { key: "onset_s", falling: false };
  let rows = [];

  const text = h("input", { type: "search", placeholder: "Filter by label", "aria-label": "Filter by label", "data-testid": "filter", oninput: () => { filter.text = text.value.trim(); arranged.ask(); } });
  const which = h("select", { "aria-label": "Which annotations", onchange: () => { filter.which = which.value; arranged.ask(); } },
    [["all", "All"], ["proposed", "Proposed"], ["accepted", "Accepted"]].map(([value, name]) => h("option", { value }, name)));
  const heads = COLUMNS.map(([key, name]) => h("button.quiet", { type: "button", "data-key": key, onclick: () => sortBy(key) }, name));
  const body = h("div.rows");
  const scroller = h("div.scroller", { tabindex: "0", role: "grid", "aria-label": "Annotations", "data-testid": "table" }, body);
  const element = h("div.table-panel", {}, h("div.filter", {}, text, which), h("div.heads", {}, heads), scroller);

  const sortBy = (key) => {
    order.falling = order.key === key && !order.falling;
    order.key = key;
    arranged.ask();
  };
  const draw = () => {
    const first = Math.max(Math.floor(scroller.scrollTop / ROW_PX) - MARGIN_ROWS, 0);
    const count = Math.ceil(scroller.clientHeight / ROW_PX) + 2 * MARGIN_ROWS;
    body.style.height = `${rows.length * ROW_PX}px`;
    replace(body, rows.slice(first, first + count).map((one, at) => drawRow(state, one, first + at)));
    if (rows.length === 0) replace(body, h("p.muted.small", {}, "No annotations here. Drag over the picture to add a segment."));
  };
  const arrangeRows = () => {
    rows = arrange(state.document.annotations.values(), filter, order);
    for (const head of heads) head.setAttribute("aria-sort", head.dataset.key === order.key ? (order.falling ? "descending" : "ascending") : "none");
    scroller.setAttribute("aria-rowcount", String(rows.length));
    draw();
  };
  const showSelected = () => {
    const [selected] = state.selection;
    const at = rows.findIndex((one) => one.id === selected);
    const isSeen = at * ROW_PX >= scroller.scrollTop && (at + 1) * ROW_PX <= scroller.scrollTop + scroller.clientHeight;
    if (at >= 0 && !isSeen) scroller.scrollTop = at * ROW_PX - scroller.clientHeight / 2;
    draw();
  };
  const arranged = drawOnFrames(arrangeRows);
  const drawn = drawOnFrames(draw);
  const selected = drawOnFrames(showSelected);
  scroller.addEventListener("scroll", drawn.ask);
  state.on("document", () => { if (state.draft.size === 0) arranged.ask(); });
  state.on("selection", selected.ask);
  const endTheme = onTheme(drawn.ask);
  return { element, draw: arranged.ask, close: () => { arranged.stop(); drawn.stop(); selected.stop(); endTheme(); } };
}

function drawRow(state, one, at) {
  const duration_s = durationOf(one);
  return h("div.table-row", {
    role: "row", class: one.state, "aria-selected": String(state.selection.has(one.id)), "aria-rowindex": at + 1, "data-testid": "row", "data-id": one.id,
    style: { transform: `translateY(${at * ROW_PX}px)` },
    onclick: (event) => (event.shiftKey || event.ctrlKey || event.metaKey ? state.toggleSelected(one.id) : state.goToAnnotation(one)),
  },
  h("span.label", { role: "gridcell" }, h("span.swatch", { style: { background: labelColour(one.label) } }), one.label || "·"),
  h("span.number", { role: "gridcell" }, one.onset_s.toFixed(3)),
  h("span.number", { role: "gridcell" }, duration_s > 0 ? formatDuration(duration_s) : "event"),
  h("span.number", { role: "gridcell" }, one.score === null ? "" : one.score.toFixed(2)));
}
