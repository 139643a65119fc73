// The page Predict: a trained segmenter annotates recordings; what it finds becomes proposals to proofread.

import { get, post } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { fail } from "../shell/notes.js";
import { makeChecker } from "../forms/checking.js";
import { makeCommand } from "../forms/command.js";
import { makeForm } from "../forms/form.js";
import { makeJobPanel } from "../forms/job_panel.js";
import { countNoun } from "../shell/words.js";
import { makePredictionChoice } from "./choice.js";
import { makePredictionList } from "./list.js";

/** @param {HTMLElement} place @param {Object<string, string>} parameters  run */
export async function open(place, parameters) {
  const [project, { models }] = await Promise.all([get("/api/project"), get("/api/predict")]);
  const panels = h("div.stack");
  const openPanels = [];
  const command = makeCommand();
  const button = h("button.primary", { type: "submit", "data-testid": "start-prediction" }, icon("predict"), "Annotate");
  const number = h("span.muted", { "data-testid": "num-recordings" });
  const list = makePredictionList();
  const form = makeForm(() => checker.ask());
  const choice = makePredictionChoice(project, models, parameters.run, (isOtherModel) => {
    if (isOtherModel) loadForm();
    checker.ask();
  });
  const read = () => ({ ...choice.read(), values: form.values() });
  const checker = makeChecker("/api/predict/check", read, (answer) => {
    form.showErrors(choice.showErrors(answer.errors));
    command.show(answer.command);
    button.disabled = !answer.ok;
    replace(number, countNoun(answer.num_recordings, "recording"));
  });
  const loadForm = () => form.load("predict", choice.path()).catch(fail);

  function follow(id) {
    const panel = makeJobPanel(id, () => list.refresh().catch(fail));
    openPanels.push(panel);
    panels.prepend(panel.element);
  }

  async function start(event) {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    try {
      if ((await checker.now()).ok) follow((await post("/api/predict", read())).id);
      await list.refresh();
    } catch (error) {
      fail(error);
    }
    button.disabled = false;
  }

  const none = h("div.empty.card", { "data-testid": "no-models" }, icon("predict"), h("h2", {}, "No model that annotates yet"),
    h("p", {}, "Make a dataset of song of what is annotated, then ", h("a", { href: "#/train?recipe=song-segmenter" }, "train a song-segmenter"), " on it."));
  const whole = h("form.stack", { onsubmit: start, novalidate: true, "data-testid": "predict-form" },
    choice.element, form.element, h("div.finish", {}, command.element, h("div.row", {}, form.mend, button, number)));
  replace(place, h("div.page.work", {},
    h("header", {}, h("h1", {}, "Predict"), h("p.muted", {}, "What a model finds becomes proposals: nothing that people said is changed.")),
    models.length ? null : none, whole, panels, list.element));
  await list.refresh();
  for (const prediction of list.running()) follow(prediction.job.id);
  loadForm();
  return { close() { checker.stop(); form.close(); for (const panel of openPanels) panel.close(); } };
}
