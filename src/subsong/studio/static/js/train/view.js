// The page Train: a recipe, its data and its settings become a run; the runs there are, stopped and resumed.

import { get, getBlob, post } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { fail } from "../shell/notes.js";
import { goTo, noteAddress } from "../shell/router.js";
import { makeChecker } from "../forms/checking.js";
import { makeCommand } from "../forms/command.js";
import { makeForm } from "../forms/form.js";
import { makeRunChoice } from "./choice.js";
import { makeRunList } from "./list.js";

/** @param {HTMLElement} place @param {Object<string, string>} parameters  recipe, data */
export async function open(place, parameters) {
  const [{ recipes }, { datasets }, { runs }] = await Promise.all([get("/api/recipes"), get("/api/datasets"), get("/api/runs")]);
  const command = makeCommand();
  const button = h("button.primary", { type: "submit", "data-testid": "start-training" }, icon("play"), "Start");
  const form = makeForm(() => checker.ask());
  const choice = makeRunChoice({ recipes, datasets, runs }, parameters, (needsForm) => {
    const { recipe, data } = choice.read();
    noteAddress("train", { recipe, data });
    if (needsForm) loadForm();
    checker.ask();
  });
  const read = () => ({ ...choice.read(), settings: form.values() });
  const checker = makeChecker("/api/runs/check", read, (answer) => {
    form.showErrors(choice.showErrors(answer.errors));
    command.show(answer.command);
    button.disabled = !answer.ok;
  });
  const loadForm = () => {
    const { recipe, start_from } = choice.read();
    return form.load(recipe, start_from && choice.pathOf(start_from)).catch(fail);
  };
  const list = makeRunList();

  async function start(event) {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    replace(button, icon("play"), "Starting …");
    try {
      const answer = await checker.now();
      if (answer.ok) {
        const { name } = await post("/api/runs", read());
        goTo("watch", { run: name });
        return;
      }
    } catch (error) {
      form.showErrors([{ path: null, message: error.message }]);
      fail(error);
    }
    replace(button, icon("play"), "Start");
    button.disabled = false;
  }

  replace(place, h("div.page.work", {},
    h("header", {}, h("h1", {}, "Train"), h("p.muted", {}, "A run trains in a process of its own: it goes on when this page, or the studio, is closed.")),
    list.element,
    h("form.stack", { onsubmit: start, novalidate: true, "data-testid": "train-form" },
      h("h2", {}, "A new run"),
      choice.element, form.element,
      h("div.finish", {}, command.element,
        h("div.row", {}, form.mend, button, script(read, ".sh", "Script"), script(read, ".sbatch", "Script for Slurm"))))));
  await list.refresh();
  loadForm();
  return { close() { checker.stop(); form.close(); list.close(); } };
}

/** A button that downloads the training as a script, to be run elsewhere. */
function script(read, suffix, title) {
  const download = async () => {
    const { recipe, data, name, start_from, settings } = read();
    const set = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
    const address = URL.createObjectURL(await getBlob("/api/runs/script", { recipe, data, name, start_from, set, suffix }));
    h("a", { href: address, download: `${name ?? recipe.replace("/", "-")}${suffix}` }).click();
    URL.revokeObjectURL(address);
  };
  return h("button", { type: "button", "data-testid": `script-${suffix.slice(1)}`, onclick: () => download().catch(fail) }, icon("download"), title);
}
