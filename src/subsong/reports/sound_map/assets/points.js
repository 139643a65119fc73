// The points, blended pixel by pixel into one image: the same for any number of colours, and quick for 50,000 points.

const pointCanvas = find("points");
const FADED = 0.16;
let emphasised = -1; // a group pointed at in the legend
let bitmap = null;
const fadedFlags = new Uint8Array(numItems);

function chooseRadius() {
  const crowd = Math.sqrt((view.width * view.height) / numItems);
  const zoom = Math.pow(Math.max(view.scale / view.fitted, 1), 0.3);
  return Math.min(Math.max(crowd * 0.14, 1.3), 4.2) * Math.min(zoom, 2.4);
}

function buildStamp(radius) {
  const half = Math.ceil(radius + 0.5);
  const side = 2 * half + 1;
  const cover = new Float32Array(side * side);
  for (let y = -half; y <= half; y++) {
    for (let x = -half; x <= half; x++) {
      cover[(y + half) * side + x + half] = Math.min(Math.max(radius + 0.5 - Math.hypot(x, y), 0), 1);
    }
  }
  return { half, side, cover };
}

function stampPoint(pixels, width, height, stamp, px, py, colour, alpha) {
  const left = Math.round(px) - stamp.half;
  const top = Math.round(py) - stamp.half;
  if (left + stamp.side <= 0 || top + stamp.side <= 0 || left >= width || top >= height) return;
  const firstX = Math.max(0, -left);
  const lastX = Math.min(stamp.side, width - left);
  const lastY = Math.min(stamp.side, height - top);
  const red = colour[0];
  const green = colour[1];
  const blue = colour[2];
  const { side, cover } = stamp;
  for (let y = Math.max(0, -top); y < lastY; y++) {
    let at = 4 * ((top + y) * width + left + firstX);
    for (let x = firstX; x < lastX; x++, at += 4) {
      const share = cover[y * side + x] * alpha;
      if (share === 0) continue;
      pixels[at] += (red - pixels[at]) * share;
      pixels[at + 1] += (green - pixels[at + 1]) * share;
      pixels[at + 2] += (blue - pixels[at + 2]) * share;
    }
  }
}

const isFaded = (item) =>
  !shown[item] ||
  (state.selected && !state.selected.has(item)) ||
  (emphasised >= 0 && state.column.codes[item] !== emphasised);

drawing.points = () => {
  placePoints();
  const { width, height } = pointCanvas;
  const context = pointCanvas.getContext("2d", { alpha: false });
  if (!bitmap || bitmap.width !== width || bitmap.height !== height) bitmap = context.createImageData(width, height);
  const [red, green, blue] = parseColour(themeColours.paper);
  new Uint32Array(bitmap.data.buffer).fill((255 << 24) | (blue << 16) | (green << 8) | red);
  const stamp = buildStamp(chooseRadius() * view.ratio);
  const grey = parseColour(themeColours.muted);
  const strength = numItems > 20000 ? 0.72 : 0.86;
  const { ratio } = view;
  for (let at = 0; at < numItems; at++) fadedFlags[at] = isFaded(drawOrder[at]) ? 1 : 0;
  for (let pass = 1; pass >= 0; pass--) {
    const alpha = pass ? FADED : strength;
    for (let at = 0; at < numItems; at++) {
      if (fadedFlags[at] !== pass) continue;
      const item = drawOrder[at];
      const colour = shown[item] ? swatches[colourOf[item]] : grey;
      stampPoint(bitmap.data, width, height, stamp, screenX[item] * ratio, screenY[item] * ratio, colour, alpha);
    }
  }
  context.putImageData(bitmap, 0, 0);
};
