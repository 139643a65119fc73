// The search line: words that must be found, and conditions such as  label = b  or  duration_s > 0.08.

const searchField = find("search");
const CONDITION = /("[^"]*"|[^\s=<>!]+)\s*(<=|>=|!=|=|<|>)\s*("[^"]*"|[^\s]+)/g;
const unquote = (text) => text.replace(/^"(.*)"$/, "$1");

const COMPARE = {
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

// Returns a test of an item; null when the column is unknown or its values cannot be compared so.
function buildCondition([, name, sign, value]) {
  const wanted = unquote(name).toLowerCase();
  const text = unquote(value);
  const column = columns.find((other) => other.name.toLowerCase() === wanted);
  if (!column && wanted !== data.id_name.toLowerCase()) return null;
  if (column?.kind === "number") {
    const number = Number(text);
    return Number.isNaN(number) ? null : (item) => COMPARE[sign](column.values[item], number);
  }
  const read = column ? (item) => readText(column, item) : (item) => data.ids[item];
  if (sign === "=" || sign === "!=") {
    return (item) => COMPARE[sign](read(item).toLowerCase(), text.toLowerCase());
  }
  const number = Number(text);
  return Number.isNaN(number) ? null : (item) => COMPARE[sign](Number(read(item)), number);
}

function buildWordTest(word) {
  const wanted = word.toLowerCase();
  const texts = columns.filter((column) => column.kind !== "number");
  return (item) =>
    data.ids[item].toLowerCase().includes(wanted) ||
    texts.some((column) => readText(column, item).toLowerCase().includes(wanted));
}

function search(text) {
  const conditions = Array.from(text.matchAll(CONDITION), buildCondition);
  const words = text.replace(CONDITION, " ").match(/"[^"]*"|\S+/g) ?? [];
  const isValid = !conditions.includes(null);
  const tests = [...conditions.filter(Boolean), ...words.map((word) => buildWordTest(unquote(word)))];
  let count = 0;
  for (let item = 0; item < numItems; item++) {
    found[item] = tests.every((test) => test(item)) ? 1 : 0;
    count += found[item];
  }
  searchField.setAttribute("aria-invalid", String(!isValid));
  const words_ = `${count.toLocaleString("en")} of ${numItems.toLocaleString("en")}`;
  find("found").textContent = isValid ? (tests.length ? words_ : "") : "no such column";
  updateShown();
}
