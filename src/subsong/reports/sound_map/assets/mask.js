// Which items are shown: those the search finds, less the groups hidden in the legend.

const shown = new Uint8Array(numItems).fill(1);
const found = new Uint8Array(numItems).fill(1);
const hiddenLevels = new Set();

function updateShown() {
  const codes = state.column?.kind === "category" ? state.column.codes : null;
  for (let item = 0; item < numItems; item++) {
    shown[item] = found[item] && !(codes && hiddenLevels.has(codes[item])) ? 1 : 0;
  }
  requestDraw();
}

function findNearest(px, py, reach) {
  let best = -1;
  let least = reach * reach;
  for (let item = 0; item < numItems; item++) {
    const dx = screenX[item] - px;
    const dy = screenY[item] - py;
    const distance = dx * dx + dy * dy;
    if (distance < least && shown[item]) [best, least] = [item, distance];
  }
  return best;
}

// The neighbour in a direction: near counts, and so does lying straight ahead (within 45 degrees).
function findNeighbour(from, wayX, wayY) {
  let best = -1;
  let least = Infinity;
  for (let item = 0; item < numItems; item++) {
    if (item === from || !shown[item]) continue;
    const dx = points[2 * item] - points[2 * from];
    const dy = points[2 * item + 1] - points[2 * from + 1];
    const ahead = dx * wayX + dy * wayY;
    const aside = Math.abs(dx * wayY - dy * wayX);
    if (ahead <= 0 || aside > ahead) continue;
    const cost = ahead + 2 * aside;
    if (cost < least) [best, least] = [item, cost];
  }
  return best;
}
