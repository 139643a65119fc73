// One item: beside the pointer while pointed at, in the panel when held.

import { h, replace } from "../shell/dom.js";
import { icon } from "./icons.js";
import { describe, drawSpecies, drawValues } from "./details.js";

const GAP = 16;
const TIP_HEIGHT = { syllables: 132, windows: 132, checklists: 0, pictures: 200 };
const MAX_TIP_WIDTH = 264;
const NUM_PREFETCHED = 10;
const PREFETCH_REACH = 40;

/** The card beside the pointer. @param {Object} parts  what is looked at, see `openMap` @param {HTMLElement} tip */
export function connectTip(parts, tip) {
  const { state, details, images } = parts;
  const draw = async () => {
    const item = state.hovered;
    // What is held is in the panel already.
    tip.hidden = item < 0 || item === state.pinned;
    if (tip.hidden) return;
    fillTip(parts, tip, item);
    const image = parts.data.description.image;
    await Promise.allSettled([image && images.load(item), details.load(item)]);
    if (state.hovered !== item) return;
    fillTip(parts, tip, item);
    prefetch(parts, item);
  };
  state.on("hover", draw);
  state.on("pin", draw);
}

function fillTip(parts, tip, item) {
  const { data, images, details } = parts;
  const size = data.description.image;
  const known = details.peek(item);
  const words = describe(data, known, item);
  const height = TIP_HEIGHT[data.description.kind];
  const image = size && images.peek(item);
  const box = size && { height: `${height}px`, width: `${Math.min((height * size.width) / size.height, MAX_TIP_WIDTH)}px` };
  replace(tip,
    size && h("div.map-picture", { style: box }, image && drawCopy(image)),
    h("p.map-title", {}, h("span.map-dot", { style: { background: parts.colouring.colourOf(item) } }), words.title),
    words.lines.map((line) => h("p.map-line", {}, line)),
    drawSpecies(words.species));
  // What tests and the benchmark wait for: the card of this item with everything in it.
  tip.dataset.item = (!size || image) && known ? String(item) : "";
  placeTip(parts, tip, item);
}

// The picture is already there, so that it is seen with the card and not a moment after it.
function drawCopy(image) {
  return h("img", { src: image.src, alt: "", decoding: "sync", "data-testid": "map-card-image" });
}

function placeTip({ camera, data }, tip, item) {
  const x = camera.toScreenX(data.points[2 * item]);
  const y = camera.toScreenY(data.points[2 * item + 1]);
  const left = x + GAP + tip.offsetWidth < camera.width ? x + GAP : Math.max(4, x - GAP - tip.offsetWidth);
  const top = y + GAP + tip.offsetHeight < camera.height ? y + GAP : Math.max(4, y - GAP - tip.offsetHeight);
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

// The pointer goes to a neighbour next.
function prefetch({ data, grid, camera, state, images, details }, item) {
  const [x, y] = [data.points[2 * item], data.points[2 * item + 1]];
  const near = grid.findSome(x, y, PREFETCH_REACH / camera.scale, NUM_PREFETCHED, state.shown);
  if (data.description.image && !state.pictures) images.prefetch(near);
  for (const one of near) details.load(one).catch(() => null);
}

/** The item that is held, in the panel. @param {HTMLElement} section @param {Object} acts  what its buttons do */
export function connectHeld(parts, section, acts) {
  const { state, details } = parts;
  const draw = async () => {
    const item = state.pinned;
    section.hidden = item < 0;
    if (item < 0) return;
    const known = await details.load(item).catch(() => null);
    if (state.pinned === item) replace(section, drawHeld(parts, acts, item, known));
  };
  state.on("pin", draw);
  state.on("labels", draw);
}

function drawHeld({ data, images, sounds, paths, colouring }, acts, item, known) {
  const words = describe(data, known, item);
  const button = (name, label, key, run) =>
    h("button", { onclick: run, title: `${label} (${key})`, "data-testid": `map-${name}` }, icon(name === "open" ? "annotate" : name === "song" ? "trajectory" : "play"), label);
  return [
    data.description.image && h("img.map-held", { src: images.addressOf(item), alt: `Picture of ${words.title}`, "data-testid": "map-held-image" }),
    h("div.row", {},
      h("h2.map-title", {}, h("span.map-dot", { style: { background: colouring.colourOf(item) } }), words.title),
      h("button.quiet.icon-only", { "aria-label": "Let go", title: "Let go (Esc)", onclick: acts.letGo }, icon("close"))),
    h("div.row.map-acts", {},
      sounds.has && button("play", "Play", "Space", () => sounds.playItem(item)),
      sounds.has && paths.isKnown && button("song", "Song", "T", () => sounds.playPath(item)),
      known?.is_at_hand && button("open", "Annotate", "Enter", acts.annotate)),
    drawSpecies(words.species, Infinity),
    known && drawValues(known, data),
  ];
}
