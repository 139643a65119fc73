// The Map page: a map of sounds, lists or pictures to look at, hear and correct.

import { get } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { fail } from "../shell/notes.js";
import { noteAddress } from "../shell/router.js";
import { onTheme } from "../shell/theme.js";
import { Actions } from "./actions.js";
import { buildActs } from "./acts.js";
import { Camera } from "./camera.js";
import { connectHeld, connectTip } from "./card.js";
import { askForMap, drawEmpty, fillChooser } from "./chooser.js";
import { Colouring } from "./colouring.js";
import { countOf, loadMap } from "./data.js";
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
  const listing = get("/api/maps");
  // A map that the address names is fetched while the others are listed.
  const named = parameters.name ? loadMap(parameters.name) : null;
  named?.catch(() => null); // told below, where it is awaited
  const maps = await listing;
  const name = parameters.name ?? maps.find((map) => !map.problem)?.name;
  if (!name) {
    drawEmpty(place);
    return { close() {} };
  }
  return openMap(place, await (named ?? loadMap(name)), maps, parameters);
}

/**
 * Put a map on the page. `parts` is what is looked at: the map's data, the camera, the state, the stores, what draws.
 */
async function openMap(place, data, maps, parameters) {
  const elements = buildLayout();
  replace(place, elements.root);
  const state = new MapState(data);
  const camera = new Camera(data.points);
  const parts = { data, state, camera, stage: elements.stage, grid: new PointGrid(data.points, camera.bounds) };
  state.column = await chooseColumn(data, parameters.colour);
  Object.assign(parts, { colouring: new Colouring(state), images: new ImageStore(data), details: new DetailStore(data), paths: new Paths(data) });
  const drawing = (parts.drawing = new Drawing(parts, elements));
  parts.sounds = new Sounds(data, parts.details, parts.paths, () => drawing.request(false));
  parts.actions = new Actions(parts);
  drawing.start();
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

// The column the address names, else the map's first; a map without one has one colour.
async function chooseColumn(data, wanted) {
  const name = wanted && data.hasColumn(wanted) ? wanted : data.description.colour_by;
  const column = name ? await data.loadColumn(name) : null;
  return column?.kind === "text" ? null : column;
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
