// Annotations as elements over the picture: only those in view, each kept while it stays, moved without layout.

import { labelColour } from "../shell/colours.js";
import { h } from "../shell/dom.js";
import { outlineOf } from "./outlines.js";

/** More than so many in view are drawn as marks on the canvas instead. */
const MOST_ELEMENTS = 400;
const OUTSIDE_PX = 12;
const LEAST_CHIP_PX = 11;
const MARK_HEIGHT_PX = 5;

/** The shorter, the nearer to the eye: what lies inside another is drawn over it. */
const depthOf = ({ onset_s, offset_s }) => Math.round(1000 - 20 * Math.log2(Math.max(offset_s - onset_s, 1e-4)));

const describe = ({ label, onset_s, offset_s }) =>
  `${label || "no label"} ${onset_s.toFixed(3)}${offset_s > onset_s ? `–${offset_s.toFixed(3)}` : ""} s`;

export class AnnotationLayer {
  /** @param {import("./state.js").State} state */
  constructor(state) {
    this.state = state;
    this.element = h("div.annotations", { role: "listbox", "aria-multiselectable": "true", "aria-label": "Annotations in view", "data-testid": "annotations" });
    /** @type {Map<number, {element: HTMLElement, chip: HTMLElement, drawn: string}>} */
    this.kept = new Map();
    /** @type {import("./hits.js").Outline[]} */
    this.outlines = [];
  }

  /** @param {import("./rows.js").Row[]} rows */
  draw(rows, width) {
    const { state } = this;
    const seen = state.listInView();
    this.outlines = seen.map((one) => outlineOf(one, state.view, rows, width));
    this.isCrowded = seen.length > MOST_ELEMENTS;
    const shown = new Set();
    seen.forEach((one, at) => {
      if (this.isCrowded && !state.selection.has(one.id)) return;
      shown.add(one.id);
      this.#place(one, this.outlines[at], width);
    });
    for (const [id, { element }] of this.kept) {
      if (shown.has(id)) continue;
      element.remove();
      this.kept.delete(id);
    }
  }

  /** Draw what is too much for elements as a line of marks. @param {CanvasRenderingContext2D} context */
  drawMarks(context, rows) {
    if (!this.isCrowded) return;
    const { annotations } = this.state.document;
    for (const outline of this.outlines) {
      const { channel, label, state } = annotations.get(outline.id);
      context.fillStyle = labelColour(label);
      context.globalAlpha = state === "proposed" ? 0.45 : 1;
      const top = (rows.find((row) => row.channel === channel) ?? rows[0]).spectrogram.top;
      context.fillRect(outline.left, top, Math.max(outline.right - outline.left, 1), MARK_HEIGHT_PX);
    }
    context.globalAlpha = 1;
  }

  /** Forget what was drawn: colours are others. */
  repaint() {
    for (const kept of this.kept.values()) kept.drawn = "";
  }

  #place(one, outline, width) {
    const kept = this.kept.get(one.id) ?? this.#make(one.id);
    const isSelected = this.state.selection.has(one.id);
    const drawn = [outline.left, outline.right, outline.top, outline.bottom, one.label, one.state, one.score, isSelected].join(" ");
    if (kept.drawn === drawn) return;
    kept.drawn = drawn;
    const left = Math.max(outline.left, -OUTSIDE_PX);
    const wide = Math.min(outline.right, width + OUTSIDE_PX) - left;
    const { element, chip } = kept;
    element.style.transform = `translate(${left.toFixed(1)}px, ${outline.top.toFixed(1)}px)`;
    element.style.width = `${Math.max(wide, 0).toFixed(1)}px`;
    element.style.height = `${(outline.bottom - outline.top).toFixed(1)}px`;
    element.style.setProperty("--label", labelColour(one.label));
    element.style.setProperty("--depth", depthOf(one));
    element.classList.toggle("event", outline.isEvent);
    element.classList.toggle("box", outline.isBox);
    element.classList.toggle("proposed", one.state === "proposed");
    element.classList.toggle("narrow", wide < LEAST_CHIP_PX && !outline.isEvent);
    element.setAttribute("aria-selected", String(isSelected));
    element.setAttribute("aria-label", describe(one));
    chip.textContent = one.state === "proposed" && one.score !== null ? `${one.label} ${one.score.toFixed(2).replace(/^0/, "")}` : one.label || "·";
  }

  #make(id) {
    const chip = h("span.chip-label");
    const element = h("div.annotation", { role: "option", "data-testid": "annotation", "data-id": id }, chip);
    this.element.append(element);
    const kept = { element, chip, drawn: "" };
    this.kept.set(id, kept);
    return kept;
  }
}
