// The panel at the side: the labels, and below them tabs, of which one is drawn at a time.

import { h, replace } from "../shell/dom.js";

/** @typedef {{name: string, title: string, element: Node, draw: () => void}} Tab `draw` is called whenever the tab is opened */

/** @param {import("./state.js").State} state @param {Node} palette @param {Tab[]} tabs */
export function createPanel(state, palette, tabs) {
  const room = h("div.tab-room", { role: "tabpanel" });
  const buttons = tabs.map((tab) => h("button.quiet", { type: "button", role: "tab", "data-testid": `tab-${tab.name}`, onmousedown: (event) => event.preventDefault(), onclick: () => open(tab) }, tab.title));
  const element = h("aside.side", { "aria-label": "Annotations" }, palette, h("div.tabs", { role: "tablist" }, buttons), room);

  function open(tab) {
    buttons.forEach((button, at) => button.setAttribute("aria-selected", String(tabs[at] === tab)));
    replace(room, tab.element);
    tab.draw();
  }
  const show = () => { element.hidden = !state.settings.showPanel; };
  state.on("settings", show);
  show();
  open(tabs[0]);
  return element;
}
