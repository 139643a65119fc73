// The top of the page: the project's name and facts, and what can be done with all of it.

import { countNoun, saySeconds } from "../shell/words.js";
import { post } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { ask, fail } from "../shell/notes.js";
import { goTo } from "../shell/router.js";

const REPORT = "/files/report.html";

/** @param {{run: () => void}} pipeline */
export function createHeader(pipeline) {
  let author = "";
  const title = h("h1", { "data-testid": "project-name" });
  const facts = h("p.muted.facts", { "data-testid": "project-facts" });
  const folder = h("p.muted.small.mono.folder");
  const signed = h("button.quiet.small.author", { onclick: askAuthor, "data-testid": "author", title: "Whose name stands beside corrections" });
  const run = h("button.primary", { onclick: pipeline.run, "data-testid": "run-pipeline", title: "Segment what is not annotated, make the map, write the report (R)" }, icon("predict"), "Run the pipeline");
  const map = h("button", { onclick: () => goTo("map"), "data-testid": "open-map" }, icon("map"), "Open map");
  const report = h("a.button", { href: REPORT, target: "_blank", rel: "noopener", "data-testid": "open-report" }, icon("report"), "Open report");
  const element = h("header", {},
    h("div.about", {}, h("div.row", {}, title, signed), facts, folder),
    h("div.row", {}, map, report, run));

  function show(project) {
    replace(title, project.name);
    replace(facts, [
      countNoun(project.num_recordings, "recording"),
      saySeconds(project.duration_s),
      countNoun(project.birds.length, "bird"),
      countNoun(count(project.birds, "num_annotations"), "annotation"),
      project.num_pending ? `reading ${countNoun(project.num_pending, "recording")} …` : "",
    ].filter(Boolean).join(" · "));
    replace(folder, project.recordings_folder);
    folder.title = `Recordings: ${project.recordings_folder}\nEverything made of them: ${project.folder}`;
    showAuthor(project.author);
    run.disabled = project.read_only;
    map.disabled = project.maps.length === 0;
    map.title = map.disabled ? "The pipeline makes the map of syllables" : "Every sound as a point";
    report.hidden = !project.report;
  }

  function showAuthor(name) {
    author = name;
    replace(signed, `Corrections by ${name}`);
  }

  async function askAuthor() {
    const name = await ask("Whose name stands beside corrections from now on?", { field: "Name", value: author, yes: "Keep" });
    if (typeof name !== "string" || !name.trim()) return;
    try {
      showAuthor((await post("/api/author", { name })).author);
    } catch (error) {
      fail(error);
    }
  }

  const bindings = [{ keys: "R", label: "Run the pipeline", group: "Project", run: () => { if (!run.disabled) pipeline.run(); } }];
  return { element, show, bindings };
}

const count = (birds, key) => birds.reduce((sum, bird) => sum + bird[key], 0);
