// The page Make dataset: what people annotated becomes a dataset that a network is trained on.

import { get, post } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { fail } from "../shell/notes.js";
import { noteAddress } from "../shell/router.js";
import { makeChecker } from "../forms/checking.js";
import { makeCommand } from "../forms/command.js";
import { makeForm } from "../forms/form.js";
import { makeJobPanel } from "../forms/job_panel.js";
import { makeDatasetList } from "./list.js";
import { makeSource } from "./source.js";

// Settings that the page answers itself where the annotations are the project's.
const OWN_PLACES = ["annotations", "annotation_format", "within", "unannotated"];

/** @param {HTMLElement} place @param {Object<string, string>} parameters */
export async function open(place, parameters) {
  const [project, { jobs }] = await Promise.all([get("/api/project"), get("/api/jobs")]);
  const panels = h("div.stack");
  const list = makeDatasetList();
  const command = makeCommand();
  const button = h("button.primary", { type: "submit", "data-testid": "make-dataset" }, "Make the dataset");
  let openPanels = [];

  const form = makeForm(() => checker.ask());
  const source = makeSource(project, parameters.what, (needsForm) => {
    noteAddress("dataset", { what: source.read().what });
    if (needsForm) loadForm();
    checker.ask();
  });
  const loadForm = () => {
    const { what, preset, folder } = source.read();
    return form.load(`prepare-${what}`, preset, folder === null ? OWN_PLACES : []).then(source.showPresets, fail);
  };
  const read = () => ({ ...source.read(), values: form.values() });
  const checker = makeChecker("/api/datasets/check", read, (answer) => {
    form.showErrors(source.showErrors(answer.errors));
    command.show(answer.command);
    button.disabled = !answer.ok;
  });

  function follow(id) {
    const panel = makeJobPanel(id, (job) => {
      list.refresh().catch(fail);
      if (job.state === "finished") source.suggestName(list.names());
    });
    openPanels.push(panel);
    panels.prepend(panel.element);
  }

  async function make(event) {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    try {
      if ((await checker.now()).ok) follow((await post("/api/datasets", read())).id);
    } catch (error) {
      fail(error);
    }
    button.disabled = false;
  }

  replace(place, h("div.page.work", {},
    h("header", {}, h("h1", {}, "Make a dataset"),
      h("p.muted", {}, "Sound and annotations in a form that training reads at once. The recordings stay as they are.")),
    h("form.stack", { onsubmit: make, novalidate: true, "data-testid": "dataset-form" },
      source.element, form.element,
      h("div.finish", {}, command.element, h("div.row", {}, form.mend, button))),
    panels, list.element));
  for (const job of jobs.filter((one) => one.kind === "prepare" && one.state === "running")) follow(job.id);
  await list.refresh();
  source.suggestName(list.names());
  loadForm();
  return { close() { checker.stop(); form.close(); for (const panel of openPanels) panel.close(); } };
}
