// The page Proofread: proposals of all recordings, those first that the model is least sure of.

import { countNoun } from "../shell/words.js";
import { get } from "../shell/api.js";
import { labelColour } from "../shell/colours.js";
import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { bindKeys } from "../shell/keys.js";
import { fail, say } from "../shell/notes.js";
import { addressOf, goTo, noteAddress } from "../shell/router.js";
import { createClip } from "./clip.js";
import { createFilters } from "./filters.js";
import { createGrid } from "./grid.js";
import { createLabels } from "./labels.js";
import { Queue } from "./queue.js";
import { createUpcoming, describeScore } from "./upcoming.js";

const PLAY_KEY = "subsong-proofread-plays";
const DECIDED = { accept: "accepted", reject: "rejected", relabel: "relabelled", gone: "decided elsewhere" };

/**
 * Open the page.
 * @param {HTMLElement} place
 * @param {Object<string, string>} parameters  bird, label, max_score, recording; mode=grid
 */
export async function open(place, parameters) {
  const { birds } = await get("/api/project");
  let isGrid = parameters.mode === "grid";
  let unbindLabels = () => {};

  const saved = h("span.small.muted", { "data-testid": "saved" }, "Saved");
  const queue = new Queue((problem) => { if (problem) fail(problem); show(); }, (isSaving) => replace(saved, isSaving ? "Saving…" : "Saved"));
  const clip = createClip();
  const labels = createLabels((label) => queue.decide("relabel", label));
  const upcoming = createUpcoming((item) => queue.lookAt(item));
  const grid = createGrid(queue);
  const filters = createFilters(birds.map((bird) => bird.name), parameters, load);

  const plays = h("input", { type: "checkbox", checked: localStorage.getItem(PLAY_KEY) === "1", "data-testid": "plays", onchange: () => localStorage.setItem(PLAY_KEY, plays.checked ? "1" : "0") });
  const modes = ["one", "grid"].map((mode) => h("button", { onclick: () => setGrid(mode === "grid"), "data-testid": `mode-${mode}` }, mode === "one" ? "One by one" : "Many at once"));
  const undo = h("button", { onclick: takeBack, "data-testid": "undo" }, icon("undo"), "Undo", h("kbd", {}, "U"));
  const fill = h("div", {});
  const count = h("span.small.muted.number", { "data-testid": "progress" });
  const title = h("h2", { "data-testid": "proposal" });
  const where = h("a.small", { "data-testid": "open-annotate" });
  const decisions = h("div.row.decisions", {},
    h("button.primary", { onclick: () => queue.decide("accept"), "data-testid": "accept" }, icon("check"), "Accept", h("kbd", {}, "A")),
    h("button.danger", { onclick: () => queue.decide("reject"), "data-testid": "reject" }, icon("close"), "Reject", h("kbd", {}, "X")),
    h("button", { onclick: clip.hear, "data-testid": "hear" }, icon("play"), "Play", h("kbd", {}, "Space")),
    h("span.row", {}, step("previous", -1), step("next", 1)));
  const single = h("div.single", {},
    h("section.stage", { "aria-label": "Proposal" }, h("div.row.spread", {}, title, where), clip.element, decisions, labels.element), upcoming.element);
  const empty = h("div.empty", { "data-testid": "proofread-empty" }, h("h2", {}, "Nothing to proofread"),
    h("p", {}, "No proposal is left that fits what is chosen above. Run a model on recordings, or the pipeline, and what it finds is listed here, the least sure first."),
    h("a.button.primary", { href: addressOf("predict") }, icon("predict"), "Run a model on recordings"));

  replace(place, h("div.fill.proofread", {},
    h("div.bar", {}, h("h1", {}, "Proofread"), filters.element, h("div.segmented", {}, modes),
      h("label.small", {}, plays, "Play each"), undo,
      h("a.small", { href: addressOf("predict"), title: "Run a model on recordings" }, "Run a model"),
      h("div.how-far", {}, h("div.row.spread", {}, saved, count), h("div.progress", { role: "presentation" }, fill))),
    h("div.body", {}, single, grid.element, empty)));

  function step(name, by) {
    return h("button.icon-only", { "aria-label": name === "next" ? "Next" : "Previous", onclick: () => queue.move(by) }, icon(name));
  }

  async function load(chosen = filters.read()) {
    noteAddress("proofread", { ...chosen, mode: isGrid ? "grid" : "" });
    await queue.load(chosen).catch(fail);
  }

  function setGrid(value) {
    isGrid = value;
    noteAddress("proofread", { ...filters.read(), mode: isGrid ? "grid" : "" });
    // All in view have one label, so that the odd one stands out.
    const label = queue.current?.annotation.label;
    if (isGrid && label && filters.read().label !== label) filters.setLabel(label);
    else show();
  }

  let last = null;
  function show() {
    const item = queue.current;
    const isLeft = item !== null && (queue.numOpen > 0 || !isGrid);
    single.hidden = isGrid || !isLeft;
    grid.element.hidden = !isGrid || !isLeft;
    empty.hidden = isLeft;
    modes.forEach((button, index) => button.setAttribute("aria-pressed", String(Boolean(index) === isGrid)));
    undo.disabled = queue.history.length === 0;
    const total = queue.numOpen + queue.numDecided;
    replace(count, total ? `${queue.numDecided.toLocaleString()} of ${total.toLocaleString()} decided` : "");
    fill.style.width = `${total ? (100 * queue.numDecided) / total : 0}%`;
    if (!isLeft) { last = null; return; }
    if (isGrid) grid.show();
    else showItem(item);
  }

  function showItem(item) {
    const { label, onset_s, offset_s } = item.annotation;
    const said = item.decision && `, ${DECIDED[item.decision.kind]}${item.decision.label ? ` ${item.decision.label}` : ""}`;
    replace(title, h("span.swatch", { style: { background: labelColour(label) } }), ` ${label || "no label"} `,
      h("span.muted.number", {}, describeScore(item.annotation), said));
    const length = offset_s > onset_s ? `${((offset_s - onset_s) * 1000).toFixed(0)} ms` : "event";
    replace(where, `${item.recording} at ${onset_s.toFixed(2)} s (${length})`, " ", h("kbd", {}, "O"));
    where.href = addressOf("annotate", addressIn(item));
    bindLabels(labels.show(label));
    upcoming.show(queue);
    if (item !== last) clip.show(item, plays.checked);
    last = item;
  }

  const addressIn = ({ recording, annotation }) => ({ recording, at: annotation.onset_s.toFixed(3), channel: annotation.channel });

  function bindLabels(keys) {
    unbindLabels();
    unbindLabels = bindKeys("proofread labels", [...keys].map(([key, label]) => ({ keys: key, label: `Label ${label}`, group: "Relabel and accept", run: () => !isGrid && queue.decide("relabel", label) })));
  }

  async function takeBack() {
    try {
      if (await queue.undo()) say("Taken back.");
    } catch (error) {
      fail(error);
    }
  }

  const one = (run) => () => { if (!isGrid) run(); };
  const unbind = bindKeys("proofread", [
    { keys: "Enter", label: "Accept; in the grid: accept all in view that are not marked", group: "Decide", run: () => (isGrid ? grid.decide() : queue.decide("accept")) },
    { keys: "a", label: "Accept", group: "Decide", run: one(() => queue.decide("accept")) },
    { keys: "x Delete", label: "Reject", group: "Decide", run: one(() => queue.decide("reject")) },
    { keys: "l", label: "Type another label", group: "Decide", run: one(labels.focus) },
    { keys: "u Mod+Z", label: "Take the last decision back", group: "Decide", run: takeBack },
    { keys: "Space", label: "Play", group: "Look and listen", run: one(clip.hear) },
    { keys: "ArrowRight", label: "Next", group: "Look and listen", run: one(() => queue.move(1)) },
    { keys: "ArrowLeft", label: "Previous", group: "Look and listen", run: one(() => queue.move(-1)) },
    { keys: "+", label: "Less around it", group: "Look and listen", run: one(() => clip.widen(-1)) },
    { keys: "-", label: "More around it", group: "Look and listen", run: one(() => clip.widen(1)) },
    { keys: "g", label: "One by one, or many at once", group: "Look and listen", run: () => setGrid(!isGrid) },
    { keys: "p", label: "Play each by itself, or not", group: "Look and listen", run: () => { plays.click(); say(plays.checked ? "Each is played by itself." : "Nothing is played by itself."); } },
    { keys: "o", label: "Open in Annotate", group: "Look and listen", run: () => queue.current && goTo("annotate", addressIn(queue.current)) },
  ]);

  show();
  await load();
  return {
    async close() {
      unbind();
      unbindLabels();
      for (const part of [clip, grid, upcoming]) part.close();
      await queue.saver.settle();
    },
  };
}
