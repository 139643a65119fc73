// A small field over an annotation, to type another label into.

import { listLabels } from "../shell/colours.js";
import { h, replace } from "../shell/dom.js";
import { useLabel } from "./commands.js";
import { outlineOf } from "./outlines.js";

const WIDTH_PX = 150;

/** @param {import("./stage.js").Stage} stage */
export function createRelabelField(stage) {
  const { state } = stage;
  const choices = h("datalist", { id: "annotate-labels" });
  const input = h("input", { list: "annotate-labels", "aria-label": "Label", "data-testid": "relabel", autocomplete: "off", spellcheck: "false", maxlength: "200" });
  const form = h("form.relabel", { hidden: true }, input, choices);
  let before = "";
  const close = () => {
    form.hidden = true;
    stage.pane.focus({ preventScroll: true });
  };
  const take = () => {
    const label = input.value.trim();
    if (label) useLabel(state, label);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take();
    close();
  });
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") close();
  });
  // A press elsewhere takes what was typed.
  input.addEventListener("blur", () => {
    if (!form.hidden && input.value !== before) take();
    form.hidden = true;
  });
  stage.pane.append(form);

  /** Ask for the label of the selected annotations, over one of them. */
  return function open(id) {
    const annotation = state.document.annotations.get(id);
    if (!annotation) return;
    const outline = outlineOf(annotation, state.view, stage.rows, stage.width);
    if (!state.selection.has(id)) state.select([id]);
    replace(choices, listLabels().map((label) => h("option", { value: label })));
    const left = Math.min(Math.max(outline.left, 4), stage.width - WIDTH_PX - 4);
    form.style.transform = `translate(${left}px, ${Math.max(outline.top + 4, 4)}px)`;
    form.style.width = `${WIDTH_PX}px`;
    form.hidden = false;
    before = input.value = annotation.label;
    input.focus();
    input.select();
  };
}
