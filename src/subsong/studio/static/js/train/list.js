// The runs there are: how far each has come, and what can be done with it.

import { get, post } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { fail, say } from "../shell/notes.js";
import { addressOf, goTo } from "../shell/router.js";
import { sayTime } from "../shell/words.js";

const REFRESH_MS = 3000;

/** @returns {{element: HTMLElement, refresh: () => Promise<void>, close: () => void}} */
export function makeRunList() {
  let timer = 0;
  let drawn = "";
  const body = h("div");
  const element = h("section.stack", {}, h("h2", {}, "Runs"), body);

  async function refresh() {
    clearTimeout(timer);
    const { runs } = await get("/api/runs");
    const text = JSON.stringify(runs);
    if (text !== drawn) replace(body, runs.length ? drawTable(runs, refresh) : drawNone());
    drawn = text;
    if (runs.some((run) => run.state === "running")) timer = setTimeout(() => refresh().catch(fail), REFRESH_MS);
  }

  return { element, refresh, close: () => clearTimeout(timer) };
}

const drawNone = () => h("div.empty.card", { "data-testid": "no-runs" }, icon("train"), h("h2", {}, "No runs yet"),
  h("p", {}, "Choose a recipe and a dataset below, and start: the settings suit most recordings as they are."));

function drawTable(runs, refresh) {
  const heads = ["Run", "Recipe", "State", "Epochs", "Best loss", "Time left", "Begun", ""];
  return h("div.scroll", {}, h("table.list", { "data-testid": "runs" },
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", {}, head)))),
    h("tbody", {}, runs.map((run) => drawRun(run, refresh)))));
}

function drawRun(run, refresh) {
  return h("tr", { "data-testid": `run-${run.name}` },
    h("td", {}, h("a", { href: addressOf("watch", { run: run.name }) }, run.name)),
    h("td", {}, run.recipe),
    h("td", {}, h("span.state", { "data-state": run.state, title: run.state === "failed" || run.state === "unreadable" ? run.next_step : "" }, run.state)),
    h("td.number", {}, run.epochs), h("td.number", {}, run.best_loss), h("td.number", {}, run.time_left),
    h("td.small.muted", {}, sayTime(run.started_at)),
    h("td", {}, h("div.row.actions", {}, drawActions(run, refresh))));
}

function drawActions(run, refresh) {
  const name = encodeURIComponent(run.name);
  if (run.state === "running") {
    return h("button.danger", { type: "button", "data-testid": `stop-${run.name}`, onclick: (event) => act(event, () => stopRun(run.name), refresh) }, icon("stop"), "Stop");
  }
  if (["stopped", "failed", "interrupted", "not started"].includes(run.state)) {
    const resume = async () => { await post(`/api/runs/${name}/resume`); goTo("watch", { run: run.name }); };
    return h("button", { type: "button", "data-testid": `resume-${run.name}`, onclick: (event) => act(event, resume, refresh) }, icon("play"), "Resume");
  }
  return run.recipe === "song-segmenter" && run.has_model && h("a.button", { href: addressOf("predict", { run: run.name }) }, "Predict");
}

/** Ask a run to leave a checkpoint and end. @param {string} name */
export async function stopRun(name) {
  const { message } = await post(`/api/runs/${encodeURIComponent(name)}/stop`);
  say(message);
}

async function act(event, run, refresh) {
  event.currentTarget.disabled = true;
  await run().catch(fail);
  await refresh().catch(fail);
}
