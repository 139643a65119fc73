// A job as it runs: what it says, how long it has run, and a button that stops it.

import { get, post } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { fail } from "../shell/notes.js";
import { saySeconds } from "../shell/words.js";

const POLL_MS = 700;
const STATES = { running: "runs", finished: "finished", stopped: "stopped", failed: "failed" };

/**
 * Show a job until it ends.
 * @param {string} id
 * @param {(job: any) => void} [onEnd]
 * @param {{element: HTMLElement, show: (job: any) => Promise<void>} | null} [details]  in place of the last line that was printed
 * @returns {{element: HTMLElement, close: () => void}}
 */
export function makeJobPanel(id, onEnd = () => {}, details = null) {
  let offset = 0;
  let timer = 0;
  let isClosed = false;
  const title = h("h3");
  const state = h("span.state", { "data-testid": "job-state" });
  const elapsed = h("span.muted.small.number");
  const progress = h("p.small.job-progress", { "data-testid": "job-progress" });
  const text = h("pre.console", { tabindex: "0", "aria-label": "What it prints", "data-testid": "job-console" });
  const stop = h("button.danger", { type: "button", "data-testid": "stop-job", onclick: () => post(`/api/jobs/${id}/stop`).then(show, fail) }, icon("stop"), "Stop");
  const element = h("section.card.job", { "data-testid": "job" },
    h("div.row.spread", {}, h("div.row", {}, title, state, elapsed), stop), details?.element ?? progress,
    h("details", {}, h("summary", {}, "What it prints"), text));

  function show(job) {
    replace(title, job.title);
    replace(state, job.is_asked_to_stop && job.state === "running" ? "stopping" : STATES[job.state] ?? job.state);
    state.dataset.state = job.state;
    stop.hidden = job.state !== "running";
    replace(progress, job.progress);
    replace(elapsed, saySeconds((job.ended_at ?? Date.now() / 1000) - job.started_at));
    if (job.state === "failed" && !details) element.querySelector("details").open = true;
  }

  async function readConsole() {
    const part = await get(`/api/jobs/${id}/console`, { offset });
    offset = part.offset;
    if (!part.text) return;
    const isAtEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - 8;
    text.append(part.text);
    if (isAtEnd) text.scrollTop = text.scrollHeight;
  }

  async function poll() {
    try {
      const job = await get(`/api/jobs/${id}`);
      if (isClosed) return;
      await readConsole();
      await details?.show(job);
      show(job);
      if (job.state !== "running") { onEnd(job); return; }
    } catch (error) {
      if (error.status === 404) { replace(state, "no longer known"); return; }
      if (error.status) fail(error);
    }
    if (!isClosed) timer = setTimeout(poll, POLL_MS);
  }
  poll();
  return { element, close() { isClosed = true; clearTimeout(timer); } };
}
