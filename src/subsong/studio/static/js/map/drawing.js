// When what is drawn: points when the map moves or colours change, what lies over them also when the pointer moves.

import { whenIdle } from "../shell/frames.js";
import { FlatPointLayer } from "./flat_points.js";
import { Overlay } from "./overlay.js";
import { Pace } from "./pace.js";
import { PointLayer } from "./points.js";
import { Styles, chooseRadius } from "./styles.js";

const MAX_RATIO = 2.5;

export class Drawing {
  /** @param {Object} parts  what is looked at, see `openMap` @param {Object<string, HTMLElement>} elements */
  constructor(parts, elements) {
    Object.assign(this, { parts, elements, waiting: 0, needsPoints: false, needsStyles: true, isFirst: true, isClosed: false });
    this.styles = new Styles(parts.data);
    this.pace = new Pace(parts.data.numItems, () => this.request());
    this.overlay = parts.overlay = new Overlay(elements.overlay, parts);
    // Until a graphics card is ready, which takes it longer than to set all pixels once.
    this.points = new FlatPointLayer(elements.points, parts.data, this.styles);
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
    const { stage, overlay } = this.elements;
    const ratio = Math.min(window.devicePixelRatio || 1, MAX_RATIO);
    if (!this.parts.camera.resize(stage.clientWidth || 1, stage.clientHeight || 1, ratio)) return;
    for (const canvas of [this.points.canvas, overlay]) {
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
    const { camera, state, data } = this.parts;
    if (this.needsPoints) {
      if (this.needsStyles) this.changeStyles();
      this.points.draw(camera, chooseRadius(camera, data.numItems, state.pointSize), this.pace.count());
    }
    this.needsPoints = false;
    this.overlay.draw();
    // Where the map is, for whoever drives the page by program.
    this.elements.stage.dataset.view = [camera.x, camera.y, camera.scale].join(" ");
    if (this.isFirst) this.markFirst();
  }

  changeStyles() {
    this.needsStyles = false;
    this.styles.update(this.parts.state, this.parts.colouring);
    this.points.sendStyles();
  }

  markFirst() {
    this.isFirst = false;
    // The frame after: the picture is on its way to the screen.
    requestAnimationFrame(() => {
      performance.mark("map-drawn");
      this.elements.stage.dataset.drawn = String(this.parts.data.numItems);
      // Once this is seen: to get hold of a graphics card holds up everything else.
      whenIdle(() => this.takeGraphicsCard());
    });
  }

  takeGraphicsCard() {
    if (this.isClosed) return;
    const { points, stage, notice } = this.elements;
    try {
      const card = new PointLayer(points.cloneNode(), this.parts.data, this.styles);
      card.onRestored = () => this.request();
      card.setLines(this.points.lines);
      card.sendStyles();
      this.points = card;
      this.needsPoints = true;
      this.draw();
      points.replaceWith(card.canvas);
    } catch (error) {
      console.info(error.message);
      notice.hidden = false;
    }
    // For whoever measures what comes after.
    stage.dataset.drawnBy = this.points instanceof PointLayer ? "graphics card" : "processor";
  }

  changeTheme() {
    this.overlay.readTheme();
    this.parts.images.clear();
    const { state } = this.parts;
    for (const event of ["colour", "hover", "pin", "select"]) state.emit(event);
  }

  close() {
    this.isClosed = true;
    this.observer.disconnect();
    cancelAnimationFrame(this.waiting);
    this.pace.close();
    this.points.close();
  }
}
