// Which map is open, and drawing a new one.

import { get, post } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { fail, say } from "../shell/notes.js";
import { goTo } from "../shell/router.js";
import { countOf } from "./data.js";

const POLL_MS = 1500;

/** @param {HTMLSelectElement} select @param {Object[]} maps  of the project @param {string} name  of the open one */
export function fillChooser(select, maps, name) {
  const titles = maps.map((map) => map.title);
  const nameOf = (map) => (titles.indexOf(map.title) === titles.lastIndexOf(map.title) ? map.title : `${map.title} (${map.name})`);
  replace(select, maps.map((map) =>
    h("option", { value: map.name, disabled: Boolean(map.problem), title: map.problem ?? countOf(map.num_items, map.noun) },
      map.problem ? `${map.name} (damaged)` : nameOf(map))));
  select.value = name;
  select.addEventListener("change", () => goTo("map", { name: select.value }));
}

/** The page where a project has no map. @param {HTMLElement} place */
export function drawEmpty(place) {
  replace(place, h("div.empty", { "data-testid": "map-empty" },
    h("h2", {}, "This project has no map yet"),
    h("p", {}, "The pipeline draws one of all syllables (Project, Run). A map can also be drawn of any trained run and its data."),
    h("button.primary", { onclick: () => askForMap() }, "Draw a map")));
}

/** Ask what to draw, and draw it in a process of its own. */
export async function askForMap() {
  let sources;
  try {
    sources = await get("/api/map-sources");
  } catch (error) {
    fail(error);
    return;
  }
  if (!sources.runs.length) {
    say("There is no trained run yet: train one on the Train page, or run the pipeline.");
    return;
  }
  showForm(sources);
}

function showForm(sources) {
  const choose = (names, testId) => h("select", { required: true, "data-testid": testId }, names.map((name) => h("option", { value: name }, name === "recordings" ? "The project's recordings" : name)));
  const [run, data] = [choose(sources.runs, "map-new-run"), choose(sources.data, "map-new-data")];
  const name = h("input", { required: true, value: sources.runs[0], pattern: "[\\w][\\w .+\\-]*", title: "Letters, digits, spaces and . _ + -", "data-testid": "map-new-name" });
  run.addEventListener("change", () => { name.value = run.value; });
  const problem = h("p.bad", { role: "alert", hidden: true });
  const dialog = h("dialog", { "aria-label": "Draw a map", onclose: () => dialog.remove() });
  const submit = async (event) => {
    event.preventDefault();
    try {
      const { job } = await post("/api/maps", { run: run.value, data: data.value, name: name.value.trim() });
      dialog.close();
      say(`The map ${name.value.trim()} is being drawn; it opens when it is done.`);
      waitFor(job, name.value.trim());
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  };
  replace(dialog, h("form.stack", { onsubmit: submit },
    h("h1", {}, "Draw a map"),
    h("p.muted", {}, "Every item is embedded with a trained model and placed beside those it resembles."),
    h("label.field", {}, "Model: a run", run), h("label.field", {}, "What is mapped", data), h("label.field", {}, "Name of the map", name), problem,
    h("div.row", { style: { justifyContent: "flex-end" } },
      h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
      h("button.primary", { type: "submit", "data-testid": "map-new-draw" }, "Draw"))));
  document.body.append(dialog);
  dialog.showModal();
}

async function waitFor(job, name) {
  try {
    const now = await get(`/api/jobs/${encodeURIComponent(job.id)}`);
    if (now.state === "running") setTimeout(() => waitFor(now, name), POLL_MS);
    else if (now.state === "finished") say(`The map ${name} is drawn.`, { label: "Open it", run: () => goTo("map", { name }) });
    else fail(`The map ${name} was not drawn (${now.state}): ${now.progress}`);
  } catch (error) {
    fail(error);
  }
}
