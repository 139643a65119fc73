// The data of a map's first picture, asked for before the page's other modules are there.

import { getBytes, url } from "../shell/api.js";

const PATH = "/api/map-opening";
let begun = null;

/** @param {{name?: string, colour?: string}} parameters  of the address */
export function begin(parameters) {
  const query = pick(parameters);
  begun = { address: url(PATH, query), opening: getBytes(PATH, query) };
  begun.opening.catch(() => null); // told where it is taken
}

/** What was asked for with this address, once; else it is asked for now. @returns {Promise<ArrayBuffer>} */
export function takeOpening(parameters) {
  if (begun?.address !== url(PATH, pick(parameters))) begin(parameters);
  const { opening } = begun;
  begun = null;
  return opening;
}

const pick = ({ name, colour }) => ({ name, colour });
