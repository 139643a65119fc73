// The search line: words that must be found, and conditions such as  label = b  or  duration_s > 0.08.

import { fail } from "../shell/notes.js";
import { formatNumber } from "./data.js";
import { readable } from "./details.js";

const CONDITION = /("[^"]*"|[^\s=<>!]+)\s*(<=|>=|!=|=|<|>)\s*("[^"]*"|[^\s]+)/g;
const WAIT_MS = 120;
const quote = (text) => (/\s/.test(text) ? `"${text}"` : text);
const unquote = (text) => text.replace(/^"(.*)"$/, "$1");

const COMPARE = {
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

/** @param {Object} parts  what is looked at, see `openMap` @param {Object<string, HTMLElement>} elements */
export function connectSearch({ state, data }, { search, found }) {
  search.placeholder = `Search, or  ${writeExample(state)}`;
  let waiting = 0;
  const apply = async () => {
    try {
      if (search.value.trim()) await data.loadColumns();
      const { tests, isValid } = buildTests(data, search.value);
      const count = findItems(state, tests);
      search.setAttribute("aria-invalid", String(!isValid));
      const words = `${count.toLocaleString("en")} of ${data.numItems.toLocaleString("en")}`;
      found.textContent = isValid ? (tests.length ? words : "") : "no such column";
      state.changeMask();
    } catch (error) {
      fail(error);
    }
  };
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, WAIT_MS);
  });
  search.addEventListener("keydown", (event) => { if (event.key === "Escape" || event.key === "Enter") search.blur(); });
  return {
    clear() {
      search.value = "";
      return apply();
    },
  };
}

// A condition that this map could be asked, of the column that colours it.
function writeExample({ column }) {
  if (column?.kind === "category" && column.levels.length) return `${column.name} = ${quote(column.levels[0])}`;
  if (column?.kind === "number") return `${column.name} > ${formatNumber((column.range[0] + column.range[1]) / 2, 2)}`;
  return "label = a";
}

function findItems(state, tests) {
  let count = 0;
  for (let item = 0; item < state.found.length; item++) {
    state.found[item] = tests.every((test) => test(item)) ? 1 : 0;
    count += state.found[item];
  }
  return count;
}

/** @returns {{tests: ((item: number) => boolean)[], isValid: boolean}} */
export function buildTests(data, text) {
  const conditions = Array.from(text.matchAll(CONDITION), (match) => buildCondition(data, match));
  const words = text.replace(CONDITION, " ").match(/"[^"]*"|\S+/g) ?? [];
  const tests = [...conditions.filter(Boolean), ...words.map((word) => buildWordTest(data, unquote(word).toLowerCase()))];
  return { tests, isValid: !conditions.includes(null) };
}

// Returns a test of an item; null when the column is unknown or its values cannot be compared so.
function buildCondition(data, [, named, sign, value]) {
  const wanted = unquote(named).toLowerCase();
  const text = unquote(value);
  const column = [...data.columns.values()].find(({ name }) => [name, readable(name)].some((one) => one.toLowerCase() === wanted));
  if (!column) return null;
  const number = Number(text);
  if (column.kind === "number") return Number.isNaN(number) ? null : (item) => COMPARE[sign](column.values[item], number);
  const read = (item) => data.readText(column.name, item);
  if (sign === "=" || sign === "!=") return (item) => COMPARE[sign](read(item).toLowerCase(), text.toLowerCase());
  return Number.isNaN(number) ? null : (item) => COMPARE[sign](Number(read(item)), number);
}

function buildWordTest(data, wanted) {
  const tests = [...data.columns.values()].map((column) => {
    if (column.kind === "number") return () => false;
    if (column.kind === "text") return (item) => column.values[item].toLowerCase().includes(wanted);
    const fits = column.levels.map((level) => level.toLowerCase().includes(wanted));
    return (item) => fits[column.codes[item]] ?? false;
  });
  return (item) => tests.some((test) => test(item));
}
