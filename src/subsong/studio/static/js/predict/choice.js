// Which model annotates which recordings.

import { h, replace } from "../shell/dom.js";
import { countNoun } from "../shell/words.js";
import { makePicker } from "./picker.js";

const OTHER = "…";

/**
 * @param {any} project  of /api/project
 * @param {any[]} models  runs that can annotate
 * @param {string} [run]  the one to begin with
 * @param {(isOtherModel: boolean) => void} onChange
 */
export function makePredictionChoice(project, models, run, onChange) {
  const model = h("select", { "data-testid": "model", oninput: () => { show(); onChange(true); } },
    models.map((one) => h("option", { value: one.name }, `${one.name} (${one.state}, ${one.epochs} epochs)`)),
    h("option", { value: OTHER }, "another folder …"));
  model.value = models.some((one) => one.name === run) ? run : models[0]?.name ?? OTHER;
  const path = h("input", { type: "text", placeholder: "/data/runs/my_run", spellcheck: "false", "aria-label": "Folder of the model", "data-testid": "model-path", onchange: () => onChange(true) });
  const which = h("select", { "data-testid": "which", oninput: () => { show(); onChange(false); } },
    h("option", { value: "open" }, "recordings that are not done"), h("option", { value: "all" }, "all recordings"),
    h("option", { value: "chosen" }, "single recordings …"), h("option", { value: "folder" }, "recordings in a folder …"));
  const folder = h("input", { type: "text", placeholder: "bird1/day02", spellcheck: "false", "aria-label": "Folder of recordings", "data-testid": "predict-folder", oninput: () => onChange(false) });
  const folderHelp = h("p.help", {}, "A folder of this project's recordings, with all in it.");
  const picker = makePicker(project, () => onChange(false));
  const boxes = project.birds.map((bird) => h("input", { type: "checkbox", value: bird.name, checked: true, oninput: () => onChange(false) }));
  const birds = h("fieldset.plain", {}, h("legend", {}, "Birds"), h("div.row", {}, project.birds.map((bird, index) =>
    h("label.chip", {}, boxes[index], bird.name, h("span.muted", {}, countNoun(bird.num_recordings, "recording"))))));
  const wrong = Object.fromEntries(["run", "folder", "recordings"].map((key) => [key, h("p.wrong", { hidden: true, role: "alert", "data-testid": `wrong-${key}` })]));
  const element = h("section.card.stack", {},
    h("div.row.top", {},
      h("div.column", {}, h("label.field", {}, "Model", model), path, wrong.run),
      h("div.column", {}, h("label.field", {}, "Annotates", which), folder, folderHelp, wrong.folder, wrong.recordings)),
    birds, picker.element);

  function show() {
    path.hidden = model.value !== OTHER;
    folder.hidden = folderHelp.hidden = which.value !== "folder";
    birds.hidden = which.value === "chosen" || boxes.length < 2;
    picker.element.hidden = which.value !== "chosen";
    if (which.value === "chosen") picker.load();
  }

  show();
  return {
    element,
    /** The folder of the model, "" where none is named. */
    path: () => (model.value === OTHER ? path.value.trim() : models.find((one) => one.name === model.value)?.path ?? ""),
    read() {
      const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
      return {
        run: model.value === OTHER ? path.value.trim() : model.value,
        which: which.value,
        birds: which.value !== "chosen" && chosen.length < boxes.length ? chosen : [],
        folder: which.value === "folder" ? folder.value.trim() : "",
        recordings: which.value === "chosen" ? picker.names() : [],
      };
    },
    /** Show what is wrong here; returns the rest. */
    showErrors(errors) {
      for (const [key, place] of Object.entries(wrong)) {
        const found = errors.find((error) => error.path === key);
        place.hidden = !found;
        replace(place, found?.message ?? "");
      }
      return errors.filter((error) => !(error.path in wrong));
    },
  };
}
