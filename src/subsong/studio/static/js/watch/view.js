// The page Watch: one run as it trains. Curves, figures and warnings as they come; other runs beside it.

import { get, post } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { fail } from "../shell/notes.js";
import { addressOf, goTo } from "../shell/router.js";
import { makeCurves } from "../charts/curves.js";
import { makeJobPanel } from "../forms/job_panel.js";
import { stopRun } from "../train/list.js";
import { makeComparison } from "./compare.js";
import { makeFigures } from "./figures.js";
import { followRun, readRecords } from "./stream.js";
import { makeTiles, makeWarnings } from "./tiles.js";

/** @param {HTMLElement} place @param {Object<string, string>} parameters  run */
export async function open(place, parameters) {
  const { runs } = await get("/api/runs");
  if (!runs.length) {
    replace(place, h("div.empty", { "data-testid": "no-runs" }, icon("watch"), h("h2", {}, "Nothing to watch yet"),
      h("p", {}, "Start a run on the page ", h("a", { href: "#/train" }, "Train"), ": its curves are drawn here while it learns.")));
    return { close() {} };
  }
  const name = runs.some((run) => run.name === parameters.run) ? parameters.run : runs[0].name;
  return watch(place, name, runs);
}

function watch(place, name, runs) {
  const curves = makeCurves();
  const tiles = makeTiles();
  const warnings = makeWarnings();
  const figures = makeFigures(name);
  const log = h("pre.console.log", { tabindex: "0", "aria-label": "Log", "data-testid": "log" });
  const below = h("div");
  let records = [];
  let others = [];
  let panel = null;
  let stream = null;

  const show = () => curves.show([{ name, records }, ...others]).catch(fail);
  const follow = () => {
    stream?.close();
    stream = followRun(name, {
      onRecords(all) { records = all; show(); },
      onStanding(standing) {
        tiles.show(standing);
        warnings.show(standing);
        head.show(standing);
        showLog(log, standing.log);
      },
      onFigures: (some) => figures.show(some),
      onProblem: (message) => fail(message),
    });
  };
  const head = makeHead(name, runs, {
    resume: async () => { await post(`/api/runs/${encodeURIComponent(name)}/resume`); follow(); },
    report: async () => {
      const job = await post(`/api/runs/${encodeURIComponent(name)}/report`);
      panel?.close();
      panel = makeJobPanel(job.id, (ended) => { if (ended.state === "finished") openReport(name); });
      replace(below, panel.element);
    },
  });
  const comparison = makeComparison(name, runs, async (names) => {
    others = await Promise.all(names.map(async (other) => ({ name: other, records: await readRecords(other) }))).catch((error) => { fail(error); return []; });
    show();
  });

  replace(place, h("div.watch", {}, head.element, warnings.element, tiles.element, below,
    h("div.watch-grid", {}, h("div.stack", {}, curves.element, comparison.element),
      h("aside.stack", {}, figures.element, h("section.stack", {}, h("h3", {}, "Log"), log)))));
  show();
  follow();
  return { close() { stream?.close(); panel?.close(); curves.close(); } };
}

function makeHead(name, runs, { resume, report }) {
  const run = runs.find((one) => one.name === name);
  const select = h("select", { "aria-label": "Run", "data-testid": "run", oninput: () => goTo("watch", { run: select.value }) },
    runs.map((one) => h("option", { value: one.name }, one.name)));
  select.value = name;
  const state = h("span.state", { "data-testid": "run-state" });
  const act = (work) => async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    await work().catch(fail);
    button.disabled = false;
  };
  const stop = h("button.danger", { type: "button", hidden: true, "data-testid": "stop-run", onclick: act(() => stopRun(name)) }, icon("stop"), "Stop");
  const go = h("button", { type: "button", hidden: true, "data-testid": "resume-run", onclick: act(resume) }, icon("play"), "Resume");
  const page = h("button", { type: "button", hidden: true, "data-testid": "write-report", onclick: act(report) }, icon("report"), "Report");
  const predict = run.recipe === "song-segmenter" && h("a.button", { hidden: true, href: addressOf("predict", { run: name }) }, icon("predict"), "Predict");
  return {
    element: h("header.row.spread", {}, h("div.row", {}, h("h1", {}, "Watch"), select, state, h("span.muted", {}, run.recipe)), h("div.row", {}, stop, go, page, predict || null)),
    show(standing) {
      replace(state, standing.state);
      state.dataset.state = standing.state;
      stop.hidden = standing.state !== "running";
      go.hidden = ["running", "finished"].includes(standing.state);
      page.hidden = standing.num_done === 0;
      if (predict) predict.hidden = standing.num_done === 0;
    },
  };
}

function showLog(place, lines) {
  const isAtEnd = place.scrollTop + place.clientHeight >= place.scrollHeight - 8;
  replace(place, lines.join("\n"));
  if (isAtEnd) place.scrollTop = place.scrollHeight;
}

const openReport = (name) => window.open(`/api/runs/${encodeURIComponent(name)}/report`, "_blank", "noopener");
