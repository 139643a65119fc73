// Which page is open, as the address says.

import { addressOf, readAddress } from "./address.js";
import { whenBegun } from "./ahead.js";
import { h, replace } from "./dom.js";
import { fail } from "./notes.js";
import { stop } from "./player.js";

export { addressOf, readAddress };

let opened = null;
let turn = 0;
const listeners = new Set();

/** Go to a page. */
export function goTo(page, parameters = {}) {
  location.hash = addressOf(page, parameters);
}

/** Write what is looked at into the address without opening the page anew. */
export function noteAddress(page, parameters = {}) {
  history.replaceState(null, "", addressOf(page, parameters));
}

/** Call `listener(page)` whenever another page is opened. */
export const onPage = (listener) => listeners.add(listener);

/**
 * Open the page the address names, now and whenever it changes.
 * @param {HTMLElement} place
 * @param {string[]} pages
 */
export function startRouter(place, pages) {
  const openPage = async () => {
    const mine = ++turn;
    const { page, parameters } = readAddress();
    stop();
    await opened?.close?.();
    opened = null;
    if (mine !== turn) return;
    const name = pages.includes(page) ? page : "project";
    for (const listener of listeners) listener(name);
    place.scrollTop = 0;
    const room = replace(place, h("div", { style: { height: "100%" }, "data-testid": `page-${name}` })).firstElementChild;
    try {
      const [view] = await Promise.all([import(`../${name}/view.js`), whenBegun()]);
      if (mine !== turn) return;
      const result = await view.open(room, parameters);
      if (mine === turn) opened = result;
      else await result?.close?.();
    } catch (error) {
      if (mine !== turn) return;
      replace(room, h("div.empty", {}, h("h2", {}, "This page could not be opened"), h("p", {}, error.message)));
      fail(error);
    }
  };
  addEventListener("hashchange", openPage);
  return openPage();
}
