// The proposal that is looked at, large: its spectrogram with what is around it, and its sound.

import { ULTRASOUND_RATE_HZ } from "../annotate/playback.js";
import { get, url } from "../shell/api.js";
import { labelColour } from "../shell/colours.js";
import { h, replace } from "../shell/dom.js";
import { fail } from "../shell/notes.js";
import { isPlaying, play, stop } from "../shell/player.js";
import { onTheme } from "../shell/theme.js";
import { chooseMargin, pictureOf, readInfo, stretchOf } from "./pictures.js";

const SIZE = { width: 1280, height: 384 };
const ZOOM = 1.6;
const NUM_TICKS = 6;

export function createClip() {
  const image = h("img.spectrogram", { alt: "", draggable: "false" });
  const mark = h("div.mark", { "data-testid": "mark" });
  const cursor = h("div.cursor", { hidden: true });
  const picture = h("div.picture", { "data-testid": "clip" }, image, mark, cursor);
  const neighbours = h("div.neighbours", { "aria-label": "Annotations around it" });
  const ticks = h("div.ticks.muted.small.number", { "aria-hidden": "true" });
  const element = h("figure.clip", {}, picture, neighbours, ticks);
  let shown = null;
  let zoom = 1;
  const endTheme = onTheme(() => shown && draw());

  /** Show a proposal. @param {import("./queue.js").Item} item @param {boolean} [isPlayed] */
  async function show(item, isPlayed = false) {
    if (shown?.item !== item) stop();
    const own = (shown = { item, info: null });
    try {
      own.info = await readInfo(item.recording);
      if (shown !== own) return;
      await draw();
      // A page may not make a sound before it was touched: then nothing is heard, and nothing is wrong.
      if (isPlayed && shown === own) sound().catch(() => {});
    } catch (error) {
      if (shown === own) fail(error);
    }
  }

  const marginOf = (item) => Math.min(30, chooseMargin(item) * zoom);

  async function draw() {
    const { item, info } = shown;
    const { startS, stopS } = stretchOf(item, marginOf(item), info.duration_s);
    const percent = (timeS) => `${(100 * (timeS - startS)) / (stopS - startS)}%`;
    const { onset_s, offset_s, label, low_hz, high_hz } = item.annotation;
    const topHz = info.sample_rate_hz / 2;
    image.src = pictureOf(item, marginOf(item), SIZE.width, SIZE.height);
    image.alt = `Spectrogram of ${label || "a proposal"} at ${onset_s.toFixed(2)} s of ${item.recording}`;
    Object.assign(mark.style, {
      left: percent(onset_s), width: `calc(${percent(startS + offset_s - onset_s)} + 1px)`,
      top: high_hz === null ? "0" : `${100 * (1 - Math.min(high_hz, topHz) / topHz)}%`,
      bottom: low_hz === null ? "0" : `${(100 * Math.min(low_hz, topHz)) / topHz}%`,
    });
    mark.style.setProperty("--colour", labelColour(label));
    const step = (stopS - startS) / NUM_TICKS;
    replace(ticks, Array.from({ length: NUM_TICKS + 1 }, (_, number) => h("span", {}, `${(startS + number * step).toFixed(2)} s`)));
    await drawNeighbours(item, startS, stopS, percent);
  }

  // What is annotated around it: the order of sounds often says what one is.
  async function drawNeighbours(item, startS, stopS, percent) {
    const { annotations } = await get("/api/annotations", { recording: item.recording, start_s: startS, stop_s: stopS });
    if (shown?.item !== item) return;
    const around = annotations.filter((one) => one.id !== item.annotation.id && (one.channel ?? 0) === (item.annotation.channel ?? 0));
    replace(neighbours, around.map((one) => {
      const left = Math.max(startS, one.onset_s);
      return h("span.neighbour", {
        class: one.state, title: `${one.label} (${one.state})`,
        style: { left: percent(left), width: percent(startS + Math.min(stopS, one.offset_s) - left), "--colour": labelColour(one.label) },
      }, one.label);
    }));
  }

  function sound() {
    const { item, info } = shown;
    const { channel, onset_s, offset_s } = item.annotation;
    const { startS, stopS } = stretchOf(item, marginOf(item), info.duration_s);
    const isShort = offset_s - onset_s < 0.02;
    const [from, to] = isShort ? [startS, stopS] : [Math.max(startS, onset_s - 0.05), Math.min(stopS, offset_s + 0.05)];
    const speed = info.sample_rate_hz > ULTRASOUND_RATE_HZ ? 0.1 : 1;
    const address = url("/api/sound/audio", { recording: item.recording, channel: channel ?? 0, start_s: from, stop_s: to, speed });
    const follow = (timeS) => { cursor.hidden = false; cursor.style.left = `${(100 * (Math.min(timeS, to) - startS)) / (stopS - startS)}%`; };
    return play({ url: address, startS: from, speed, onTime: follow, onEnd: () => { cursor.hidden = true; } });
  }

  return {
    element,
    show,
    hear: () => { if (isPlaying()) stop(); else if (shown?.info) sound().catch(fail); },
    widen: (steps) => { zoom = Math.min(16, Math.max(0.3, zoom * ZOOM ** steps)); if (shown?.info) draw().catch(fail); },
    close: () => { shown = null; stop(); endTheme(); },
  };
}
