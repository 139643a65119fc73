// What a page needs is asked for as soon as the address is known: all its modules at once, none waiting for what imports
// it. A page whose first picture waits for more has an `ahead.js` whose `begin(parameters)` asks for that.

import { readAddress } from "./address.js";

const ROOT = new URL("../../", import.meta.url);
/** @type {Object<string, string[]>} the modules of each page that the start has not, as the server found them */
const MODULES = JSON.parse(document.getElementById("modules").textContent);
const asked = new Set();
let beginning = Promise.resolve();

/**
 * Ask for the modules of a page; none runs yet.
 * @param {string} page
 * @param {"high" | "low"} [fetchPriority]  low: for later
 */
export function askForModules(page, fetchPriority = "high") {
  for (const path of MODULES[page] ?? []) {
    if (asked.has(path)) continue;
    asked.add(path);
    const link = document.createElement("link");
    document.head.append(Object.assign(link, { rel: "modulepreload", fetchPriority, href: new URL(path, ROOT).href }));
  }
}

/** Ask for all that the page of the address needs. */
export function askAhead() {
  const { page, parameters } = readAddress();
  const first = `js/${page}/ahead.js`;
  // What fails here fails again, and is told, where it is needed.
  if (MODULES[page]?.includes(first)) beginning = import(new URL(first, ROOT).href).then((ahead) => ahead.begin(parameters)).catch(() => null);
  askForModules(page);
}

/** Once what the page of the address needs was asked for. */
export const whenBegun = () => beginning;

// Now, and not once the other modules of the start are there.
askAhead();
addEventListener("hashchange", askAhead);
