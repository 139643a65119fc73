// The line at the top: which recording, the one before and after it, whether all is saved, and how far one is.

import { h } from "../shell/dom.js";
import { button, toggle } from "./buttons.js";
import * as commands from "./commands.js";
import { drawOnFrames } from "../shell/frames.js";
import { createSavedMark } from "./saved.js";
import { formatDuration } from "./ticks.js";

/** @param {import("./state.js").State} state @param {import("./recordings.js").Recordings} recordings */
export function createTopBar(state, recordings) {
  const { info } = state;
  const facts = `${formatDuration(info.duration_s)} · ${Number((info.sample_rate_hz / 1000).toFixed(1))} kHz${info.num_channels > 1 ? ` · ${info.num_channels} channels` : ""}`;
  const steps = drawSteps(state);
  const element = h("header.bar.top-bar", {},
    button({ icon: "previous", label: "Previous recording", testid: "previous-recording", run: () => recordings.step(-1) }),
    h("button.recording-name", { type: "button", onclick: recordings.search, title: `${info.name}: search another (Ctrl+K)`, "data-testid": "recording-name" }, h("h1", {}, info.name)),
    button({ icon: "next", label: "Next recording", testid: "next-recording", run: () => recordings.step(1) }),
    h("span.muted.small.facts", {}, facts), h("span.room"),
    createSavedMark(state),
    h("div.tools", {},
      button({ icon: "undo", label: "Undo", keys: "Ctrl+Z", testid: "undo", run: () => commands.undo(state) }),
      button({ icon: "redo", label: "Redo", keys: "Ctrl+Shift+Z", testid: "redo", run: () => commands.redo(state) })),
    steps.element);
  return { element, close: steps.close };
}

/** What one does with proposals and stretches in view. */
function drawSteps(state) {
  const accept = button({ icon: "check", text: "Accept in view", label: "Accept all proposals in view", keys: "Shift+A", testid: "accept-view", run: () => commands.decideInView(state, "accept") });
  const reject = button({ icon: "close", text: "Reject", label: "Reject all proposals in view", keys: "Shift+X", testid: "reject-view", run: () => commands.decideInView(state, "reject") });
  const reviewed = toggle({ icon: "eye", text: "Looked at", label: "All in view was looked at: what is not annotated here is no song", keys: "r", testid: "review", run: () => commands.toggleReviewed(state) });
  const done = toggle({ icon: "check", text: "Done", label: "The whole recording is annotated", keys: "d", testid: "done", run: () => commands.toggleDone(state) });
  const draw = () => {
    const hasProposals = state.listInView().some((one) => one.state === "proposed");
    accept.hidden = reject.hidden = !hasProposals;
    reviewed.set(commands.isReviewed(state));
    done.set(state.document.is_done);
  };
  const frames = drawOnFrames(draw);
  state.on(["document", "view", "channel"], frames.ask);
  draw();
  return { element: h("div.tools", {}, accept, reject, reviewed.element, done.element), close: frames.stop };
}
