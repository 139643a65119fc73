// The pipeline: started here, watched while it runs, found again when the page is opened anew.

import { makeJobPanel } from "../forms/job_panel.js";
import { get, post } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { fail, say } from "../shell/notes.js";
import { makeSteps } from "./steps.js";

/** @param {() => void} onEnd  called when it has ended and the project may be another */
export function createPipeline(onEnd) {
  const element = h("div", { hidden: true, "data-testid": "pipeline" });
  let panel = null;

  function watch(job) {
    panel?.close();
    panel = makeJobPanel(job.id, (ended) => {
      if (ended.state === "finished") say("The pipeline has finished: proposals, map and report are there.");
      onEnd();
    }, makeSteps());
    replace(element, panel.element);
    element.hidden = false;
  }

  async function run() {
    try {
      watch(await post("/api/jobs/run"));
    } catch (error) {
      fail(error);
      if (error.status === 409) await find();
    }
  }

  /** Show the pipeline when it runs already, and when it has failed the last time. */
  async function find() {
    const { jobs } = await get("/api/jobs");
    const last = jobs.find((job) => job.kind === "run");
    if (last && ["running", "failed"].includes(last.state)) watch(last);
  }

  return { element, run, find: () => find().catch(fail), close: () => panel?.close() };
}
