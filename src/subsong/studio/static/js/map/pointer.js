// Mouse, pen and fingers on the map.

const REACH = 14;
const CLICK_MOVED = 4;
const SETTLED_MS = 150;

/** @param {Object} parts  what is looked at, see `openMap` @param {Object} acts  what gestures do */
export function connectPointer(parts, acts) {
  new Pointer(parts, acts);
}

class Pointer {
  constructor(parts, acts) {
    Object.assign(this, { parts, acts, stage: parts.stage });
    this.pressed = new Map(); // pointer -> where it is
    this.gesture = { kind: "none", moved: 0, spread: 0, start: null };
    const on = (name, listener, options) => this.stage.addEventListener(name, listener, options);
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.release(event));
    on("pointercancel", (event) => this.release(event));
    on("pointerleave", () => {
      clearTimeout(this.settling);
      acts.hover(-1);
    });
    on("dblclick", (event) => this.zoomIn(event));
    on("wheel", (event) => this.turnWheel(event), { passive: false });
  }

  locate(event) {
    const box = this.stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  findAt(at) {
    const { camera, grid, state } = this.parts;
    return grid.findNearest(camera.toMapX(at.x), camera.toMapY(at.y), REACH / camera.scale, state.shown);
  }

  press(event) {
    if (event.button !== 0) return;
    this.stage.setPointerCapture(event.pointerId);
    const at = this.locate(event);
    this.pressed.set(event.pointerId, at);
    Object.assign(this.gesture, { moved: 0, start: at });
    if (this.pressed.size === 2) {
      this.acts.outline([]);
      Object.assign(this.gesture, { kind: "pinch", ...this.measurePinch() });
      return;
    }
    const { tool } = this.parts.state;
    const draws = event.shiftKey || event.altKey ? "lasso" : "pan";
    this.gesture.kind = tool === "move" ? draws : tool;
    this.outline = [at.x, at.y];
  }

  move(event) {
    const at = this.locate(event);
    const before = this.pressed.get(event.pointerId);
    if (!before) {
      this.acts.hover(this.findAt(at));
      return;
    }
    const { gesture } = this;
    gesture.moved += Math.hypot(at.x - before.x, at.y - before.y);
    this.pressed.set(event.pointerId, at);
    if (gesture.kind === "pinch" && this.pressed.size === 2) this.pinch();
    else if (gesture.kind === "lasso" || gesture.kind === "rectangle") this.drawOutline(at);
    else if (gesture.kind === "pan" && gesture.moved > CLICK_MOVED) {
      this.stage.classList.add("moving");
      this.acts.hover(-1);
      this.acts.pan(at.x - before.x, at.y - before.y);
    }
  }

  drawOutline(at) {
    const { start, kind } = this.gesture;
    if (kind === "lasso") this.outline.push(at.x, at.y);
    else this.outline = [start.x, start.y, at.x, start.y, at.x, at.y, start.x, at.y];
    this.acts.hover(-1);
    this.acts.outline(this.outline);
  }

  pinch() {
    const now = this.measurePinch();
    this.acts.pan(now.x - this.gesture.x, now.y - this.gesture.y);
    this.acts.zoom(now.x, now.y, now.spread / Math.max(this.gesture.spread, 1));
    Object.assign(this.gesture, now);
  }

  measurePinch() {
    const [first, second] = this.pressed.values();
    const spread = Math.hypot(first.x - second.x, first.y - second.y);
    return { x: (first.x + second.x) / 2, y: (first.y + second.y) / 2, spread };
  }

  release(event) {
    const at = this.pressed.get(event.pointerId);
    if (!this.pressed.delete(event.pointerId) || this.pressed.size) return;
    this.stage.classList.remove("moving");
    const isClick = this.gesture.moved <= CLICK_MOVED && event.type === "pointerup";
    const draws = ["lasso", "rectangle"].includes(this.gesture.kind);
    if (draws && !isClick && event.type === "pointerup") this.acts.choose(this.outline, event);
    this.acts.outline([]);
    if (isClick && this.gesture.kind !== "pinch") this.acts.click(this.findAt(at), event);
    this.gesture.kind = "none";
  }

  zoomIn(event) {
    const at = this.locate(event);
    if (this.findAt(at) < 0) this.acts.zoom(at.x, at.y, 2);
  }

  turnWheel(event) {
    event.preventDefault();
    const at = this.locate(event);
    const lines = event.deltaMode === 1 ? 18 : 1;
    this.acts.zoom(at.x, at.y, Math.exp((-event.deltaY * lines * (event.ctrlKey ? 4 : 1)) / 500));
    // Cards that come and go at every turn of the wheel would only be in the way.
    this.acts.hover(-1);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => { if (!this.pressed.size) this.acts.hover(this.findAt(at)); }, SETTLED_MS);
  }
}
