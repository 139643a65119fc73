// What a dataset is made of: its kind, whose annotations, and what it is called.

import { h, replace } from "../shell/dom.js";
import { countNoun } from "../shell/words.js";

const KINDS = [
  ["song", "Song", "Who sang what, when: trains a network that annotates."],
  ["syllables", "Syllables", "A picture of each annotated segment: trains a map of syllables."],
  ["motifs", "Motifs", "Renditions of one sequence, aligned in time: trains a map of each moment of it."],
  ["windows", "Windows", "Stretches of song drawn anew in each epoch: trains a map without syllables."],
];

const FIRST_PRESET = "finch";

/**
 * @param {any} project  of /api/project
 * @param {string} [what]  kind to begin with
 * @param {(needsForm: boolean) => void} onChange  whether other settings go with it
 */
export function makeSource(project, what, onChange) {
  let kind = KINDS.some(([name]) => name === what) ? what : "song";
  let isNamed = false;
  const kinds = h("div.choices", { role: "radiogroup", "aria-label": "Kind of dataset" }, KINDS.map(([name, title, help]) =>
    h("label.choice", {}, h("input", { type: "radio", name: "kind", value: name, checked: name === kind, "data-testid": `kind-${name}`, oninput: () => choose(name) }),
      h("span", {}, h("strong", {}, title), h("span.small.muted", {}, help)))));
  const from = h("select", { "data-testid": "dataset-source", oninput: () => { show(); onChange(true); } },
    h("option", { value: "project" }, "this project's annotations"), h("option", { value: "folder" }, "another folder"));
  const folder = h("input", { type: "text", placeholder: "/data/recordings", spellcheck: "false", "data-testid": "dataset-folder", oninput: () => onChange(false) });
  const birds = project.birds.map((bird) => h("input", { type: "checkbox", value: bird.name, checked: true, oninput: () => onChange(false) }));
  const sure = h("input", { type: "checkbox", "data-testid": "use-proposals", oninput: () => { show(); onChange(false); } });
  const score = h("input", { type: "number", min: "0", max: "1", step: "0.05", value: "0.9", "aria-label": "Least score", oninput: () => onChange(false) });
  const preset = h("select", { "data-testid": "dataset-preset", oninput: () => onChange(true) }, h("option", { value: FIRST_PRESET }, FIRST_PRESET));
  const name = h("input", { type: "text", spellcheck: "false", autocomplete: "off", "data-testid": "dataset-name", oninput: () => { isNamed = true; onChange(false); } });
  const wrong = { folder: h("p.wrong", { hidden: true, role: "alert" }), name: h("p.wrong", { hidden: true, role: "alert" }) };

  const folderField = h("label.field.wide", {}, "Folder of recordings with annotations", folder, wrong.folder);
  const presetField = h("label.field", {}, "Spectrograms as for", preset);
  const birdField = h("fieldset.plain", { hidden: birds.length < 2 }, h("legend", {}, "Birds"),
    h("div.row", {}, project.birds.map((bird, index) => h("label.chip", {}, birds[index], bird.name,
      h("span.muted", {}, countNoun(bird.num_annotations, "annotation"))))));
  const sureField = h("div.row", {}, h("label.switch", {}, sure, "Proposals count, too, from a score of"), score);
  const element = h("section.card.stack", {}, kinds,
    h("div.row.top", {}, h("label.field", {}, "Made of", from), folderField, presetField, h("label.field", {}, "Name", name, wrong.name)),
    birdField, sureField);

  function show() {
    const isProject = from.value === "project";
    folderField.hidden = isProject;
    birdField.hidden = !isProject || birds.length < 2;
    sureField.hidden = !isProject;
    score.disabled = !sure.checked;
    presetField.hidden = kind === "song";
  }

  function choose(other) {
    kind = other;
    if (!isNamed) name.value = "";
    show();
    onChange(true);
  }

  show();
  return {
    element,
    read() {
      const isProject = from.value === "project";
      const chosen = birds.filter((input) => input.checked).map((input) => input.value);
      return {
        what: kind,
        name: name.value.trim() || name.placeholder,
        preset: kind === "song" ? null : preset.value,
        folder: isProject ? null : folder.value.trim(),
        birds: isProject && chosen.length < birds.length ? chosen : [],
        least_score: isProject && sure.checked ? Number(score.value) : null,
      };
    },
    /** Offer spectrogram settings to start from; those of song have none. @param {string[]} names */
    showPresets(names = []) {
      if (names.length <= preset.options.length) return;
      const chosen = preset.value;
      replace(preset, names.map((name) => h("option", { value: name }, name)));
      preset.value = chosen;
    },
    /** Give the next free name, where none was typed that is free. @param {string[]} taken */
    suggestName(taken) {
      const typed = name.value.trim();
      if (typed && !taken.includes(typed)) return;
      isNamed = false;
      name.value = "";
      let number = 1;
      while (taken.includes(number === 1 ? kind : `${kind}-${number}`)) number++;
      name.placeholder = number === 1 ? kind : `${kind}-${number}`;
    },
    /** Show what is wrong here; returns the rest. */
    showErrors(errors) {
      for (const [path, element] of Object.entries(wrong)) {
        const found = errors.find((error) => error.path === path);
        element.hidden = !found;
        replace(element, found?.message ?? "");
      }
      return errors.filter((error) => !(error.path in wrong));
    },
  };
}
