// What lies over the points: pictures, names, trajectories, rings round the item pointed at and the one held, the lasso.

import { getColour } from "../shell/theme.js";
import { choosePictures } from "./thumbnails.js";
import { chooseRadius } from "./styles.js";

const PICTURE_HEIGHT = 58;
const MIN_RING = 6;
const MAX_NAMES = 40;
const MIN_NAMED = 3; // a name for fewer items says more than they do
const MAX_LETTERS = 24;
const [NAME_GAP, NAME_HEIGHT] = [12, 17];
const MOST_OF_GROUP = 0.95;
const MAX_MEASURED = 1000;
const LARGE_GROUP = 60; // half the height on the screen of a group that is still seen behind its name

export class Overlay {
  /** @param {HTMLCanvasElement} canvas @param {Object} parts  what is looked at, see `openMap` */
  constructor(canvas, parts) {
    this.context = canvas.getContext("2d");
    this.parts = parts;
    /** @type {number[]} the lasso while it is drawn, x, y, x, y, ... of the screen */
    this.outline = [];
    this.readTheme();
  }

  readTheme() {
    this.colours = Object.fromEntries(["paper", "ink", "muted", "accent"].map((name) => [name, getColour(name)]));
  }

  place(item) {
    const { camera, data } = this.parts;
    return [camera.toScreenX(data.points[2 * item]), camera.toScreenY(data.points[2 * item + 1])];
  }

