// Mouse, pen and fingers on the map.

const REACH = 14;
const pressed = new Map(); // pointer -> where it is
const gesture = { kind: "none", moved: 0, spread: 0 };

function locate(event) {
  const box = stage.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

function measurePinch() {
  const [first, second] = pressed.values();
  return {
    x: (first.x + second.x) / 2,
    y: (first.y + second.y) / 2,
    spread: Math.hypot(first.x - second.x, first.y - second.y),
  };
}

stage.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  stage.setPointerCapture(event.pointerId);
  const at = locate(event);
  pressed.set(event.pointerId, at);
  gesture.moved = 0;
  if (pressed.size === 2) {
    outline.length = 0;
    gesture.kind = "pinch";
    Object.assign(gesture, measurePinch());
  } else {
    gesture.kind = state.lasso || event.shiftKey ? "lasso" : "pan";
    if (gesture.kind === "lasso") outline.push(at.x, at.y);
  }
});

stage.addEventListener("pointermove", (event) => {
  const at = locate(event);
  const before = pressed.get(event.pointerId);
  if (!before) {
    hoverItem(findNearest(at.x, at.y, REACH));
    return;
  }
  gesture.moved += Math.hypot(at.x - before.x, at.y - before.y);
  pressed.set(event.pointerId, at);
  if (gesture.kind === "pinch" && pressed.size === 2) {
    const now = measurePinch();
    panBy(now.x - gesture.x, now.y - gesture.y);
    zoomAt(now.x, now.y, now.spread / Math.max(gesture.spread, 1));
    Object.assign(gesture, now);
  } else if (gesture.kind === "lasso") {
    outline.push(at.x, at.y);
    requestDraw(false);
  } else if (gesture.kind === "pan" && gesture.moved > 4) {
    stage.classList.add("moving");
    hoverItem(-1);
    panBy(at.x - before.x, at.y - before.y);
  }
});

function endGesture(event) {
  const at = pressed.get(event.pointerId);
  if (!pressed.delete(event.pointerId) || pressed.size) return;
  stage.classList.remove("moving");
  const isClick = gesture.moved <= 4 && event.type === "pointerup";
  if (gesture.kind === "lasso" && !isClick) finishLasso(event.ctrlKey || event.metaKey);
  outline.length = 0;
  if (isClick && gesture.kind !== "pinch") clickAt(at);
  gesture.kind = "none";
  requestDraw(false);
}

function clickAt(at) {
  const item = findNearest(at.x, at.y, REACH);
  pinItem(item);
  if (item >= 0) playItem(item);
}

stage.addEventListener("pointerup", endGesture);
stage.addEventListener("pointercancel", endGesture);
stage.addEventListener("pointerleave", () => hoverItem(-1));
stage.addEventListener("dblclick", (event) => {
  const at = locate(event);
  if (findNearest(at.x, at.y, REACH) < 0) zoomAt(at.x, at.y, 2);
});
stage.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const at = locate(event);
    const lines = event.deltaMode === 1 ? 18 : 1;
    zoomAt(at.x, at.y, Math.exp((-event.deltaY * lines * (event.ctrlKey ? 4 : 1)) / 500));
    placePoints();
    hoverItem(findNearest(at.x, at.y, REACH));
  },
  { passive: false },
);
