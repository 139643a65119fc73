// Asking for a tile. One from far away may be provisional: made of samples here and there, until the server has looked
// through the recording; it then says how far it is, and when to ask again.

import { getAnswer } from "../shell/api.js";

const MOST_WAIT_S = 30;

/** @typedef {{again_s: number | null, share: number}} Standing `again_s`: null where the tile is final; `share`: how much was looked through */

/** @param {string} path @returns {Promise<{answer: Response, standing: Standing}>} */
export async function askTile(path, query, signal) {
  const answer = await getAnswer(path, query, signal);
  const again_s = Number(answer.headers.get("Retry-After")) || null;
  const share = Number(answer.headers.get("X-Subsong-Looked-Through") ?? 1);
  return { answer, standing: { again_s: again_s && Math.min(again_s, MOST_WAIT_S), share } };
}
