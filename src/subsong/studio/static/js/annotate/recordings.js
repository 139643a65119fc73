// The other recordings of the project: the one before, the one after, and any by its name.

import { get } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { fail, say } from "../shell/notes.js";
import { goTo } from "../shell/router.js";
import { afterQuiet } from "../shell/frames.js";

const MOST_FOUND = 50;
const MOST_LISTED = 20_000;
const TYPING_MS = 120;

/** Names of recordings in order; all, or those that a text is found in. */
async function listNames(search, limit) {
  const { recordings } = await get("/api/recordings", { search, limit, sort: "name" });
  return recordings;
}

/** The recording to open when the address names none. */
export async function findFirst() {
  const [first] = await listNames("", 1);
  return first?.name ?? null;
}

/** @typedef {ReturnType<typeof createRecordings>} Recordings */

/** @param {string} current @param {HTMLElement} place where the search is shown */
export function createRecordings(current, place) {
  let names = null;

  async function step(by) {
    try {
      names ??= (await listNames("", MOST_LISTED)).map((one) => one.name);
      const next = names[names.indexOf(current) + by];
      if (next === undefined) say(by > 0 ? "This is the last recording." : "This is the first recording.");
      else goTo("annotate", { recording: next });
    } catch (error) {
      fail(error);
    }
  }
  return { step, search: () => openSearch(current, place) };
}

function openSearch(current, place) {
  const list = h("div.found", { role: "listbox", "aria-label": "Recordings" });
  const input = h("input", { type: "search", placeholder: "Search recordings", "aria-label": "Search recordings", "data-testid": "search-recordings", autocomplete: "off" });
  const dialog = h("dialog.search", { "aria-label": "Search recordings", "data-testid": "search-dialog" }, input, list);
  const close = () => dialog.close();
  const find = async () => {
    try {
      const found = await listNames(input.value.trim(), MOST_FOUND);
      replace(list, found.map((one) => drawFound(one, current, close)), found.length === 0 && h("p.muted", {}, "No recording has this in its name."));
    } catch (error) {
      fail(error);
    }
  };
  input.addEventListener("input", afterQuiet(TYPING_MS, find));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") list.querySelector("a")?.click();
    if (event.key === "ArrowDown") list.querySelector("a")?.focus();
  });
  list.addEventListener("keydown", (event) => {
    const next = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (!next) return;
    event.preventDefault();
    (document.activeElement[next] ?? input).focus();
  });
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
  place.firstElementChild.append(dialog);
  dialog.showModal();
  find();
}

function drawFound(one, current, close) {
  const facts = [one.bird, one.num_proposed > 0 ? `${one.num_proposed} proposed` : one.state].filter(Boolean).join(" · ");
  return h("a.found-recording", {
    role: "option", href: `#/annotate?recording=${encodeURIComponent(one.name)}`, "aria-selected": String(one.name === current), onclick: close,
  }, h("span.name", {}, one.name), h("span.muted.small", {}, facts));
}
