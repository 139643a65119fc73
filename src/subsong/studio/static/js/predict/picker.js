// Single recordings to choose from: searched, ticked one by one, by a range, or all that are found.

import { get } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { fail } from "../shell/notes.js";
import { countNoun } from "../shell/words.js";

const ALL = 20_000;
// More rows than anybody reads: a search finds the others, and all that are found can be ticked at once.
const MOST_SHOWN = 300;
const STATES = { untouched: "untouched", proposed: "proposals", started: "begun", done: "done" };

/**
 * @param {any} project  of /api/project
 * @param {() => void} onChange
 */
export function makePicker(project, onChange) {
  let recordings = null;
  let found = [];
  let last = 0;
  const chosen = new Set();
  const search = h("input", { type: "search", placeholder: "Search names", "aria-label": "Search recordings", "data-testid": "picker-search", oninput: draw });
  const bird = h("select", { "aria-label": "Bird", oninput: draw, hidden: project.birds.length < 2 }, h("option", { value: "" }, "All birds"), project.birds.map(({ name }) => h("option", { value: name }, name || "–")));
  const state = h("select", { "aria-label": "State", "data-testid": "picker-state", oninput: draw }, h("option", { value: "" }, "Any state"), Object.entries(STATES).map(([value, text]) => h("option", { value }, text)));
  const all = h("button", { type: "button", "data-testid": "tick-all", onclick: () => tick(found, true) });
  const none = h("button", { type: "button", "data-testid": "tick-none", onclick: () => tick(found, false) });
  const said = h("span.muted.small.number", { role: "status", "data-testid": "num-chosen" });
  const rows = h("div.picker-rows", { role: "group", "aria-label": "Recordings", "data-testid": "picker", onkeydown: moveFocus });
  const element = h("section.picker", { hidden: true, "aria-label": "Choose recordings" },
    h("div.row", {}, search, bird, state, all, none, said), rows,
    h("p.help", {}, "Shift-click, or Shift with an arrow key, ticks a range."));

  async function load() {
    if (recordings) return;
    try {
      const answer = await get("/api/recordings", { limit: ALL });
      recordings = answer.recordings.filter((one) => one.state !== "missing");
      draw();
    } catch (error) {
      fail(error);
    }
  }

  function draw() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (one) => words.every((word) => one.name.toLowerCase().includes(word)) && (!bird.value || one.bird === bird.value) && (!state.value || one.state === state.value);
    found = recordings.filter(fits);
    last = 0;
    replace(rows, found.slice(0, MOST_SHOWN).map(drawRow),
      found.length > MOST_SHOWN && h("p.help", {}, `and ${countNoun(found.length - MOST_SHOWN, "recording")} more: search, or tick all`),
      !found.length && h("p.muted", {}, "No recording fits."));
    say();
  }

  function drawRow(recording, at) {
    const box = h("input", { type: "checkbox", checked: chosen.has(recording.name), onclick: (event) => choose(at, event), "data-testid": "pick" });
    return h("label.pick", {}, box, h("span.name", {}, recording.name), h("span.state-mark.small", { "data-state": recording.state }, STATES[recording.state] ?? recording.state));
  }

  /** Tick one, or with Shift all from the last that was ticked to this one. */
  function choose(at, event) {
    const isOn = event.target.checked;
    const [from, to] = event.shiftKey ? [Math.min(last, at), Math.max(last, at)] : [at, at];
    last = at;
    tick(found.slice(from, to + 1), isOn);
  }

  function tick(some, isOn) {
    for (const { name } of some) {
      if (isOn) chosen.add(name);
      else chosen.delete(name);
    }
    for (const [at, box] of [...rows.querySelectorAll("input")].entries()) box.checked = chosen.has(found[at].name);
    say();
    onChange();
  }

  function say() {
    const narrowed = recordings && found.length < recordings.length;
    replace(all, narrowed ? `Tick the ${found.length.toLocaleString("en-US")} found` : "Tick all");
    replace(none, narrowed ? "Untick these" : "Untick all");
    all.disabled = none.disabled = !found.length;
    replace(said, `${chosen.size.toLocaleString("en-US")} of ${recordings.length.toLocaleString("en-US")} chosen`);
  }

  /** Arrow keys go from row to row; with Shift they tick on the way what the row they leave is. */
  function moveFocus(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || event.target.type !== "checkbox") return;
    event.preventDefault();
    const boxes = [...rows.querySelectorAll("input")];
    const at = boxes.indexOf(event.target) + by;
    if (!boxes[at]) return;
    if (event.shiftKey) tick([found[at]], event.target.checked);
    last = at;
    boxes[at].focus();
  }

  return { element, load, names: () => [...chosen] };
}
