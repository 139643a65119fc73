// Pictures of proposals: a stretch of the recording, and where in it the proposal lies.

import { get, url } from "../shell/api.js";
import { getTheme } from "../shell/theme.js";

const infos = new Map();

/** What a recording says of itself, asked for once. @returns {Promise<Object>} */
export function readInfo(recording) {
  if (!infos.has(recording)) {
    const answer = get("/api/sound/info", { recording });
    answer.catch(() => infos.delete(recording)); // it may be back the next time
    infos.set(recording, answer);
  }
  return infos.get(recording);
}

/** The picture's address. @param {import("./queue.js").Item} item */
export function pictureOf({ recording, annotation }, marginS, width, height) {
  const { channel, onset_s, offset_s } = annotation;
  const colours = getTheme() === "dark" ? "magma" : "gray_r";
  return url("/api/sound/clip", { recording, channel: channel ?? 0, onset_s, offset_s, margin_s: marginS, width, height, colours });
}

/** What a picture shows, seconds; it ends where the recording does. */
export function stretchOf({ annotation }, marginS, durationS = Infinity) {
  return { startS: Math.max(0, annotation.onset_s - marginS), stopS: Math.min(durationS, annotation.offset_s + marginS) };
}

/** Context that shows a few neighbours: more around longer sounds. */
export const chooseMargin = ({ annotation }) => Math.min(2, Math.max(0.25, 1.5 * (annotation.offset_s - annotation.onset_s)));
