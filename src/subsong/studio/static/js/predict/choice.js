// Which model annotates which recordings.

import { h, replace } from "../shell/dom.js";
import { countNoun } from "../shell/words.js";

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
    h("option", { value: "open" }, "recordings that are not done"), h("option", { value: "all" }, "all recordings"), h("option", { value: "folder" }, "another folder …"));
  const folder = h("input", { type: "text", placeholder: "/data/recordings", spellcheck: "false", "aria-label": "Folder of recordings", "data-testid": "predict-folder", oninput: () => onChange(false) });
  const boxes = project.birds.map((bird) => h("input", { type: "checkbox", value: bird.name, checked: true, oninput: () => onChange(false) }));
  const birds = h("fieldset.plain", {}, h("legend", {}, "Birds"), h("div.row", {}, project.birds.map((bird, index) =>
    h("label.chip", {}, boxes[index], bird.name, h("span.muted", {}, countNoun(bird.num_recordings, "recording"))))));
  const wrong = { run: h("p.wrong", { hidden: true, role: "alert" }), folder: h("p.wrong", { hidden: true, role: "alert" }) };
  const element = h("section.card.stack", {},
    h("div.row.top", {},
      h("div.column", {}, h("label.field", {}, "Model", model), path, wrong.run),
      h("div.column", {}, h("label.field", {}, "Annotates", which), folder, wrong.folder)),
    birds);

  function show() {
    path.hidden = model.value !== OTHER;
    folder.hidden = which.value !== "folder";
    birds.hidden = which.value === "folder" || boxes.length < 2;
  }

  show();
  return {
    element,
    /** The folder of the model, "" where none is named. */
    path: () => (model.value === OTHER ? path.value.trim() : models.find((one) => one.name === model.value)?.path ?? ""),
    read() {
      const isElsewhere = which.value === "folder";
      const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
      return {
        run: model.value === OTHER ? path.value.trim() : model.value,
        which: isElsewhere ? "all" : which.value,
        birds: !isElsewhere && chosen.length < boxes.length ? chosen : [],
        folder: isElsewhere ? folder.value.trim() : null,
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
