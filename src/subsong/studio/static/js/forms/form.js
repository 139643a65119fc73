// A form made from a schema: the usual settings first, all under a switch, a search over names and help texts.

import { get } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { bindKeys } from "../shell/keys.js";
import { countNoun } from "../shell/words.js";
import { makeNodes } from "./nodes.js";
import { clearErrors, collectAll, findField, splitPath } from "./trees.js";

const SHOW_ALL = "subsong-all-settings";

/**
 * A form whose tree is fetched.
 * @param {() => void} onChange  called when something was typed, and when another tree has come
 */
export function makeForm(onChange) {
  let fields = [];
  let turn = 0;
  const search = h("input", { type: "search", placeholder: "Search names and help", "aria-label": "Search settings", "data-testid": "search-settings" });
  const all = h("input", { type: "checkbox", checked: localStorage.getItem(SHOW_ALL) === "yes", "data-testid": "all-settings" });
  const count = h("span.muted.small", { "data-testid": "num-changed" });
  const whole = h("div.wrongs", { role: "alert", "data-testid": "form-errors", hidden: true });
  const mend = h("button.quiet.bad", { type: "button", hidden: true, "data-testid": "mend", onclick: () => showFirst(element) });
  const body = h("div.settings.top", { "data-testid": "settings" });
  const element = h("section.form", { onkeydown: keepFromStarting },
    h("div.row.form-head", {}, h("h2", {}, "Settings"), search, h("label.switch", {}, all, "All settings"), count),
    whole, body);

  const filter = () => {
    localStorage.setItem(SHOW_ALL, all.checked ? "yes" : "no");
    element.classList.toggle("show-all", all.checked);
    markMatches(body, search.value.trim().toLowerCase());
  };
  search.addEventListener("input", filter);
  all.addEventListener("input", filter);

  const changed = () => {
    const number = Object.keys(collectAll(fields)).length;
    replace(count, number ? `${number} changed` : "");
    onChange();
  };

  const unbind = bindKeys("form", [
    { keys: "/", label: "Search the settings", group: "Settings", run: () => search.focus() },
    { keys: "Mod+Enter", label: "Start", group: "Settings", typing: true, run: () => element.closest("form")?.requestSubmit() },
  ]);

  return {
    element,
    /** A button that leads to what is wrong; hidden while nothing is. */
    mend,
    close: unbind,
    /** Show another form; returns names of values it could begin with. @param {string} what @param {string | null} start @param {string[]} hidden paths with a place of their own */
    async load(what, start = null, hidden = []) {
      const mine = ++turn;
      body.setAttribute("aria-busy", "true");
      if (!fields.length) replace(body, h("p.muted", {}, "Reading the settings … the first time takes a few seconds."));
      const { tree, starts } = await get("/api/schema", { what, start });
      if (mine !== turn) return [];
      fields = makeNodes(tree.filter((node) => !hidden.includes(node.path)), changed);
      replace(body, fields.map((field) => field.element));
      body.setAttribute("aria-busy", "false");
      filter();
      changed();
      return starts;
    },
    /** What was changed: key -> text. @returns {Object<string, string>} */
    values: () => collectAll(fields),
    /** Show what is wrong at the fields; returns what has no field. @param {{path: string | null, message: string}[]} errors */
    showErrors(errors) {
      clearErrors(fields);
      const homeless = errors.filter(({ path, message }) => {
        const field = path && findField(fields, path);
        if (field) field.setError(sayInRow(field, path, message));
        return !field;
      });
      mend.hidden = !errors.length;
      replace(mend, countNoun(errors.length, "setting"), " to mend");
      whole.hidden = !homeless.length;
      replace(whole, homeless.map(({ message }) => h("p.wrong", {}, message)));
    },
  };
}

/** In a row it is plain which row is meant: its setting is named alone. */
function sayInRow(field, path, message) {
  return splitPath(field.path).includes("*") ? message.replace(path, splitPath(path).at(-1)) : message;
}

/** Enter in a field starts nothing: Ctrl-Enter does. */
function keepFromStarting(event) {
  if (event.key === "Enter" && event.target.tagName === "INPUT" && !event.ctrlKey && !event.metaKey) event.preventDefault();
}

function showFirst(element) {
  const wrong = [...element.querySelectorAll(".wrong:not([hidden])")].find((one) => one.textContent);
  wrong?.parentElement.scrollIntoView({ block: "center" });
  wrong?.parentElement.querySelector("input, select")?.focus();
}

/** Show what a search finds, wherever it lies, and hide what it does not; no search shows all. */
function markMatches(body, words) {
  body.classList.toggle("searching", Boolean(words));
  for (const element of body.querySelectorAll("[data-words]")) {
    const isFound = !words || words.split(/\s+/).every((word) => element.dataset.words.includes(word));
    element.classList.toggle("found", Boolean(words) && isFound);
  }
  for (const group of body.querySelectorAll("fieldset.group")) group.classList.toggle("holds", Boolean(group.querySelector(".found")));
}
