// What the colours mean; groups are hidden and shown from here.

const colourSelect = find("colour-by");
const legend = find("legend");

function addElement(parent, tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return parent.appendChild(element);
}

function colourBy(name) {
  state.column = columns.find((column) => column.name === name && column.kind !== "text") ?? null;
  colourSelect.value = state.column ? name : "";
  hiddenLevels.clear();
  emphasised = -1;
  updateColours();
  updateShown();
  drawLegend();
}

function drawLegend() {
  const top = legend.scrollTop;
  legend.replaceChildren();
  if (state.column?.kind === "category") drawGroups(state.column);
  else if (state.column) drawScale();
  legend.scrollTop = top;
}

function drawGroups(column) {
  const { counts } = column.groups;
  const order = Array.from(counts.keys());
  if (counts.length > swatches.length - 1) order.sort((a, b) => counts[b] - counts[a] || a - b);
  for (const level of order) addGroup(column, level, column.levels[level], counts[level]);
  const missing = column.codes.reduce((sum, code) => sum + (code < 0 ? 1 : 0), 0);
  if (missing) addGroup(column, -1, "no value", missing);
}

function addGroup(column, level, name, count) {
  const button = addElement(legend, "button");
  const last = swatches.length - 1;
  const colour = level < 0 ? swatches[last] : swatches[Math.min(column.groups.ranks[level], last)];
  addElement(button, "span", "swatch").style.background = toCss(colour);
  addElement(button, "span", "level", name);
  addElement(button, "span", "count", count.toLocaleString("en"));
  button.title = name;
  button.setAttribute("aria-pressed", String(!hiddenLevels.has(level)));
  button.addEventListener("click", (event) => (event.detail === 2 ? showAlone(column, level) : toggleLevel(level)));
  button.addEventListener("pointerenter", () => emphasise(level));
  button.addEventListener("pointerleave", () => emphasise(-1));
}

function emphasise(level) {
  emphasised = hiddenLevels.has(level) ? -1 : level;
  requestDraw();
}

function toggleLevel(level) {
  if (!hiddenLevels.delete(level)) hiddenLevels.add(level);
  emphasised = -1;
  updateShown();
  drawLegend();
}

// A double click first toggles; alone already means that everything comes back.
function showAlone(column, level) {
  const others = [-1, ...column.levels.keys()].filter((other) => other !== level);
  const alone = others.every((other) => hiddenLevels.has(other));
  hiddenLevels.clear();
  if (!alone) others.forEach((other) => hiddenLevels.add(other));
  updateShown();
  drawLegend();
}

function drawScale() {
  const bar = addElement(legend, "canvas");
  const steps = swatches.length - 1;
  [bar.width, bar.height] = [steps, 1];
  const context = bar.getContext("2d");
  for (let step = 0; step < steps; step++) {
    context.fillStyle = toCss(swatches[step]);
    context.fillRect(step, 0, 1, 1);
  }
  const ends = addElement(legend, "div", "ends");
  for (const value of numberRange) addElement(ends, "span", "", formatNumber(value));
  const values = state.column.values;
  const beyond = values.some((value) => value < numberRange[0] || value > numberRange[1]);
  if (beyond) addElement(legend, "p", "", "The outermost hundredths share the end colours.");
  if (values.some(Number.isNaN)) addElement(legend, "p", "", "Grey: no value.");
}

function fillColourSelect() {
  addElement(colourSelect, "option", "", "nothing").value = "";
  for (const column of columns.filter((column) => column.kind !== "text")) {
    addElement(colourSelect, "option", "", column.name).value = column.name;
  }
  colourSelect.addEventListener("change", () => colourBy(colourSelect.value));
  find("colour").hidden = colourSelect.options.length < 2;
}
