// Many proposals of one label at once: the wrong ones are marked, the others accepted together.

import { labelColour } from "../shell/colours.js";
import { h, replace } from "../shell/dom.js";
import { onTheme } from "../shell/theme.js";
import { pictureOf } from "./pictures.js";
import { describeScore } from "./upcoming.js";

const NUM_SHOWN = 48;
const SIZE = { width: 168, height: 96 };
const MARGIN_S = 0.03;

/** @param {import("./queue.js").Queue} queue */
export function createGrid(queue) {
  const cells = h("div.cells", { "data-testid": "grid" });
  const accept = h("button.primary", { onclick: decide, "data-testid": "accept-view" });
  const element = h("div.grid", {},
    h("div.row.spread", {}, h("p.muted", {}, "Click what is wrong; the others are accepted together."), accept), cells);
  let shown = [];
  const wrong = new Set();
  const endTheme = onTheme(() => queue.current && draw());

  function show() {
    const [first, ...rest] = queue.listNext();
    shown = first ? [first, ...rest.filter((item) => item.annotation.label === first.annotation.label)].slice(0, NUM_SHOWN) : [];
    wrong.clear();
    draw();
  }

  function draw() {
    replace(cells, shown.map(drawCell));
    drawButton();
  }

  function drawCell(item) {
    const { label, onset_s } = item.annotation;
    const cell = h("button.cell", {
      "aria-pressed": "false", "data-testid": "cell", title: `${item.recording}, ${onset_s.toFixed(2)} s`,
      "aria-label": `${label} at ${onset_s.toFixed(2)} s of ${item.recording}`, style: { "--colour": labelColour(label) },
    }, h("img.spectrogram", { src: pictureOf(item, MARGIN_S, SIZE.width, SIZE.height), alt: "", loading: "lazy", ...SIZE }),
      h("span.small.muted.number", {}, describeScore(item.annotation)));
    cell.onclick = () => {
      if (!wrong.delete(item)) wrong.add(item);
      cell.setAttribute("aria-pressed", String(wrong.has(item)));
      drawButton();
    };
    return cell;
  }

  function drawButton() {
    const numRight = shown.length - wrong.size;
    const rejected = wrong.size ? `, reject ${wrong.size}` : "";
    replace(accept, `Accept ${numRight} ${shown[0]?.annotation.label ?? ""}${rejected}`, h("kbd", {}, "Enter"));
    accept.disabled = shown.length === 0;
  }

  function decide() {
    if (!shown.length) return;
    queue.decideAll(shown.filter((item) => !wrong.has(item)), shown.filter((item) => wrong.has(item)));
    element.closest("#place")?.focus();
  }

  return { element, show, decide, close: endTheme };
}
