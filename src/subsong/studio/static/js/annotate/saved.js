// Whether what was done is safe: saved, on its way, or kept here until the server is back.

import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";

const TEXTS = { saved: "Saved", saving: "Saving…", offline: "Not reached" };

/** @param {import("./state.js").State} state */
export function createSavedMark(state) {
  const element = h("button.saved.quiet", { type: "button", role: "status", "data-testid": "saved", onclick: () => state.autosave.retry() });
  let shown = "";
  const draw = () => {
    const { state: how, queue } = state.autosave;
    const text = how === "offline" ? `${TEXTS.offline}: ${queue.numWaiting} kept here` : TEXTS[how];
    if (text === shown) return;
    shown = text;
    element.dataset.state = how;
    element.title = how === "offline"
      ? "The server does not answer. What you did is kept in this browser and sent when it is back; press to try now."
      : "Every edit is saved at once.";
    replace(element, icon(how === "offline" ? "warning" : "check"), text);
  };
  state.on("document", draw);
  draw();
  return element;
}