  draw() {
    const { context } = this;
    const { camera, state, data, sounds } = this.parts;
    context.setTransform(camera.ratio, 0, 0, camera.ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    this.radius = Math.max(chooseRadius(camera, data.numItems, state.pointSize) + 3, MIN_RING);
    if (state.pictures && data.description.image) this.drawPictures();
    this.drawNames();
    this.drawPath(state.hovered >= 0 ? state.hovered : state.pinned);
    if (state.hovered >= 0) this.drawRing(state.hovered, this.radius, this.colours.ink, 1.5);
    if (state.pinned >= 0) {
      this.drawRing(state.pinned, this.radius + 1, this.colours.paper, 5);
      this.drawRing(state.pinned, this.radius + 1, this.colours.ink, 2);
    }
    if (this.outline.length > 2) this.drawOutline();
    if (sounds.playing) this.drawPlaying(sounds.playing);
  }

  drawRing(item, radius, colour, width) {
    const { context } = this;
    context.beginPath();
    context.arc(...this.place(item), radius, 0, 2 * Math.PI);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }

  drawPictures() {
    const { context } = this;
    const { images, colouring } = this.parts;
    const height = PICTURE_HEIGHT;
    const width = (height * images.size.width) / images.size.height;
    const edge = 2;
    const chosen = choosePictures(this.parts, width + 2 * edge + 4, height + 2 * edge + 4);
    for (const item of chosen) {
      const [x, y] = this.place(item);
      context.fillStyle = colouring.colourOf(item);
      context.beginPath();
      context.roundRect(x - width / 2 - edge, y - height / 2 - edge, width + 2 * edge, height + 2 * edge, 4);
      context.fill();
      const image = images.peek(item);
      if (image) context.drawImage(image, x - width / 2, y - height / 2, width, height);
    }
    images.prefetch(chosen);
  }

  drawNames() {
    const { state, camera, data } = this.parts;
    const { column } = state;
    if (column?.kind !== "category" || column.levels.length > MAX_NAMES || state.pictures) return;
    column.centres ??= findCentres(column, data);
    const { context } = this;
    context.font = `600 ${camera.width < 600 ? 12 : 14}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    const taken = [];
    column.centres.forEach((centre, code) => {
      const isQuiet = state.hiddenLevels.has(code) || (state.emphasised !== null && state.emphasised !== code);
      if (isQuiet || !centre) return;
      const level = column.levels[code];
      const name = level.length > MAX_LETTERS ? `${level.slice(0, MAX_LETTERS - 1)}…` : level;
      const reach = camera.scale * centre[2];
      const lift = reach < LARGE_GROUP ? reach + NAME_GAP : 0;
      this.drawName(name, camera.toScreenX(centre[0]), camera.toScreenY(centre[1]) - lift, taken);
    });
  }

  // Beside the names there are, a line higher or lower where one would cover another; not at all where there is no room.
  drawName(name, x, wantedY, taken) {
    const { context } = this;
    const half = context.measureText(name).width / 2;
    const isFree = (y) => taken.every((one) => Math.abs(one.x - x) > one.half + half || Math.abs(one.y - y) >= NAME_HEIGHT);
    const y = [0, -NAME_HEIGHT, NAME_HEIGHT].map((shift) => wantedY + shift).find(isFree);
    if (y === undefined) return;
    taken.push({ x, y, half });
    context.lineWidth = 4;
    context.strokeStyle = this.colours.paper;
    context.strokeText(name, x, y);
    context.fillStyle = this.colours.ink;
    context.fillText(name, x, y);
  }

  // The song an item is of: fainter at its beginning, so that one sees which way time goes.
  drawPath(item) {
    const { context } = this;
    const places = this.parts.paths.of(item).map((one) => this.place(one));
    context.lineCap = "round";
    for (const [width, colour] of [[5, this.colours.paper], [2.2, this.colours.ink]]) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      for (let at = 1; at < places.length; at++) {
        context.globalAlpha = 0.25 + 0.7 * (at / (places.length - 1));
        context.beginPath();
        context.moveTo(...places[at - 1]);
        context.lineTo(...places[at]);
        context.stroke();
      }
    }
    context.globalAlpha = 1;
    if (places.length > 1) this.drawDot(places[0], 4, this.colours.ink, this.colours.paper);
  }

  drawDot([x, y], radius, edge, fill) {
    const { context } = this;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = fill;
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = edge;
    context.stroke();
  }

  drawOutline() {
    const { context, outline } = this;
    context.beginPath();
    for (let at = 0; at < outline.length; at += 2) context.lineTo(outline[at], outline[at + 1]);
    context.closePath();
    context.globalAlpha = 0.12;
    context.fillStyle = this.colours.accent;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 1.5;
    context.strokeStyle = this.colours.accent;
    context.setLineDash([5, 4]);
    context.stroke();
    context.setLineDash([]);
  }

  // An arc round the item that is heard, closing as the sound goes on; or the point that moves along a trajectory.
  drawPlaying({ item, share, place }) {
    const { camera } = this.parts;
    if (place) {
      this.drawDot([camera.toScreenX(place[0]), camera.toScreenY(place[1])], 7, this.colours.paper, this.colours.accent);
      return;
    }
    const { context } = this;
    context.beginPath();
    context.arc(...this.place(item), this.radius + 4, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * Math.max(share, 0.02));
    context.lineWidth = 3;
    context.strokeStyle = this.colours.accent;
    context.stroke();
  }
}

// The place of each group's name: the item nearest its median, which itself may lie in another group; and how far most
// of the group reaches above it. Of a large group some are enough to tell.
function findCentres(column, data) {
  const members = column.levels.map(() => []);
  for (const item of data.drawOrder) {
    const group = members[column.codes[item]];
    if (group && group.length < MAX_MEASURED && !data.removed.has(item)) group.push(item);
  }
  return members.map((items) => (items.length < MIN_NAMED ? null : findCentre(items, data.points)));
}

function findCentre(items, points) {
  const median = (values) => values.sort()[values.length >> 1];
  const x = median(Float32Array.from(items, (item) => points[2 * item]));
  const y = median(Float32Array.from(items, (item) => points[2 * item + 1]));
  const distances = items.map((item) => Math.hypot(points[2 * item] - x, points[2 * item + 1] - y));
  const nearest = items[distances.indexOf(Math.min(...distances))];
  const heights = Float32Array.from(items, (item) => points[2 * item + 1] - points[2 * nearest + 1]).sort();
  return [points[2 * nearest], points[2 * nearest + 1], Math.max(0, heights[Math.floor(MOST_OF_GROUP * (items.length - 1))])];
}
