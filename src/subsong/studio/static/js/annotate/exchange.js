// Files of other programs: this recording's annotations out, or a file of them in.

import { get, upload, url } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { fail, say } from "../shell/notes.js";

/** Opened first: what most people take elsewhere. */
const USUAL_FORMAT = "audacity";

/** @param {import("./state.js").State} state */
export function createExchange(state) {
  const element = h("div.stack", { "data-testid": "exchange" });
  let isDrawn = false;
  const draw = async () => {
    if (isDrawn) return;
    try {
      const formats = await get("/api/annotations/formats");
      isDrawn = true;
      replace(element, drawExport(state, formats.filter((one) => one.writes)), drawImport(state, formats.filter((one) => one.reads)));
    } catch (error) {
      fail(error);
    }
  };
  return { element, draw };
}

const drawChoices = (formats) => formats.map((one) => h("option", { value: one.name, title: one.expected }, `${one.name} (${one.suffix})`));

function drawExport(state, formats) {
  const format = h("select", { "data-testid": "export-format" }, drawChoices(formats));
  if (formats.some((one) => one.name === USUAL_FORMAT)) format.value = USUAL_FORMAT;
  const proposals = h("input", { type: "checkbox" });
  const here = h("a.button.primary", { download: "", "data-testid": "export" }, icon("download"), "This recording");
  const every = h("a.button", { download: "", "data-testid": "export-all" }, "All, as zip");
  const point = () => {
    const query = { format: format.value, proposals: proposals.checked ? 1 : 0 };
    here.href = url("/api/annotations/export", { ...query, recording: state.info.name });
    every.href = url("/api/annotations/export", query);
  };
  format.addEventListener("change", point);
  proposals.addEventListener("change", point);
  point();
  return h("section.stack", {}, h("h3", {}, "Export"), h("label.field", {}, "Format", format),
    h("label.small", {}, proposals, "With proposals"), h("div.row", {}, here, every));
}

function drawImport(state, formats) {
  const format = h("select", { "data-testid": "import-format" }, h("option", { value: "" }, "told by the file"), drawChoices(formats));
  const mode = h("select", { "data-testid": "import-mode" },
    h("option", { value: "add" }, "add to what is here"), h("option", { value: "replace" }, "replace what is here"));
  const input = h("input", { type: "file", hidden: true, "data-testid": "import-file" });
  const button = h("button", { type: "button", onclick: () => input.click() }, icon("upload"), "Choose a file");
  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    button.disabled = true;
    await takeIn(state, file, { format: format.value, mode: mode.value });
    button.disabled = false;
  });
  return h("section.stack", {}, h("h3", {}, "Import"), h("label.field", {}, "Format", format), h("label.field", {}, "What it does", mode),
    h("div.row", {}, button, input), h("p.small.muted", {}, "One undo takes it back."));
}

async function takeIn(state, file, { format, mode }) {
  try {
    await state.autosave.flush();
    const answer = await upload("/api/annotations/import", file, { recording: state.info.name, format, mode });
    await state.autosave.refresh();
    say(`${answer.num_read} ${answer.num_read === 1 ? "annotation" : "annotations"} read from ${file.name}.`, { label: "Undo", run: state.autosave.undo });
    for (const warning of answer.warnings) say(warning);
  } catch (error) {
    fail(error);
  }
}
