// The Map page: a map of sounds, lists or pictures to look at, hear and correct.

import { h, replace } from "../shell/dom.js";
import { fail } from "../shell/notes.js";
import { noteAddress } from "../shell/router.js";
import { onTheme } from "../shell/theme.js";
import { Actions } from "./actions.js";
import { buildActs } from "./acts.js";
import { takeOpening } from "./ahead.js";
import { Camera } from "./camera.js";
import { connectHeld, connectTip } from "./card.js";
import { askForMap, drawEmpty, fillChooser } from "./chooser.js";
import { Colouring } from "./colouring.js";
import { countOf, unpackOpening } from "./data.js";
import { DetailStore } from "./details.js";
import { Drawing } from "./drawing.js";
import { PointGrid } from "./grid.js";
import { ImageStore } from "./images.js";
import { connectKeys } from "./keyboard.js";
import { buildLayout } from "./layout.js";
import { connectLegend } from "./legend.js";
import { Paths } from "./paths.js";
import { connectPointer } from "./pointer.js";
import { connectSearch } from "./search.js";
import { connectSelection } from "./selection.js";
import { Sounds } from "./sounds.js";
import { MapState } from "./state.js";
import { connectTools } from "./tools.js";

/**
 * Open the page.
 * @param {HTMLElement} place
 * @param {{name?: string, item?: string, colour?: string}} parameters
 */
export async function open(place, parameters) {
  performance.mark("map-open");
  const { maps, data, column } = unpackOpening(await takeOpening(parameters));
  if (data) return openMap(place, data, { maps, column, parameters });
  drawEmpty(place);
  return { close() {} };
}

/**
 * Put a map on the page. `parts` is what is looked at: the map's data, the camera, the state, the stores, what draws.
 */
function openMap(place, data, { maps, column, parameters }) {
  const elements = buildLayout();
  replace(place, elements.root);
  const state = new MapState(data);
  const camera = new Camera(data.points);
  const parts = { data, state, camera, stage: elements.stage };
  state.column = column;
  Object.assign(parts, { colouring: new Colouring(state), images: new ImageStore(data), details: new DetailStore(data), paths: new Paths(data) });
  const drawing = (parts.drawing = new Drawing(parts, elements));
  parts.sounds = new Sounds(data, parts.details, parts.paths, () => drawing.request(false));
  parts.actions = new Actions(parts);
  drawing.start();
  parts.grid = new PointGrid(data.points, camera.bounds);
  const search = connectSearch(parts, elements);
  const acts = (parts.acts = buildActs(parts, drawing, search));
  connectPanels(parts, elements, acts);
  const unbind = connectKeys(parts, acts, elements);
  const endTheme = onTheme(() => drawing.changeTheme());
  fillChooser(elements.chooser, maps, data.name);
  elements.make.addEventListener("click", askForMap);
  showItem(parts, acts, parameters);
  parts.paths.load().then(() => drawing.request(false), fail);
  return {
    close() {
      unbind();
      endTheme();
      parts.sounds.stop();
      drawing.close();
    },
  };
}

function connectPanels(parts, elements, acts) {
  const { state, data } = parts;
  connectPointer(parts, acts);
  connectTools(parts, elements, acts);
  const legend = connectLegend(parts, elements);
  legend.draw();
  connectTip(parts, elements.tip);
  connectHeld(parts, elements.item, acts);
  connectSelection(parts, elements.selection, acts);
  const drawHint = () => {
    elements.hint.hidden = state.pinned >= 0 || state.selected.size > 0;
    replace(elements.facts, listFacts(data).map((fact) => h("p", {}, fact)));
  };
  replace(elements.hint, h("p", {}, `Point at a ${data.description.noun} to see it${data.description.has_sound ? ", click to hear it" : ""}.`),
    h("p", {}, "Hold ", h("kbd", {}, "Shift"), " and draw around some to choose them. ", h("kbd", {}, "?"), " shows all keys."));
  for (const event of ["pin", "select", "labels"]) state.on(event, drawHint);
  state.on("colour", () => noteAddress("map", { name: data.name, item: state.pinned >= 0 ? state.pinned : null, colour: state.column?.name }));
  drawHint();
}

function listFacts({ description, numItems, removed }) {
  const { noun, subtitle, num_relabelled: relabelled } = description;
  const changed = [relabelled && `${relabelled.toLocaleString("en")} with another label`, removed.size && `${removed.size.toLocaleString("en")} removed`].filter(Boolean);
  return [subtitle || countOf(numItems, noun), changed.length && `Since it was drawn: ${changed.join(", ")}.`].filter(Boolean);
}

function showItem({ data, camera }, acts, { item }) {
  const number = Number(item);
  if (item === undefined || !Number.isInteger(number) || number < 0 || number >= data.numItems) return;
  acts.pin(number);
  camera.show(data.points[2 * number], data.points[2 * number + 1]);
}
