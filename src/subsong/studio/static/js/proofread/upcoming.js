// A small list of what comes next.

import { h, replace } from "../shell/dom.js";
import { onTheme } from "../shell/theme.js";
import { chooseMargin, pictureOf } from "./pictures.js";

const NUM_SHOWN = 12;
const SIZE = { width: 132, height: 60 };

/** @param {(item: import("./queue.js").Item) => void} choose */
export function createUpcoming(choose) {
  const list = h("ol", {});
  const element = h("aside.upcoming", { "aria-label": "What comes next" }, h("h2", {}, "Next"), list);

  let shown = null;
  const endTheme = onTheme(() => shown && show(shown));

  function show(queue) {
    shown = queue;
    const next = queue.listNext().filter((item) => item !== queue.current).slice(0, NUM_SHOWN);
    element.hidden = next.length === 0;
    replace(list, next.map((item) => h("li", {}, drawItem(item))));
  }

  const drawItem = (item) =>
    h("button", { onclick: () => choose(item), "data-testid": "next-item", title: `${item.recording}, ${item.annotation.onset_s.toFixed(2)} s` },
      h("img.spectrogram", { src: pictureOf(item, chooseMargin(item) / 4, SIZE.width, SIZE.height), alt: "", loading: "lazy", ...SIZE }),
      h("span", {}, h("strong", {}, item.annotation.label || "no label"), h("span.muted.small.number", {}, describeScore(item.annotation))));

  return { element, show, close: endTheme };
}

/** A proposal's score in words. */
export const describeScore = ({ score }) => (score === null ? "no score" : `score ${score.toFixed(2)}`);
