// The predictions there were: of which model, how many recordings, and where what was found can be proofread.

import { get } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { countNoun, sayTime } from "../shell/words.js";

/** @returns {{element: HTMLElement, refresh: () => Promise<void>, running: () => any[]}} */
export function makePredictionList() {
  let predictions = [];
  const body = h("div.stack");
  const element = h("section.stack", { hidden: true }, h("h2", {}, "Predictions"), body);
  return {
    element,
    running: () => predictions.filter((one) => one.job?.state === "running"),
    async refresh() {
      ({ predictions } = await get("/api/predict"));
      element.hidden = !predictions.length;
      replace(body, predictions.map(drawPrediction));
    },
  };
}

function drawPrediction(prediction) {
  const state = prediction.job?.state ?? "finished";
  const num = prediction.num_taken;
  return h("article.card.row.spread", { "data-testid": "prediction" },
    h("div", {}, h("h3", {}, prediction.model.split("/").pop()),
      h("p.small.muted", {}, countNoun(prediction.recordings, "recording"), ` · ${sayTime(prediction.started_at)}`)),
    h("div.row", {}, h("span.state", { "data-state": state }, state === "running" || num === null ? state : `${state}: ${countNoun(prediction.num_found, "proposal")} in ${countNoun(num, "recording")}`),
      prediction.num_found > 0 && h("a.button.primary", { href: "#/proofread", "data-testid": "to-proofread" }, "Proofread")));
}
