// Which proposals are looked at: of one bird, of one label, below a score.

import { listLabels } from "../shell/colours.js";
import { h, replace } from "../shell/dom.js";

const SCORES = [["", "any score"], ["0.9", "score up to 0.9"], ["0.7", "score up to 0.7"], ["0.5", "score up to 0.5"], ["0.3", "score up to 0.3"]];

/**
 * @param {string[]} birds
 * @param {Object<string, string>} parameters  of the address: bird, label, max_score, recording
 * @param {(filters: Object) => void} onChange
 */
export function createFilters(birds, parameters, onChange) {
  const choose = (name, entries) =>
    h("select", { "aria-label": name, "data-testid": `filter-${name}`, onchange: () => onChange(read()) },
      entries.map(([value, text]) => h("option", { value }, text)));
  const bird = choose("bird", [["", "all birds"], ...birds.map((name) => [name, name])]);
  const label = choose("label", []);
  const score = choose("score", SCORES);
  const recording = parameters.recording ?? "";
  const only = h("button.chip", { hidden: !recording, title: "Show all recordings again", onclick: leaveRecording }, recording, " ×");
  let isOneRecording = Boolean(recording);

  function leaveRecording() {
    isOneRecording = false;
    only.hidden = true;
    onChange(read());
  }

  const read = () => ({ bird: bird.value, label: label.value, max_score: score.value, recording: isOneRecording ? recording : "" });

  /** Offer the labels that are known now, also one that is chosen and gone. */
  function offerLabels(chosen = label.value) {
    const known = [...new Set([...listLabels(), chosen])].filter(Boolean);
    replace(label, [["", "all labels"], ...known.map((name) => [name, name])].map(([value, text]) => h("option", { value }, text)));
    label.value = chosen;
  }

  bird.value = birds.includes(parameters.bird) ? parameters.bird : "";
  score.value = SCORES.some(([value]) => value === parameters.max_score) ? parameters.max_score : "";
  offerLabels(parameters.label ?? "");
  return {
    element: h("div.row", {}, bird, label, score, only),
    read,
    setLabel: (name) => { offerLabels(name); onChange(read()); },
  };
}
