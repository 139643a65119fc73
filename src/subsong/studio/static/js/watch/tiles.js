// How far the run is, in a few numbers; and what it warns of.

import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { sayNumber, saySeconds } from "../shell/words.js";

/** @returns {{element: HTMLElement, show: (standing: any) => void}} */
export function makeTiles() {
  const element = h("dl.tiles", { "data-testid": "tiles" });
  return {
    element,
    show(standing) {
      const share = standing.num_epochs ? standing.num_done / standing.num_epochs : 0;
      replace(element,
        tile("Epoch", h("span", { "data-testid": "epochs" }, `${standing.num_done} / ${standing.num_epochs}`), h("div.progress", {}, h("div", { style: { width: `${100 * share}%` } }))),
        tile("Time left", standing.state === "running" ? saySeconds(standing.left_s) : "–"),
        tile("Best loss", sayNumber(standing.best_loss), standing.best_epoch && `epoch ${standing.best_epoch}`),
        tile("Examples / s", sayNumber(standing.examples_per_s)),
        tile("Waiting for data", standing.wait_share === null ? "–" : `${Math.round(100 * standing.wait_share)} %`),
        tile("Device", standing.device || "–"));
    },
  };
}

const tile = (title, value, below = null) => h("div.tile", {}, h("dt", {}, title), h("dd.number", {}, value), below && h("dd.small.muted", {}, below));

/** @returns {{element: HTMLElement, show: (standing: any) => void}} */
export function makeWarnings() {
  const element = h("div.stack", { "data-testid": "warnings" });
  return {
    element,
    show({ state, message, warnings }) {
      const ended = message && state !== "finished" ? [{ text: message, level: state === "failed" ? "ERROR" : "WARNING", num_times: 1 }] : [];
      const all = [...ended, ...warnings.filter((one) => one.text !== message)];
      element.hidden = !all.length;
      replace(element, all.map(drawWarning));
    },
  };
}

// What later epochs no longer warn of has mended itself: it is told, and no longer alarms.
function drawWarning({ text, level, num_times, last_epoch, is_past }) {
  const often = num_times > 1 && h("span.muted", {}, ` (${num_times} times)`);
  if (is_past) return h("p.small.muted", { "data-testid": "past-warning" }, `Until epoch ${last_epoch}: ${text}`, often);
  return h("div.banner.row", { class: level === "WARNING" ? "" : "failed", role: "alert" }, icon("warning"), h("p", {}, text, often));
}
