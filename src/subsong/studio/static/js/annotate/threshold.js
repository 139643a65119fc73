// Proposals by amplitude: a form made from the server's schema, for the stretch in view or the whole recording.

import { get, post } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { fail, say } from "../shell/notes.js";
import { makeNodes } from "../forms/nodes.js";
import { collectAll } from "../forms/trees.js";
import { currentLabel } from "./commands.js";
import { endOf } from "./viewport.js";

/** @param {import("./state.js").State} state */
export function createThreshold(state) {
  const body = h("div.settings");
  const all = h("input", { type: "checkbox" });
  const form = h("section.form", {}, h("label.switch.small", {}, all, "All settings"), body);
  const buttons = [["In view", "propose-view", () => propose(true)], ["Whole recording", "propose-all", () => propose(false)]].map(
    ([text, testid, run], at) => h("button", { type: "button", class: at === 0 ? "primary" : "", "data-testid": testid, onclick: run }, text));
  const element = h("div.stack", {},
    h("p.small.muted", {}, "Proposes a segment wherever it is loud enough. Accepted annotations stay; proposals there give way."),
    h("div.row", {}, buttons), form);
  let fields = null;

  all.addEventListener("change", () => form.classList.toggle("show-all", all.checked));

  const draw = async () => {
    if (fields) return;
    try {
      const { tree } = await get("/api/annotations/threshold/fields");
      fields = makeNodes(tree, () => {});
      replace(body, fields.map((field) => field.element));
    } catch (error) {
      fail(error);
    }
  };
  const propose = async (inView) => {
    for (const button of buttons) button.disabled = true;
    try {
      await state.autosave.flush();
      const { num_found } = await post("/api/annotations/threshold", describeRequest(state, inView, collectAll(fields ?? [])));
      await state.autosave.refresh();
      say(num_found === 0 ? "Nothing is loud enough here: lower the peak threshold, or widen the band." : `${num_found} found. Accept them with a or Shift+A, reject them with x or Shift+X.`);
    } catch (error) {
      fail(error);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  };
  return { element, draw };
}

function describeRequest(state, inView, settings) {
  const { view, info } = state;
  const stretch = inView ? { start_s: view.start_s, stop_s: endOf(view) } : {};
  const channel = info.num_channels > 1 ? state.activeChannel : null;
  return { recording: info.name, channel, label: currentLabel(state), settings, ...stretch };
}
