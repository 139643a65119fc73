// The datasets there are: how large, what was left out, what is in them, and what to train on them.

import { get, url } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { fail } from "../shell/notes.js";
import { addressOf } from "../shell/router.js";
import { countNoun, sayTime } from "../shell/words.js";

const NOUNS = { song: ["tile"], syllables: ["syllable"], windows: ["stretch", "stretches"], motifs: ["rendition"] };

/** @returns {{element: HTMLElement, refresh: () => Promise<void>, names: () => string[]}} */
export function makeDatasetList() {
  let datasets = [];
  const rows = h("div.stack");
  const element = h("section.stack", {}, h("h2", {}, "Datasets"), rows);
  return {
    element,
    names: () => datasets.map((dataset) => dataset.name),
    async refresh() {
      ({ datasets } = await get("/api/datasets"));
      replace(rows, datasets.length ? datasets.map(drawDataset) : drawNone());
    },
  };
}

const drawNone = () => h("div.empty.card", { "data-testid": "no-datasets" }, icon("dataset"), h("h2", {}, "No datasets yet"),
  h("p", {}, "Annotate some song and mark it as done on the page ", h("a", { href: "#/annotate" }, "Annotate"),
    ", then make a dataset of it above. A few minutes of song are a good beginning."));

function drawDataset(dataset) {
  const more = h("div.stack", { hidden: true });
  const look = h("button", { type: "button", "aria-expanded": "false", "data-testid": `inspect-${dataset.name}`, onclick: () => inspect(dataset, more, look) }, icon("eye"), "Look inside");
  return h("article.card.stack", { "data-testid": `dataset-${dataset.name}` },
    h("div.row.spread", {},
      h("div", {}, h("h3", {}, dataset.name),
        h("p.small.muted", {}, dataset.problem ?? describe(dataset))),
      h("div.row", {}, look,
        dataset.recipe && h("a.button.primary", { href: addressOf("train", { recipe: dataset.recipe, data: dataset.name }) }, "Train on it"))),
    dataset.concerns.length > 0 && h("details", {},
      h("summary.warning", {}, countNoun(dataset.concerns.reduce((sum, one) => sum + one.num_found, 0), "thing"), " to look at"),
      h("ul.concerns", {}, dataset.concerns.map((one) => h("li", {},
        h("strong.number", {}, one.num_found), " × ", one.reason, one.example && h("span.muted", {}, ` – such as ${one.example}`))))),
    more);
}

function describe(dataset) {
  const noun = NOUNS[dataset.kind] ?? ["item"];
  return `${dataset.kind} · ${countNoun(dataset.num_items, ...noun)} from ${countNoun(dataset.num_recordings, "file")} · ${sayTime(dataset.made_at)}`;
}

async function inspect(dataset, more, button) {
  more.hidden = !more.hidden;
  button.setAttribute("aria-expanded", String(!more.hidden));
  if (more.hidden || more.childElementCount) return;
  const path = `/api/datasets/${encodeURIComponent(dataset.name)}`;
  replace(more, h("p.muted", {}, "Looking …"));
  try {
    const { text } = await get(path);
    replace(more, h("pre.console", { tabindex: "0", "data-testid": "inspection" }, text.trim()),
      dataset.has_sheet && h("img.sheet", { src: url(`${path}/sheet`), alt: `Examples of ${dataset.name}` }));
  } catch (error) {
    replace(more);
    more.hidden = true;
    fail(error);
  }
}
