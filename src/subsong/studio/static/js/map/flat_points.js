// The points set pixel by pixel: at first, and where the browser has no WebGL2. Slower to move, the same to look at.

import { getColour } from "../shell/theme.js";
import { parseColour } from "./colouring.js";
import { BRIGHT_PASS, FADED, FADED_PASS, LINE_STRENGTH, chooseStrength } from "./styles.js";

export class FlatPointLayer {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import("./data.js").MapData} data
   * @param {import("./styles.js").Styles} styles
   */
  constructor(canvas, data, styles) {
    Object.assign(this, { canvas, data, styles, lines: null });
    this.context = canvas.getContext("2d", { willReadFrequently: true });
  }

  /** Styles are read at every draw. */
  sendStyles() {}

  /** Lines between points, two items each; null for none. @param {Uint32Array | null} pairs */
  setLines(pairs) {
    this.lines = pairs;
  }

  /**
   * @param {import("./camera.js").Camera} camera
   * @param {number} radius  of a point, pixels of the layout
   * @param {number} count  how many are drawn
   */
  draw(camera, radius, count) {
    const { context, canvas } = this;
    const reach = Math.ceil(radius * camera.ratio + 0.5);
    // Wider than the canvas by a point at each side, so that no pixel of a point that is drawn lies outside.
    const image = context.createImageData(canvas.width + 2 * reach, canvas.height + 2 * reach);
    const paper = parseColour(getColour("paper"));
    new Uint32Array(image.data.buffer).fill(new Uint32Array(new Uint8Array([...paper, 255]).buffer)[0]);
    const stamp = buildStamp(radius * camera.ratio + 0.5, reach, image.width);
    if (this.styles.hasFaded) this.drawPass(image, camera, stamp, FADED_PASS, FADED, count);
    this.drawPass(image, camera, stamp, BRIGHT_PASS, chooseStrength(this.data.numItems, camera.zoom), count);
    context.putImageData(image, -reach, -reach);
    if (this.lines) this.drawLines(camera);
  }

  drawPass({ data, width, height }, camera, { reach, steps, covers }, pass, strength, count) {
    const { points, drawOrder } = this.data;
    const { bytes, table } = this.styles;
    const overs = covers.map((cover) => strength * cover);
    const scale = camera.scale * camera.ratio;
    const left = camera.toScreenX(0) * camera.ratio + reach;
    const top = camera.toScreenY(0) * camera.ratio + reach;
    for (let at = 0; at < count; at++) {
      if (bytes[2 * at + 1] !== pass) continue;
      const item = drawOrder[at];
      const x = Math.round(left + scale * points[2 * item]);
      const y = Math.round(top - scale * points[2 * item + 1]);
      if (x < reach || y < reach || x >= width - reach || y >= height - reach) continue;
      const colour = 4 * bytes[2 * at];
      setPoint(data, 4 * (y * width + x), steps, overs, table[colour], table[colour + 1], table[colour + 2]);
    }
  }

  drawLines(camera) {
    const { context, lines, data } = this;
    const place = (item) => [camera.toScreenX(data.points[2 * item]) * camera.ratio, camera.toScreenY(data.points[2 * item + 1]) * camera.ratio];
    context.globalAlpha = LINE_STRENGTH;
    context.strokeStyle = getColour("ink");
    context.beginPath();
    for (let at = 0; at < lines.length; at += 2) {
      context.moveTo(...place(lines[at]));
      context.lineTo(...place(lines[at + 1]));
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  close() {}
}

// The pixels of a disc: how far each is from its middle in the bytes of an image, and how much of it the disc covers.
function buildStamp(radius, reach, width) {
  const steps = [];
  const covers = [];
  for (let down = -reach; down <= reach; down++) {
    for (let right = -reach; right <= reach; right++) {
      const cover = Math.min(radius - Math.hypot(right, down), 1);
      if (cover <= 0) continue;
      steps.push(4 * (down * width + right));
      covers.push(cover);
    }
  }
  return { reach, steps: Int32Array.from(steps), covers: Float64Array.from(covers) };
}

// A colour over what is there.
function setPoint(data, middle, steps, overs, red, green, blue) {
  for (let at = 0; at < steps.length; at++) {
    const pixel = middle + steps[at];
    const over = overs[at];
    data[pixel] += over * (red - data[pixel]);
    data[pixel + 1] += over * (green - data[pixel + 1]);
    data[pixel + 2] += over * (blue - data[pixel + 2]);
  }
}
