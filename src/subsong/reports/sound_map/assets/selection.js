// Items drawn around: their number, their pictures, their ids to take away.

const MAX_SHEET = 120;

// Even-odd rule: a ray from the point crosses the outline an odd number of times.
function isInside(x, y) {
  let inside = false;
  for (let at = 0, before = outline.length - 2; at < outline.length; before = at, at += 2) {
    const [x1, y1, x2, y2] = [outline[at], outline[at + 1], outline[before], outline[before + 1]];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

function finishLasso(adds) {
  const chosen = new Set(adds ? state.selected : []);
  for (let item = 0; item < numItems; item++) {
    if (shown[item] && isInside(screenX[item], screenY[item])) chosen.add(item);
  }
  outline.length = 0;
  selectItems(chosen.size ? chosen : null);
}

const listSelected = () => Array.from(state.selected).sort((a, b) => a - b);

function selectItems(chosen) {
  state.selected = chosen;
  find("selection").hidden = chosen === null;
  find("hint").hidden = chosen !== null || state.pinned >= 0;
  if (chosen) {
    const words = `${chosen.size.toLocaleString("en")} ${chosen.size === 1 ? "sound" : "sounds"} chosen`;
    find("selection-count").textContent = status.textContent = words;
    drawSheet();
    find("selection").scrollIntoView({ block: "nearest" });
  }
  requestDraw();
}

// A sheet of the chosen spectrograms, evenly taken from all of them when they are many.
function drawSheet() {
  const sheet = find("selection-sheet");
  sheet.replaceChildren();
  const items = listSelected().filter(hasPicture);
  const step = Math.max(1, items.length / MAX_SHEET);
  for (let at = 0; at < items.length; at += step) {
    const item = items[Math.floor(at)];
    const button = addElement(sheet, "button");
    button.title = data.ids[item];
    button.setAttribute("aria-label", data.ids[item]);
    const canvas = addElement(button, "canvas");
    canvas.dataset.item = item;
    showPicture(canvas, item);
    button.addEventListener("click", () => {
      pinItem(item);
      showItem(item);
      playItem(item);
    });
    button.addEventListener("pointerenter", () => hoverItem(item));
  }
}

pictureListeners.push(() => {
  for (const canvas of find("selection-sheet").querySelectorAll("canvas")) {
    showPicture(canvas, Number(canvas.dataset.item));
  }
});

function buildCsv(items) {
  const quote = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const exact = (column, item) => {
    if (column.kind === "number") return Number.isNaN(column.values[item]) ? "" : String(column.values[item]);
    if (column.kind === "category") return column.codes[item] < 0 ? "" : column.levels[column.codes[item]];
    return column.values[item];
  };
  const lines = [[data.id_name, ...columns.map((column) => column.name)]];
  for (const item of items) lines.push([data.ids[item], ...columns.map((column) => exact(column, item))]);
  return lines.map((cells) => cells.map(quote).join(",") + "\n").join("");
}

function downloadCsv() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([buildCsv(listSelected())], { type: "text/csv" }));
  link.download = "selection.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function copyIds() {
  const text = listSelected().map((item) => data.ids[item]).join("\n");
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = addElement(document.body, "textarea");
    area.value = text;
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  find("selection-copy").textContent = "Copied";
  setTimeout(() => (find("selection-copy").textContent = "Copy ids"), 1500);
}
