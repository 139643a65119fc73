// The steps of the pipeline: what is kept, what is being done and for how long, what is ahead, and what went wrong.

import { get } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { addressOf } from "../shell/router.js";
import { countNoun, saySeconds } from "../shell/words.js";

const STATES = { waiting: "ahead", running: "running", kept: "kept", done: "done", failed: "failed", "left out": "left out", stopped: "stopped" };
const SHORT_S = 0.5;
// Files of a network's disk may be dated a little earlier than this machine is.
const CLOCK_S = 5;
const ENDED = ["kept", "done", "failed", "left out", "stopped"];

/** @returns {{element: HTMLElement, show: (job: any) => Promise<void>}} */
export function makeSteps() {
  const said = h("p.small", { "data-testid": "steps-said", role: "status" });
  const bar = h("div");
  const whole = h("div.progress", { role: "progressbar", "aria-label": "Steps behind it", "aria-valuemin": 0, "aria-valuemax": 100 }, bar);
  const list = h("ol.pipeline-steps", { "data-testid": "steps", tabindex: "0", "aria-label": "Steps" });
  const element = h("div.stack", {}, said, whole, list);
  let drawn = "";

  return {
    element,
    /** Show how far the run of a job is. */
    async show(job) {
      const { steps } = await get("/api/steps", { since: job.started_at });
      const run = await findRun(steps, job);
      const text = JSON.stringify([steps, run, job.state, job.progress]);
      if (text === drawn) return;
      drawn = text;
      const isOver = job.state !== "running";
      const shown = steps.map((step) => (isOver && step.state === "running" ? { ...step, state: "stopped" } : step));
      replace(said, sayWhole(shown, job));
      const share = steps.length ? shown.filter((step) => ENDED.includes(step.state)).length / steps.length : 0;
      bar.style.width = `${100 * share}%`;
      whole.setAttribute("aria-valuenow", String(Math.round(100 * share)));
      whole.hidden = list.hidden = steps.length === 0;
      replace(list, shown.map((step) => drawStep(step, run)));
      // What is done now is seen without scrolling, where nobody has scrolled.
      if (!list.matches(":hover, :focus-within")) scrollTo(list, list.querySelector("[data-state='running'], [data-state='failed']"));
    },
  };
}

/** The training that a step waits for, which tells its own epochs; null where there is none. */
async function findRun(steps, job) {
  const present = job.state === "running" && steps.find((step) => step.state === "running");
  if (!present || present.num_total) return null;
  const { runs } = await get("/api/runs");
  return runs.find((run) => run.state === "running" && run.started_at >= present.started_at - CLOCK_S) ?? null;
}

function scrollTo(list, row) {
  if (row) list.scrollTop = Math.max(0, row.offsetTop - list.offsetTop - list.clientHeight / 2);
}

/** The run in one sentence. */
function sayWhole(steps, job) {
  const failed = steps.filter((step) => step.state === "failed");
  if (failed.length) return h("span.bad", {}, `${failed.map(sayTitle).join(", ")}: see below. Mend that and run the pipeline again: it goes on from there.`);
  if (job.state === "failed" || !steps.length) return job.progress || "Looking at recordings and annotations …";
  if (job.state === "stopped") return "Stopped: what was done is kept, the next run goes on from there.";
  const count = (state) => steps.filter((step) => step.state === state).length;
  const counts = [count("done") && `${countNoun(count("done"), "step")} done`, count("kept") && `${count("kept")} kept as nothing they depend on has changed`, count("waiting") && `${count("waiting")} ahead`];
  return counts.filter(Boolean).join(" · ");
}

function sayTitle({ name, title }) {
  const [kind, bird] = name.split("/");
  const said = title || (bird ? `${kind} of ${bird}` : kind);
  return said.charAt(0).toUpperCase() + said.slice(1);
}

function drawStep(step, run) {
  const wrong = ["failed", "left out"].includes(step.state);
  return h("li.step", { "data-state": step.state, "data-testid": `step-${step.name}`, "aria-current": step.state === "running" && "step" },
    h("span.step-state", { "data-state": step.state }, STATES[step.state]),
    h("span.step-title", {}, sayTitle(step), wrong && h("span.small.step-reason", { class: step.state === "failed" ? "bad" : "muted" }, step.reasons.join("; ")),
      step.state === "running" && step.num_total > 0 && drawPart(step),
      step.state === "running" && run && drawRun(run)),
    h("span.muted.small.number", {}, step.seconds >= SHORT_S && step.state !== "kept" ? saySeconds(step.seconds) : ""));
}

/** How far the training of a step is, and the way to its curves. */
function drawRun({ name, epochs, time_left }) {
  const left = time_left && time_left !== "-" ? `, about ${time_left} left` : "";
  return h("span.small.muted.number", {}, `epochs: ${epochs}${left} · `, h("a", { href: addressOf("watch", { run: name }), "data-testid": "watch-step" }, "Watch"));
}

/** How far a step is: counted work, and the time that it will still take. */
function drawPart(step) {
  const share = (100 * step.num_done) / step.num_total;
  const left = step.left_s === null ? "" : `, about ${saySeconds(step.left_s)} left`;
  return h("span.step-part", {},
    h("span.progress", { role: "progressbar", "aria-label": step.what, "aria-valuemin": 0, "aria-valuemax": step.num_total, "aria-valuenow": step.num_done },
      h("div", { style: { width: `${share}%` } })),
    h("span.small.muted.number", {}, `${step.what}: ${step.num_done.toLocaleString("en-US")} of ${step.num_total.toLocaleString("en-US")}${left}`));
}
