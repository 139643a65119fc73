// The main picture: waveforms, spectrograms and axes on canvases, annotations, cursors and drags as elements over them.

import { h } from "../shell/dom.js";
import { fail } from "../shell/notes.js";
import { getColour, onTheme } from "../shell/theme.js";
import { drawFrequencyAxis, drawTimeAxis } from "./axes.js";
import { afterQuiet, drawOnFrames } from "../shell/frames.js";
import { findHit, findInBox } from "./hits.js";
import { AnnotationLayer } from "./layer.js";
import { findRow, layOutRows } from "./rows.js";
import { Spectrogram } from "./spectrogram.js";
import { timeToX, xToTime, yToHz } from "./viewport.js";
import { Waveform } from "./waveform.js";

const AXIS_WIDTH_PX = 50;
const TIME_AXIS_PX = 24;
const RANGE_QUIET_MS = 140;

/** @typedef {{x: number, y: number, time_s: number, hz: number | null, row: import("./rows.js").Row}} Point */

export class Stage {
  /** @param {import("./state.js").State} state */
  constructor(state) {
    this.state = state;
    this.rows = [];
    this.width = this.height = 0;
    const listeners = { onTile: () => this.#tileCame(), onError: fail };
    this.spectrogram = new Spectrogram(state, listeners);
    this.waveform = new Waveform(state, listeners);
    this.layer = new AnnotationLayer(state);
    this.#build();
    this.frames = drawOnFrames(() => this.#draw());
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(this.pane);
    this.#listen();
  }

  /** Where the pointer of an event is. @param {{clientX: number, clientY: number}} event @returns {Point} */
  pointAt({ clientX, clientY }) {
    const [x, y] = [clientX - this.corner.left, clientY - this.corner.top];
    const row = findRow(this.rows, y);
    const within = y - row.spectrogram.top;
    return { x, y, time_s: this.timeAt(x), hz: within >= 0 ? this.hzAt(row, y) : null, row };
  }

  /** What is under a point; of neighbours that of `first` before the others. @param {Point} point */
  hitAt = ({ x, y }, first = this.state.selection) => findHit(this.layer.outlines, x, y, first);

  findInBox = (box) => findInBox(this.layer.outlines, box);

  xOf = (time_s) => timeToX(this.state.view, this.width, time_s);

  timeAt = (x) => xToTime(this.state.view, this.width, x);

  /** Frequency at a height of the pane, in a row's spectrogram. @param {import("./rows.js").Row} row */
  hzAt = (row, y) => yToHz(this.state.view, row.spectrogram.height, y - row.spectrogram.top);

  /** Seconds a pixel stands for. */
  get pixel_s() {
    return this.state.view.span_s / this.width;
  }

  levelAt = ({ row, time_s, hz }) => (hz === null ? null : this.spectrogram.levelAt(row.channel, time_s, hz));

  /** Fit the contrast to what is in view. @returns {boolean} whether there is something */
  fitContrast() {
    const fitted = this.spectrogram.fitContrast();
    if (fitted) this.state.setSettings(fitted);
    return fitted !== null;
  }

  setPeak(peak) {
    if (peak <= this.waveform.peak) return;
    this.waveform.peak = peak;
    this.frames.ask();
  }

  /** Show a rectangle while something is dragged; null: none. @param {{left: number, right: number, top: number, bottom: number, kind: string} | null} box */
  showGhost(box) {
    this.ghost.hidden = box === null;
    if (box === null) return;
    this.ghost.className = `ghost ${box.kind}`;
    place(this.ghost, box.left, box.top, box.right - box.left, box.bottom - box.top);
  }

  /** @param {Point | null} point */
  showCrosshair(point) {
    this.across.hidden = this.upright.hidden = point === null;
    if (point === null) return;
    this.upright.style.transform = `translateX(${point.x}px)`;
    this.across.style.transform = `translateY(${point.y}px)`;
  }

  /** Take the size the picture has on the page. */
  measure() {
    this.width = this.pane.clientWidth;
    this.height = this.pane.clientHeight;
    this.corner = this.pane.getBoundingClientRect();
    this.#layOut();
  }

  close() {
    this.observer.disconnect();
    this.frames.stop();
    this.endTheme();
    this.spectrogram.close();
    this.waveform.close();
  }

  #build() {
    const mark = (name) => h(`div.${name}`, { hidden: true });
    this.picture = h("canvas.picture", { "aria-hidden": "true" });
    this.frequencyAxis = h("canvas.frequency-axis", { "aria-hidden": "true", "data-testid": "frequency-axis" });
    this.timeAxis = h("canvas.time-axis", { "aria-hidden": "true" });
    [this.ghost, this.stretch, this.cursor, this.playhead] = ["ghost", "stretch", "cursor", "playhead"].map(mark);
    [this.upright, this.across] = ["crosshair.upright", "crosshair.across"].map(mark);
    this.pane = h("div.pane", { tabindex: "0", "data-testid": "stage", "aria-label": "Waveform and spectrogram" },
      this.picture, this.stretch, this.layer.element, this.ghost, this.cursor, this.playhead, this.upright, this.across);
    this.element = h("div.stage", { style: { gridTemplateColumns: `${AXIS_WIDTH_PX}px minmax(0, 1fr)`, gridTemplateRows: `minmax(0, 1fr) ${TIME_AXIS_PX}px` } },
      this.frequencyAxis, this.pane, h("div"), this.timeAxis);
  }

  #listen() {
    const { state } = this;
    const takeRange = afterQuiet(RANGE_QUIET_MS, () => { if (this.spectrogram.takeRange()) this.frames.ask(); });
    const recolour = () => {
      this.ink = readInk();
      this.spectrogram.setColours();
      this.layer.repaint();
      this.#layOut();
    };
    state.on("view", takeRange);
    state.on(["view", "document", "selection", "cursor"], this.frames.ask);
    state.on("playing", () => this.#placePlayhead());
    state.on("channel", () => this.#layOut());
    state.on("settings", recolour);
    this.endTheme = onTheme(recolour);
    recolour();
  }

  #layOut() {
    if (!this.width || !this.height) return;
    this.rows = layOutRows(this.height, this.state.channels, this.state.settings.showWaveform);
    this.frames.ask();
  }

  #tileCame() {
    this.frames.ask();
    this.state.tell("picture");
    if (this.state.settings.isAuto && !this.isFitted && this.spectrogram.isWhole()) this.isFitted = this.fitContrast();
  }

