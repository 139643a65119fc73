// Asking the server what is wrong with a form while one types; only the answer to what stands there now counts.

import { post } from "../shell/api.js";
import { fail } from "../shell/notes.js";

const WAIT_MS = 300;

/**
 * @param {string} path  of the route
 * @param {() => any} read  what stands in the form
 * @param {(answer: any) => void} show
 * @returns {{ask: () => void, now: () => Promise<any>, stop: () => void}}
 */
export function makeChecker(path, read, show) {
  let timer = 0;
  let turn = 0;
  const now = async () => {
    clearTimeout(timer);
    const mine = ++turn;
    const answer = await post(path, read());
    if (mine === turn) show(answer);
    return answer;
  };
  return {
    ask() {
      clearTimeout(timer);
      timer = setTimeout(() => now().catch(fail), WAIT_MS);
    },
    now,
    stop() {
      clearTimeout(timer);
      turn++;
    },
  };
}
