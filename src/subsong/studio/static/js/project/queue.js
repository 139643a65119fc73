// Go on: the stretches that are worth correcting most, each a picture that opens the place.

import { countNoun } from "../shell/words.js";
import { post, url } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { fail } from "../shell/notes.js";
import { addressOf } from "../shell/router.js";
import { getTheme, onTheme } from "../shell/theme.js";

const SIZE = { width: 480, height: 150 };

export function createQueue() {
  const cards = h("div.queue", { "data-testid": "queue" });
  const more = h("a.small", { href: addressOf("proofread") }, "Proofread one by one");
  const element = h("section.stack", { "aria-labelledby": "queue-title" },
    h("div.row.spread", {}, h("h2", { id: "queue-title" }, "Go on"), more), cards);
  const endTheme = onTheme(() => {
    for (const image of cards.querySelectorAll("img")) image.src = clipOf(JSON.parse(image.dataset.item));
  });

  function show(items, project) {
    more.hidden = items.length === 0;
    replace(cards, items.length ? items.map(drawCard) : drawEmpty(project));
  }

  return { element, show, close: endTheme };
}

function clipOf({ recording, channel, start_s, stop_s }) {
  const colours = getTheme() === "dark" ? "magma" : "gray_r";
  return url("/api/sound/clip", { recording, channel: channel ?? 0, onset_s: start_s, offset_s: stop_s, margin_s: 0, ...SIZE, colours });
}

function drawCard(item) {
  const place = { recording: item.recording, at: item.start_s.toFixed(3), channel: item.channel };
  const file = item.recording.split("/").at(-1);
  const { recording, start_s, stop_s } = item;
  const noteSeen = item.is_sent ? () => post("/api/queue/seen", { recording, start_s, stop_s }).catch(fail) : null;
  return h("a.card.stretch", { href: addressOf("annotate", place), onclick: noteSeen, "data-testid": "queue-item", title: `${item.recording}, ${item.start_s.toFixed(2)} to ${item.stop_s.toFixed(2)} s` },
    h("img.spectrogram", { src: clipOf(item), alt: `Spectrogram of ${file}`, loading: "lazy", ...SIZE, "data-item": JSON.stringify(item) }),
    h("span.reason", {}, item.reason),
    h("span.where.muted.small", {}, h("span.name", {}, file), h("span.number", {}, `${item.start_s.toFixed(1)}–${item.stop_s.toFixed(1)} s`)));
}

/** What to do when nothing is proposed: how the first round goes, or that all is done. */
function drawEmpty(project) {
  const sum = (key) => project.birds.reduce((total, bird) => total + bird[key], 0);
  const open = project.num_recordings - sum("num_done");
  if (open <= 0)
    return drawCardOfWords("Every recording is done", "Run the pipeline to bring the map and the report up to date, then listen through the map.", icon("check"));
  if (sum("num_annotations") === 0)
    return h("ol.card.steps", { "data-testid": "first-steps" },
      drawStep("Annotate a few recordings", "Open one below, mark each sound and name it, and say that the recording is done. Ten to fifty sounds of each kind are a good start. Other programs' annotations are taken in there too."),
      drawStep("Run the pipeline", "It learns from them, proposes the sounds of all other recordings, and draws the map. Without any annotations it finds sounds by their loudness."),
      drawStep("Correct what it was least sure of", "Those stretches stand here then, the most worth first. Run it again, and it knows better."));
  return drawCardOfWords(`${countNoun(open, "recording")} to go`, "Run the pipeline: it learns from what is annotated and proposes the rest. The stretches it is least sure of stand here then.", icon("predict"));
}

const drawStep = (title, text) => h("li", {}, h("h3", {}, title), h("p.muted", {}, text));
const drawCardOfWords = (title, text, sign) => h("div.card.words", { "data-testid": "queue-empty" }, sign, h("div", {}, h("h3", {}, title), h("p.muted", {}, text)));
