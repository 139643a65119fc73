// The birds: how far each has come; pressing one shows its recordings alone.

import { countNoun, saySeconds } from "../shell/words.js";
import { h, replace } from "../shell/dom.js";

// Of more birds the table's filter is the better way.
const MOST_SHOWN = 24;

/** @param {(bird: string) => void} onChoose */
export function createBirds(onChoose) {
  const cards = h("div.birds", { "data-testid": "birds" });
  const element = h("section.stack", { "aria-labelledby": "birds-title" }, h("h2", { id: "birds-title" }, "Birds"), cards);

  function show({ birds }) {
    element.hidden = birds.length < 2;
    replace(cards, birds.slice(0, MOST_SHOWN).map((bird) => drawBird(bird, onChoose)),
      birds.length > MOST_SHOWN && h("p.muted", {}, `and ${countNoun(birds.length - MOST_SHOWN, "bird")} more, in the list below`));
  }

  return { element, show };
}

function drawBird(bird, onChoose) {
  const share = bird.num_recordings ? bird.num_done / bird.num_recordings : 0;
  const counts = [countNoun(bird.num_annotations, "annotation"), bird.num_proposed && countNoun(bird.num_proposed, "proposal"), saySeconds(bird.duration_s)];
  return h("button.card.bird", { onclick: () => onChoose(bird.name), "data-testid": "bird", title: `Show the recordings of ${bird.name}` },
    h("span.row.spread", {}, h("strong", {}, bird.name || "–"), h("span.muted.small.number", {}, `${bird.num_done} of ${bird.num_recordings} done`)),
    h("div.progress", { role: "progressbar", "aria-label": `Done of ${bird.name}`, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(100 * share) },
      h("div", { style: { width: `${100 * share}%` } })),
    // A number and what it counts stay on one line.
    h("span.muted.small", {}, counts.filter(Boolean).map((one) => one.replaceAll(" ", "\u00a0")).join(" · ")));
}
