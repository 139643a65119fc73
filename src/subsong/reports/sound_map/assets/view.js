// From map to screen: one scale both ways, y upwards, in pixels of the layout.

const stage = find("stage");
const view = { x: 0, y: 0, scale: 1, fitted: 1, width: 1, height: 1, ratio: 1 };
const screenX = new Float32Array(numItems);
const screenY = new Float32Array(numItems);
const drawing = { points: () => {}, overlay: () => {}, waiting: false, all: false };

function requestDraw(all = true) {
  drawing.all ||= all;
  if (drawing.waiting) return;
  drawing.waiting = true;
  requestAnimationFrame(() => {
    const everything = drawing.all;
    drawing.waiting = drawing.all = false;
    if (everything) drawing.points();
    drawing.overlay();
  });
}

function placePoints() {
  const { x, y, scale, width, height } = view;
  for (let item = 0; item < numItems; item++) {
    screenX[item] = (points[2 * item] - x) * scale + width / 2;
    screenY[item] = height / 2 - (points[2 * item + 1] - y) * scale;
  }
}

function computeBounds(items) {
  const bounds = { left: Infinity, right: -Infinity, low: Infinity, high: -Infinity };
  for (const item of items) {
    bounds.left = Math.min(bounds.left, points[2 * item]);
    bounds.right = Math.max(bounds.right, points[2 * item]);
    bounds.low = Math.min(bounds.low, points[2 * item + 1]);
    bounds.high = Math.max(bounds.high, points[2 * item + 1]);
  }
  return bounds;
}

const wholeMap = computeBounds(drawOrder);

function fitView() {
  const margin = Math.min(48, view.width / 8, view.height / 8);
  const spanX = wholeMap.right - wholeMap.left || 1e-6;
  const spanY = wholeMap.high - wholeMap.low || 1e-6;
  view.fitted = Math.min((view.width - 2 * margin) / spanX, (view.height - 2 * margin) / spanY);
  view.scale = view.fitted;
  view.x = (wholeMap.left + wholeMap.right) / 2;
  view.y = (wholeMap.low + wholeMap.high) / 2;
  requestDraw();
}

function zoomAt(px, py, factor) {
  const scale = Math.min(Math.max(view.scale * factor, view.fitted / 4), view.fitted * 4000);
  const shift = 1 / view.scale - 1 / scale;
  view.x += (px - view.width / 2) * shift;
  view.y -= (py - view.height / 2) * shift;
  view.scale = scale;
  requestDraw();
}

function panBy(dx, dy) {
  view.x -= dx / view.scale;
  view.y += dy / view.scale;
  requestDraw();
}

function showItem(item) {
  const margin = 40;
  const x = (points[2 * item] - view.x) * view.scale + view.width / 2;
  const y = view.height / 2 - (points[2 * item + 1] - view.y) * view.scale;
  const inside = x > margin && y > margin && x < view.width - margin && y < view.height - margin;
  if (!inside) [view.x, view.y] = [points[2 * item], points[2 * item + 1]];
  requestDraw();
}

function resizeStage() {
  const first = view.width === 1;
  const whole = view.scale === view.fitted;
  view.width = stage.clientWidth || 1;
  view.height = stage.clientHeight || 1;
  view.ratio = Math.min(window.devicePixelRatio || 1, 2.5);
  for (const name of ["points", "overlay"]) {
    find(name).width = Math.round(view.width * view.ratio);
    find(name).height = Math.round(view.height * view.ratio);
  }
  if (first || whole) fitView();
  requestDraw();
}
