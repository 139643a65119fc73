// What lies over the points: spectrograms, rings round the item pointed at and the one held, the lasso.

const overlayCanvas = find("overlay");
const outline = []; // the lasso while it is drawn: x, y, x, y, ...
const PICTURE_HEIGHT = 58;
const MAX_NAMES = 40;
const MIN_NAMED = 3; // a name for fewer items says more than they do
const MAX_LETTERS = 24;

function drawRing(context, item, radius, colour, width) {
  context.beginPath();
  context.arc(screenX[item], screenY[item], radius, 0, 2 * Math.PI);
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke();
}

// Chooses items whose pictures do not cover one another, always the same ones first: moving the map changes few.
function choosePictures(width, height) {
  const rows = new Map();
  const chosen = [];
  const isFree = (item, row) =>
    [row - 1, row, row + 1].every((near) =>
      (rows.get(near) ?? []).every(
        (other) => Math.abs(screenX[other] - screenX[item]) >= width || Math.abs(screenY[other] - screenY[item]) >= height,
      ),
    );
  for (const item of drawOrder) {
    const outside = screenX[item] < -width || screenX[item] > view.width + width || screenY[item] < -height || screenY[item] > view.height + height;
    if (outside || isFaded(item) || !hasPicture(item)) continue;
    const row = Math.floor(screenY[item] / height);
    if (!isFree(item, row)) continue;
    rows.set(row, [...(rows.get(row) ?? []), item]);
    chosen.push(item);
  }
  return chosen;
}

function drawPictures(context) {
  const height = PICTURE_HEIGHT;
  const width = (height * pictures.width) / pictures.height;
  const edge = 2;
  for (const item of choosePictures(width + 2 * edge + 3, height + 2 * edge + 3)) {
    const left = screenX[item] - width / 2;
    const top = screenY[item] - height / 2;
    context.fillStyle = toCss(swatches[colourOf[item]]);
    context.beginPath();
    context.roundRect(left - edge, top - edge, width + 2 * edge, height + 2 * edge, 4);
    context.fill();
    const tile = getTile(item);
    if (tile) context.drawImage(tile, left, top, width, height);
  }
}

// The name of each group, at the item nearest the group's middle: the middle itself may lie in another group.
function findCentres(column) {
  const members = column.levels.map(() => []);
  for (let item = 0; item < numItems; item++) if (column.codes[item] >= 0) members[column.codes[item]].push(item);
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  return members.map((items) => {
    const x = median(items.map((item) => points[2 * item]));
    const y = median(items.map((item) => points[2 * item + 1]));
    const distance = (item) => Math.hypot(points[2 * item] - x, points[2 * item + 1] - y);
    return items.reduce((best, item) => (distance(item) < distance(best) ? item : best), items[0]);
  });
}

function drawNames(context) {
  const column = state.column;
  if (column?.kind !== "category" || column.levels.length > MAX_NAMES || state.pictures) return;
  column.centres ??= findCentres(column);
  context.font = `600 ${view.width < 600 ? 12 : 14}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  column.levels.forEach((level, code) => {
    const isQuiet = hiddenLevels.has(code) || (emphasised >= 0 && emphasised !== code);
    if (isQuiet || column.groups.counts[code] < MIN_NAMED) return;
    const [x, y] = [screenX[column.centres[code]], screenY[column.centres[code]]];
    const name = level.length > MAX_LETTERS ? `${level.slice(0, MAX_LETTERS - 1)}…` : level;
    context.lineWidth = 4;
    context.strokeStyle = themeColours.paper;
    context.strokeText(name, x, y);
    context.fillStyle = themeColours.ink;
    context.fillText(name, x, y);
  });
}

function drawLasso(context) {
  context.beginPath();
  for (let at = 0; at < outline.length; at += 2) context.lineTo(outline[at], outline[at + 1]);
  context.closePath();
  context.globalAlpha = 0.12;
  context.fillStyle = themeColours.accent;
  context.fill();
  context.globalAlpha = 1;
  context.lineWidth = 1.5;
  context.strokeStyle = themeColours.accent;
  context.setLineDash([5, 4]);
  context.stroke();
  context.setLineDash([]);
}

drawing.overlay = () => {
  const context = overlayCanvas.getContext("2d");
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  context.clearRect(0, 0, view.width, view.height);
  if (state.pictures && pictures) drawPictures(context);
  drawNames(context);
  const radius = chooseRadius() + 3;
  if (state.hovered >= 0) drawRing(context, state.hovered, radius, themeColours.ink, 1.5);
  if (state.pinned >= 0) {
    drawRing(context, state.pinned, radius + 1, themeColours.paper, 5);
    drawRing(context, state.pinned, radius + 1, themeColours.ink, 2);
  }
  if (outline.length > 2) drawLasso(context);
  drawProgress(context, radius);
};
