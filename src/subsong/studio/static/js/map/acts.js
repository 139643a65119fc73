// What gestures, keys and buttons do to what is looked at.

import { goTo, noteAddress } from "../shell/router.js";

/**
 * @param {Object} parts  what is looked at, see `openMap`
 * @param {import("./drawing.js").Drawing} drawing
 * @param {{clear: () => Promise<void>}} search
 */
export function buildActs(parts, drawing, search) {
  const { state, camera, data, grid, sounds, overlay } = parts;
  const at = (item) => [data.points[2 * item], data.points[2 * item + 1]];
  const pin = (item) => {
    state.pin(item);
    noteAddress("map", { name: data.name, item: item >= 0 ? item : null, colour: state.column?.name });
  };
  const acts = {
    pin,
    hover(item) {
      if (item === state.hovered) return;
      state.hover(item);
      if (item >= 0 && state.listen) sounds.playItem(item);
    },
    click(item) {
      pin(item);
      if (item >= 0) sounds.playItem(item);
    },
    goTo(item) {
      acts.click(item);
      camera.show(...at(item));
      drawing.request();
    },
    pan(dx, dy) {
      camera.panBy(dx, dy);
      drawing.requestMoved();
    },
    zoom(px, py, factor) {
      camera.zoomAt(px, py, factor);
      drawing.requestMoved();
    },
    fit() {
      camera.fit();
      drawing.request();
    },
    outline(places) {
      overlay.outline = places;
      drawing.request(false);
    },
    choose(places, event) {
      const outline = places.map((place, index) => (index % 2 ? camera.toMapY(place) : camera.toMapX(place)));
      const found = grid.findInside(outline, state.shown);
      if (event.altKey) {
        const gone = new Set(found);
        state.select([...state.selected].filter((item) => !gone.has(item)));
      } else state.select(event.shiftKey ? [...state.selected, ...found] : found);
    },
    chooseShown() {
      state.select(Array.from(state.shown.keys()).filter((item) => state.shown[item]));
    },
    move(x, y) {
      const middle = () => grid.findNearest(camera.x, camera.y, Infinity, state.shown);
      const next = state.pinned < 0 ? middle() : grid.findNeighbour(state.pinned, x, y, state.shown);
      if (next < 0) return;
      acts.goTo(next);
    },
    annotate() {
      const item = state.pinned >= 0 ? state.pinned : state.hovered;
      if (item < 0) return;
      parts.details.load(item).then((known) => { if (known.is_at_hand) acts.openAt(known); });
    },
    openAt({ recording, channel, onset_s: at }) {
      goTo("annotate", { recording, channel, at });
    },
    // One thing at a time, the latest first.
    letGo() {
      sounds.stop();
      if (state.pinned >= 0) pin(-1);
      else if (state.selected.size) state.select([]);
      else if (state.tool !== "move") state.set("tool", "move");
      else search.clear();
    },
  };
  return acts;
}
