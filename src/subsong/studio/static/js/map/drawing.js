// When what is drawn: points when the map moves or colours change, what lies over them also when the pointer moves.

import { h, replace } from "../shell/dom.js";
import { Overlay } from "./overlay.js";
import { Pace } from "./pace.js";
import { PointLayer, chooseRadius } from "./points.js";

const MAX_RATIO = 2.5;

export class Drawing {
  /** @param {Object} parts  what is looked at, see `openMap` @param {Object<string, HTMLElement>} elements */
  constructor(parts, elements) {
    Object.assign(this, { parts, elements, waiting: 0, needsPoints: false, needsStyles: true, isFirst: true });
    this.pace = new Pace(parts.data.numItems, () => this.request());
    this.overlay = parts.overlay = new Overlay(elements.overlay, parts);
    try {
      this.points = new PointLayer(elements.points, parts.data);
      this.points.onRestored = () => this.request();
    } catch (error) {
      this.tell(error.message);
    }
  }

  tell(reason) {
    this.elements.notice.hidden = false;
    replace(this.elements.notice, h("h2", {}, "The map cannot be drawn here"), h("p", {}, reason),
      h("p.muted", {}, "Another browser, or its setting for hardware acceleration, may help. The map's table can still be searched and exported."));
  }

  start() {
    const { state, images } = this.parts;
    for (const event of ["mask", "select", "colour", "labels"]) state.on(event, () => this.requestStyles());
    for (const event of ["hover", "pin"]) state.on(event, () => this.request(false));
    state.on("colour", () => { this.parts.colouring.update(); });
    state.on("tool", () => this.request());
    images.listeners.add(() => state.pictures && this.request(false));
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.elements.stage);
    this.resize();
  }

  resize() {
    const { stage, points, overlay } = this.elements;
    const ratio = Math.min(window.devicePixelRatio || 1, MAX_RATIO);
    if (!this.parts.camera.resize(stage.clientWidth || 1, stage.clientHeight || 1, ratio)) return;
    for (const canvas of [points, overlay]) {
      canvas.width = Math.round(stage.clientWidth * ratio);
      canvas.height = Math.round(stage.clientHeight * ratio);
    }
    // At once: a canvas of another size is empty until it is drawn.
    this.needsPoints = true;
    this.draw();
  }

  requestStyles() {
    this.needsStyles = true;
    this.request();
  }

  /** Draw at the next frame: all, or only what lies over the points. */
  request(all = true) {
    this.needsPoints ||= all;
    this.waiting ||= requestAnimationFrame(() => this.draw());
  }

  /** Draw at the next frame of a movement. */
  requestMoved() {
    this.pace.move();
    this.request();
  }

  draw() {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
    const { camera, state, data, colouring } = this.parts;
    if (this.points && this.needsPoints) {
      if (this.needsStyles) this.points.setStyles(state, colouring);
      this.needsStyles = false;
      this.points.draw(camera, chooseRadius(camera, data.numItems, state.pointSize), this.pace.count());
    }
    this.needsPoints = false;
    this.overlay.draw();
    // Where the map is, for whoever drives the page by program.
    this.elements.stage.dataset.view = [camera.x, camera.y, camera.scale].join(" ");
    if (this.isFirst && this.points) this.markFirst();
  }

  markFirst() {
    this.isFirst = false;
    this.points.gl.finish();
    performance.mark("map-drawn");
    this.elements.stage.dataset.drawn = String(this.parts.data.numItems);
  }

  changeTheme() {
    this.overlay.readTheme();
    this.parts.images.clear();
    const { state } = this.parts;
    for (const event of ["colour", "hover", "pin", "select"]) state.emit(event);
  }

  close() {
    this.observer.disconnect();
    cancelAnimationFrame(this.waiting);
    this.pace.close();
    this.points?.close();
  }
}
