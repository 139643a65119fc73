// What is new in a run, as the server tells it while the run goes on.

import { get } from "../shell/api.js";

/**
 * @typedef {Object} Listener
 * @property {(records: any[]) => void} onRecords  all there are, in order
 * @property {(standing: any) => void} onStanding
 * @property {(figures: any[]) => void} onFigures
 * @property {(message: string) => void} onProblem
 */

/**
 * Follow a run until it ends, or `close` is called; a lost connection is taken up again.
 * @param {string} name
 * @param {Listener} listener
 * @returns {{close: () => void}}
 */
export function followRun(name, listener) {
  let records = [];
  const source = new EventSource(`/api/runs/${encodeURIComponent(name)}/stream`);
  const on = (event, use) => source.addEventListener(event, (message) => use(JSON.parse(message.data)));
  // The server begins at the start whenever a connection begins.
  source.addEventListener("open", () => { records = []; });
  on("metrics", (news) => {
    records = news.is_anew ? news.records : [...records, ...news.records];
    listener.onRecords(records);
  });
  on("standing", listener.onStanding);
  on("figures", (news) => listener.onFigures(news.figures));
  on("problem", (news) => listener.onProblem(news.message));
  on("end", () => source.close());
  return { close: () => source.close() };
}

/** The records of a run as they are now. @param {string} name @returns {Promise<any[]>} */
export const readRecords = async (name) => (await get(`/api/runs/${encodeURIComponent(name)}/metrics`)).records;