  #draw() {
    if (this.rows.length === 0) return;
    const { state } = this;
    const density = devicePixelRatio;
    this.spectrogram.plan(this.rows, this.width, density);
    if (state.settings.showWaveform) this.waveform.plan(state.channels, state.view, this.width);
    this.layer.draw(this.rows, this.width);
    this.#drawPicture(fitCanvas(this.picture, this.width, this.height, density));
    this.#drawAxes(density);
    this.#placeCursors();
  }

  #drawAxes(density) {
    const { state, ink, width, height } = this;
    const upright = { context: fitCanvas(this.frequencyAxis, AXIS_WIDTH_PX, height, density), width: AXIS_WIDTH_PX, height, ink };
    drawFrequencyAxis(upright, state.view, this.rows);
    const level = { context: fitCanvas(this.timeAxis, width, TIME_AXIS_PX, density), width, height: TIME_AXIS_PX, ink };
    drawTimeAxis(level, state.view, state.document.reviewed);
  }

  #drawPicture(context) {
    const { state } = this;
    context.fillStyle = this.ink.ground;
    context.fillRect(0, 0, this.width, this.height);
    for (const row of this.rows) {
      this.spectrogram.draw(context, row, this.width);
      context.fillStyle = this.ink.muted;
      if (row.waveform) this.waveform.draw(context, row.channel, state.view, this.width, row.waveform);
    }
    this.layer.drawMarks(context, this.rows);
  }

  #placeCursors() {
    const { state, width, height } = this;
    const { xOf } = this;
    const cursor = xOf(state.cursor_s);
    this.cursor.hidden = cursor < 0 || cursor > width;
    this.cursor.style.transform = `translateX(${cursor}px)`;
    this.stretch.hidden = state.stretch === null;
    if (state.stretch) place(this.stretch, xOf(state.stretch.start_s), 0, xOf(state.stretch.stop_s) - xOf(state.stretch.start_s), height);
    this.#placePlayhead();
  }

  #placePlayhead() {
    const { playing_s, view } = this.state;
    const x = playing_s === null ? -1 : timeToX(view, this.width, playing_s);
    this.playhead.hidden = x < 0 || x > this.width;
    this.playhead.style.transform = `translateX(${x}px)`;
  }
}

/** Colours of the theme: asked for once, since asking makes the browser work out all styles. */
const readInk = () => Object.fromEntries(["ground", "muted", "faint", "good"].map((name) => [name, getColour(name)]));

function place(element, left, top, width, height) {
  element.style.transform = `translate(${left}px, ${top}px)`;
  element.style.width = `${width}px`;
  element.style.height = `${height}px`;
}

/** The context of a canvas of this size on the page, sharp on dense screens. */
function fitCanvas(canvas, width, height, density) {
  const [wide, high] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  const context = canvas.getContext("2d");
  context.setTransform(density, 0, 0, density, 0, 0);
  return context;
}
