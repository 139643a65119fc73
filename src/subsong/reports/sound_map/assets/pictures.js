// Spectrograms: cut from the sheets when wanted, and coloured for the theme.

const pictures = data.pictures && { ...data.pictures, place: decode(data.pictures.place, Int32Array) };
const sheets = new Map(); // number -> Image, the latest used last
const tiles = new Map(); // item -> canvas, likewise
const MAX_SHEETS = 48;
const MAX_TILES = 1500;
const pictureListeners = [];
let soundTable = null;

const hasPicture = (item) => pictures !== null && pictures.place[item] >= 0;

function keep(map, key, value, limit) {
  map.delete(key);
  map.set(key, value);
  if (map.size > limit) map.delete(map.keys().next().value);
  return value;
}

function loadSheet(number) {
  const known = sheets.get(number);
  if (known) return keep(sheets, number, known, MAX_SHEETS);
  const image = new Image();
  image.onload = () => pictureListeners.forEach((listener) => listener());
  image.src = "data:image/webp;base64," + find(`sheet-${number}`).textContent;
  return keep(sheets, number, image, MAX_SHEETS);
}

function buildSoundTable() {
  const steps = data.colours[getTheme()].sound.map(parseColour);
  soundTable = Array.from({ length: 256 }, (_, value) => {
    const place = (value / 255) * (steps.length - 1);
    const low = Math.floor(place);
    const high = Math.min(low + 1, steps.length - 1);
    return steps[low].map((part, index) => part + (steps[high][index] - part) * (place - low));
  });
}

// Returns the picture of an item as a canvas, or null while its sheet is being unpacked.
function getTile(item) {
  const known = tiles.get(item);
  if (known) return keep(tiles, item, known, MAX_TILES);
  const { width, height, side, place } = pictures;
  const sheet = loadSheet(Math.floor(place[item] / (side * side)));
  if (!sheet.complete || !sheet.naturalWidth) return null;
  const within = place[item] % (side * side);
  const tile = document.createElement("canvas");
  [tile.width, tile.height] = [width, height];
  const context = tile.getContext("2d", { willReadFrequently: true });
  context.drawImage(sheet, (within % side) * width, Math.floor(within / side) * height, width, height, 0, 0, width, height);
  const image = context.getImageData(0, 0, width, height);
  for (let at = 0; at < image.data.length; at += 4) {
    const colour = soundTable[image.data[at]];
    [image.data[at], image.data[at + 1], image.data[at + 2]] = colour;
  }
  context.putImageData(image, 0, 0);
  return keep(tiles, item, tile, MAX_TILES);
}

// Shows an item in a canvas of the page; hides the canvas where there is no picture.
function showPicture(canvas, item) {
  canvas.hidden = !hasPicture(item);
  if (canvas.hidden) return;
  const tile = getTile(item);
  [canvas.width, canvas.height] = [2 * pictures.width, 2 * pictures.height];
  if (!tile) return;
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(tile, 0, 0, canvas.width, canvas.height);
}

themeListeners.push(() => {
  buildSoundTable();
  tiles.clear();
});
