// What is trained on what: recipe, data, a model to begin with, and a name.

import { h, replace } from "../shell/dom.js";

const OTHER = "…";
// What each recipe is trained on, as datasets call their kinds.
const EATS = { "song-segmenter": "song", "syllable-vae": "syllables", "shotgun-vae": "windows", "warped-shotgun-vae": "motifs" };
const FIRST = ["song-segmenter", "syllable-vae", "shotgun-vae", "warped-shotgun-vae"];

/**
 * @param {{recipes: any[], datasets: any[], runs: any[]}} there
 * @param {Object<string, string>} parameters  recipe and data to begin with
 * @param {(needsForm: boolean) => void} onChange
 */
export function makeRunChoice({ recipes, datasets, runs }, parameters, onChange) {
  const sorted = [...recipes].sort((a, b) => rank(a.name) - rank(b.name));
  const recipe = h("select", { "data-testid": "recipe", oninput: () => { showData(); onChange(true); } },
    sorted.map((one) => h("option", { value: one.name }, one.name)));
  recipe.value = recipes.some((one) => one.name === parameters.recipe) ? parameters.recipe : FIRST[0];
  const summary = h("p.help");
  const data = h("select", { "data-testid": "data", oninput: () => { showOther(); onChange(false); } });
  const path = h("input", { type: "text", placeholder: "/data/my_dataset", spellcheck: "false", "aria-label": "Path of the data", "data-testid": "data-path", oninput: () => onChange(false) });
  const from = h("select", { "data-testid": "start-from", oninput: () => onChange(true) });
  const name = h("input", { type: "text", spellcheck: "false", autocomplete: "off", placeholder: "as the recipe", "data-testid": "run-name", oninput: () => onChange(false) });
  const wrong = Object.fromEntries(["data", "start_from", "name"].map((key) => [key, h("p.wrong", { hidden: true, role: "alert" })]));
  const hint = h("p.help");
  const element = h("section.card.stack", {},
    h("div.row.top", {},
      h("div.column", {}, h("label.field", {}, "Recipe", recipe), summary),
      h("div.column", {}, h("label.field", {}, "Data", data), path, hint, wrong.data),
      h("div.column", {}, h("label.field", {}, "Begin with", from), wrong.start_from),
      h("div.column", {}, h("label.field", {}, "Name", name), h("p.help", {}, "The time is added."), wrong.name)));

  function showData() {
    const base = recipe.value.split("/")[0];
    const fitting = datasets.filter((one) => !EATS[base] || one.kind === EATS[base]);
    replace(data, h("option", { value: "" }, "as the recipe says"), fitting.map((one) => h("option", { value: one.name }, one.name)), h("option", { value: OTHER }, "another folder …"));
    data.value = fitting.some((one) => one.name === parameters.data) ? parameters.data : fitting[0]?.name ?? "";
    const models = runs.filter((run) => run.recipe === base && run.has_model);
    replace(from, h("option", { value: "" }, "nothing: random weights"), models.map((run) => h("option", { value: run.name }, run.name)));
    replace(summary, recipes.find((one) => one.name === recipe.value)?.summary ?? "");
    replace(hint, fitting.length || !EATS[base] ? "" : [`No dataset of ${EATS[base]} yet: `, h("a", { href: `#/dataset?what=${EATS[base]}` }, "make one"), "; without, made-up data are learnt."]);
    showOther();
  }

  const showOther = () => { path.hidden = data.value !== OTHER; };

  showData();
  return {
    element,
    read: () => ({
      recipe: recipe.value,
      data: data.value === OTHER ? path.value.trim() || "/" : data.value || null,
      start_from: from.value || null,
      name: name.value.trim() || null,
    }),
    /** The folder of a run. */
    pathOf: (run) => runs.find((one) => one.name === run)?.path ?? null,
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

const rank = (name) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
