// Line drawings of the map's tools, in the manner of the shell's.

import { svg } from "../shell/dom.js";
import { icon as shellIcon } from "../shell/icons.js";

const PATHS = {
  rectangle: ["M4 6h16v12H4z"],
  pictures: ["M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z"],
  trajectory: ["M4 17c3-9 6-11 8-6s4 5 8-4", "M4 17h.01M20 7h.01"],
  speaker: ["M4 10v4h3l5 4V6L7 10zM15.500 9a4.500 4.500 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11"],
  fit: ["M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"],
  invert: ["M12 4a8 8 0 1 0 0 16z", "M12 4a8 8 0 0 1 0 16"],
};

/** @param {string} name  one of ours or of the shell's */
export function icon(name) {
  if (!PATHS[name]) return shellIcon(name);
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, PATHS[name].map((d) => svg("path", { d })));
}
