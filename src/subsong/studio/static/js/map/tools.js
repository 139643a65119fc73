// The buttons above the map.

import { fail } from "../shell/notes.js";

/** @param {Object} parts  what is looked at, see `openMap` @param {Object<string, HTMLElement>} elements @param {Object} acts */
export function connectTools(parts, elements, acts) {
  const { state, data, paths } = parts;
  const press = (name, run) => elements[name].addEventListener("click", run);
  for (const name of ["lasso", "rectangle"]) press(name, () => state.set("tool", state.tool === name ? "move" : name));
  for (const name of ["pictures", "listen"]) press(name, () => state.set(name, !state[name]));
  press("paths", () => togglePaths(parts).catch(fail));
  press("fit", acts.fit);
  elements.size.addEventListener("input", () => state.set("pointSize", Number(elements.size.value)));
  elements.pictures.hidden = !data.description.image;
  elements.listen.hidden = !data.description.has_sound;
  elements.paths.hidden = !paths.isKnown;
  const mark = () => {
    for (const name of ["lasso", "rectangle"]) elements[name].setAttribute("aria-pressed", String(state.tool === name));
    for (const name of ["pictures", "listen"]) elements[name].setAttribute("aria-pressed", String(state[name]));
    elements.paths.setAttribute("aria-pressed", String(state.allPaths));
    elements.stage.classList.toggle("drawing", state.tool !== "move");
  };
  state.on("tool", mark);
  state.on("hover", () => elements.stage.classList.toggle("pointing", state.hovered >= 0));
  mark();
}

async function togglePaths({ state, paths, drawing }) {
  await paths.load();
  drawing.points.setLines(state.allPaths ? null : paths.listSteps());
  state.set("allPaths", !state.allPaths);
}
