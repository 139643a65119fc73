// Line drawings of 24 by 24, for buttons and the rail.

import { svg } from "./dom.js";

const PATHS = {
  project: ["M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z"],
  annotate: ["M3 12h2l2-6 3 12 3-15 3 13 2-4h3"],
  proofread: ["M9 11l3 3 8-8", "M20 12v6a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2h9"],
  map: ["M7 8.5h.01M12 5.5h.01M16.5 9h.01M9 13h.01M14 14.5h.01M18.5 16h.01M6 17h.01M12 18.5h.01"],
  dataset: ["M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3z", "M4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6", "M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3"],
  train: ["M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M5.6 18.4l2.1-2.1M16.3 7.7l2.1-2.1", "M12 8.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z"],
  watch: ["M4 4v16h16", "M7 9c2.5 6 5 7.5 12 8"],
  predict: ["M13 3L5 14h6l-1 7 8-11h-6z"],
  play: ["M8 5l11 7-11 7z"],
  stop: ["M7 7h10v10H7z"],
  pause: ["M8 5v14M16 5v14"],
  previous: ["M15 5l-7 7 7 7"],
  next: ["M9 5l7 7-7 7"],
  up: ["M5 15l7-7 7 7"],
  down: ["M5 9l7 7 7-7"],
  close: ["M6 6l12 12M18 6L6 18"],
  check: ["M5 12.5l5 5L19 7"],
  plus: ["M12 5v14M5 12h14"],
  minus: ["M5 12h14"],
  undo: ["M9 6L4 11l5 5", "M4 11h10a5 5 0 0 1 0 10h-3"],
  redo: ["M15 6l5 5-5 5", "M20 11H10a5 5 0 0 0 0 10h3"],
  trash: ["M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v6M14 11v6"],
  search: ["M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14z", "M20 20l-4-4"],
  lasso: ["M12 4c5 0 9 2.4 9 5.5S17 15 12 15c-1.700 0-3.300-.3-4.600-.8M7.400 14.200C4.700 13.200 3 11.500 3 9.500 3 6.400 7 4 12 4", "M7 13a2 2 0 1 1 0 4 2 2 0 0 1 0-4z", "M7 17c0 2-1 3-3 3.500"],
  download: ["M12 4v11M7 11l5 5 5-5M5 20h14"],
  upload: ["M12 20V9M7 13l5-5 5 5M5 4h14"],
  help: ["M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z", "M9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.3-1 .8-1 1.700M12 17h.01"],
  sun: ["M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8z", "M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600L19 19M5 19l1.400-1.400M17.600 6.400L19 5"],
  moon: ["M20 14.500A8.500 8.500 0 1 1 9.500 4a7 7 0 0 0 10.500 10.500z"],
  loop: ["M17 3l3 3-3 3", "M4 11V9a3 3 0 0 1 3-3h13", "M7 21l-3-3 3-3", "M20 13v2a3 3 0 0 1-3 3H4"],
  eye: ["M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12z", "M12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z"],
  copy: ["M9 9h11v11H9z", "M5 15H4V4h11v1"],
  tag: ["M3 12V4h8l9 9-8 8z", "M7.500 8.500h.01"],
  send: ["M21 3L10 14M21 3l-7 18-4-7-7-4z"],
  report: ["M6 3h9l4 4v14H6z", "M9 12h7M9 16h7M9 8h3"],
  warning: ["M12 4L2.500 20h19z", "M12 10v4M12 17h.01"],
};

/**
 * An icon that says nothing to a screen reader: the button around it has a label.
 * @param {keyof typeof PATHS} name
 */
export function icon(name) {
  const width = name === "map" ? { "stroke-width": 3 } : {};
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", ...width }, PATHS[name].map((d) => svg("path", { d })));
}
