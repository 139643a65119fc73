// The page's elements, before anything is in them.

import { h } from "../shell/dom.js";
import { icon } from "./icons.js";

const tool = (name, label, key, drawn) =>
  h("button", { "data-testid": `map-${name}`, "aria-pressed": "false", title: `${label} (${key})`, "aria-label": label }, icon(drawn), h("span", {}, label));

/** @returns {Object<string, HTMLElement>} the elements by name; `root` holds all others */
export function buildLayout() {
  const parts = {
    chooser: h("select.map-chooser", { "aria-label": "Map", "data-testid": "map-chooser" }),
    make: h("button.quiet.icon-only", { title: "Draw a new map", "aria-label": "Draw a new map", "data-testid": "map-make" }, icon("plus")),
    search: h("input", {
      type: "search", placeholder: "Search", spellcheck: false, autocomplete: "off",
      "aria-label": "Search and filter", "data-testid": "map-search",
    }),
    found: h("output.small.muted.number", { "data-testid": "map-found" }),
    lasso: tool("lasso", "Lasso", "L", "lasso"),
    rectangle: tool("rectangle", "Rectangle", "B", "rectangle"),
    pictures: tool("pictures", "Pictures", "P", "pictures"),
    paths: tool("paths", "Songs", "S", "trajectory"),
    listen: tool("listen", "Listen", "H", "speaker"),
    fit: h("button.icon-only", { title: "Show the whole map (0)", "aria-label": "Show the whole map", "data-testid": "map-fit" }, icon("fit")),
    size: h("input", {
      type: "range", min: 0.5, max: 3, step: 0.1, value: 1, "data-testid": "map-size",
    }),
    points: h("canvas"),
    overlay: h("canvas"),
    tip: h("div.map-tip", { hidden: true, "data-testid": "map-card" }),
    notice: h("p.map-notice", { hidden: true, "data-testid": "map-notice" },
      "This browser has no WebGL2: maps of many points move slowly. Its setting for hardware acceleration, or another browser, helps."),
    colourBy: h("select", { id: "map-colour-by", "data-testid": "map-colour-by" }),
    legend: h("div.map-legend", { "data-testid": "map-legend" }),
    selection: h("section", { hidden: true, "data-testid": "map-selection", "aria-label": "Chosen" }),
    item: h("section", { hidden: true, "data-testid": "map-item", "aria-label": "Held" }),
    hint: h("section.map-hint"),
    facts: h("footer.map-facts"),
  };
  parts.stage = h("div.map-stage", {
    tabindex: 0, role: "application", "data-testid": "map-stage",
    "aria-label": "Map. Arrow keys go to the neighbour in that direction, space plays, question mark shows all keys.",
  }, parts.points, parts.overlay, parts.tip);
  parts.root = h("div.fill.map-page", {},
    h("header.bar", {},
      h("h1", {}, "Map"), parts.chooser, parts.make,
      h("div.map-search", {}, parts.search, parts.found),
      h("div.row.map-tools", { role: "toolbar", "aria-label": "Tools" }, parts.lasso, parts.rectangle, parts.pictures, parts.paths, parts.listen, parts.fit)),
    h("div.map-room", {}, parts.stage,
      h("aside.map-side", {},
        parts.item, parts.selection,
        h("section", {},
          h("label.map-heading", { for: "map-colour-by" }, "Colour by"), parts.colourBy, parts.legend,
          h("label.map-size", {}, "Point size", parts.size)),
        parts.hint, parts.notice, parts.facts)));
  return parts;
}
