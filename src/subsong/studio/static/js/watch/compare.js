// Runs beside one another: whose curves are drawn too, how they came out, and what they were told differently.

import { get } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { listColours } from "../shell/colours.js";
import { fail } from "../shell/notes.js";
import { sayNumber } from "../shell/words.js";

/**
 * @param {string} current  the run that is watched
 * @param {any[]} runs  of /api/runs
 * @param {(names: string[]) => void} onChoice
 */
export function makeComparison(current, runs, onChoice) {
  const chosen = new Set();
  const body = h("div.stack", { "data-testid": "comparison" });
  const boxes = runs.filter((run) => run.name !== current).map((run) =>
    h("label.chip", {}, h("input", { type: "checkbox", "data-testid": `compare-${run.name}`, oninput: (event) => choose(run.name, event.target.checked) }), run.name, h("span.muted", {}, run.best_loss)));
  const element = h("details.card", { open: false }, h("summary", {}, "Compare with other runs"),
    h("div.stack", {}, boxes.length ? h("div.row", {}, boxes) : h("p.muted", {}, "There is no other run yet."), body));

  function choose(name, isChosen) {
    if (isChosen) chosen.add(name);
    else chosen.delete(name);
    onChoice([...chosen]);
    draw().catch(fail);
  }

  async function draw() {
    const names = [current, ...chosen];
    if (names.length === 1) { replace(body); return; }
    const shown = await Promise.all(names.map((name) => get(`/api/runs/${encodeURIComponent(name)}`)));
    const differences = await Promise.all([...chosen].map((other) => get("/api/runs/diff", { this: current, other })));
    replace(body, drawResults(names, shown, runs), h("h3", {}, "Settings that differ"), drawDifferences(names, differences));
  }

  return { element };
}

function drawResults(names, shown, runs) {
  const metrics = [...new Set(shown.flatMap((one) => one.results.map((metric) => metric.name)))];
  const row = (title, cells) => h("tr", {}, h("th", { scope: "row" }, title), cells.map((cell) => h("td.number", {}, cell)));
  const listed = names.map((name) => runs.find((run) => run.name === name));
  return h("div.scroll", {}, h("table.list", { "data-testid": "results" },
    h("thead", {}, h("tr", {}, h("th"), names.map((name, index) => h("th", {}, h("span.swatch", { style: { background: listColours()[index % listColours().length] } }), " ", name)))),
    h("tbody", {},
      row("epochs", listed.map((run) => run?.epochs ?? "")),
      row("best loss", listed.map((run) => run?.best_loss ?? "")),
      metrics.map((name) => row(name, shown.map((one) => {
        const metric = one.results.find((candidate) => candidate.name === name);
        return metric ? `${sayNumber(metric.value)} ${metric.unit}` : "";
      }))))));
}

function drawDifferences(names, differences) {
  const keys = [...new Set(differences.flatMap((one) => one.rows.map((row) => row.key)))];
  if (!keys.length) return h("p.muted", {}, "None: they were told the same.");
  const find = (one, key) => one.rows.find((row) => row.key === key);
  return h("div.scroll", {}, h("table.list", { "data-testid": "differences" },
    h("thead", {}, h("tr", {}, h("th", {}, "setting"), names.map((name) => h("th", {}, name)))),
    h("tbody", {}, keys.map((key) => h("tr", {}, h("td", {}, h("code", {}, key)),
      h("td", {}, differences.map((one) => find(one, key)?.this).find((value) => value !== undefined)),
      differences.map((one) => h("td", {}, find(one, key)?.other ?? h("span.muted", {}, "the same"))))))));
}
