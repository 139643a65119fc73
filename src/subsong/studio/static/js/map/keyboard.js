// The keys of the map.

import { bindKeys } from "../shell/keys.js";
import { fail } from "../shell/notes.js";
import { invertSelection, listSelected } from "./selection.js";

const ZOOM = 1.4;
const WAYS = { ArrowLeft: [-1, 0, "left"], ArrowRight: [1, 0, "right"], ArrowUp: [0, 1, "up"], ArrowDown: [0, -1, "down"] };

/** @param {Object} parts  what is looked at, see `openMap` @param {Object} acts @returns {() => void} ends it */
export function connectKeys(parts, acts, elements) {
  const { state, camera, actions, sounds } = parts;
  const zoom = (factor) => acts.zoom(camera.width / 2, camera.height / 2, factor);
  const current = () => (state.pinned >= 0 ? state.pinned : state.hovered);
  const chosen = (run) => () => { if (state.selected.size) run(listSelected(state)).catch(fail); };
  const moves = Object.entries(WAYS).map(([keys, [x, y, name]]) => ({ keys, label: `To the neighbour ${name}`, group: "Map", run: () => acts.move(x, y) }));
  const canLabel = parts.data.description.can_change_labels;
  return bindKeys("map", [
    { keys: "Space", label: "Play", group: "Map", run: () => sounds.playItem(current()) },
    { keys: "T", label: "Play the whole song, with its way over the map", group: "Map", run: () => sounds.playPath(current()) },
    ...moves,
    { keys: "Enter", label: "Open in Annotate", group: "Map", run: acts.annotate },
    { keys: "+ =", label: "Closer", group: "Map", run: () => zoom(ZOOM) },
    { keys: "-", label: "Farther", group: "Map", run: () => zoom(1 / ZOOM) },
    { keys: "0", label: "The whole map", group: "Map", run: acts.fit },
    { keys: "P", label: "Pictures on the map", group: "Map", run: () => elements.pictures.click() },
    { keys: "S", label: "All songs as faint lines", group: "Map", run: () => elements.paths.click() },
    { keys: "H", label: "Play what the pointer passes over", group: "Map", run: () => elements.listen.click() },
    { keys: "/", label: "Search", group: "Map", run: () => elements.search.focus() },
    { keys: "Escape", label: "Let go: the sound, the item, what is chosen, the search", group: "Map", run: acts.letGo },
    { keys: "L", label: "Lasso (or hold Shift and drag)", group: "Choosing", run: () => elements.lasso.click() },
    { keys: "B", label: "Rectangle", group: "Choosing", run: () => elements.rectangle.click() },
    { keys: "A", label: "Choose everything shown; Shift while drawing adds, Alt removes", group: "Choosing", run: acts.chooseShown },
    { keys: "I", label: "Choose the others instead", group: "Choosing", run: () => invertSelection(state) },
    ...(canLabel ? [
      { keys: "R", label: "Rename the chosen", group: "Choosing", run: () => document.querySelector("[data-testid=map-label]")?.focus() },
      { keys: "X Delete", label: "Reject the chosen", group: "Choosing", run: chosen((items) => actions.reject(items)) },
    ] : []),
    { keys: "E", label: "Send the chosen to Annotate", group: "Choosing", run: chosen((items) => actions.send(items)) },
    { keys: "Mod+Z", label: "Undo what was done last on this map", group: "Choosing", run: () => actions.undoLast().catch(fail) },
  ]);
}
