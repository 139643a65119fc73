// The points, drawn by WebGL: positions are sent once, colours when they change; moving and zooming change two numbers.

import { BRIGHT_PASS, FADED, FADED_PASS, LINE_STRENGTH, chooseStrength } from "./styles.js";

const VERTEX = `#version 300 es
layout(location = 0) in vec2 place;
layout(location = 1) in uvec2 style; // number in the table; 0: faded, 1: bright, 2: not drawn
uniform vec2 centre, scale;
uniform float size, strength;
uniform uint pass;
uniform sampler2D table;
flat out vec4 colour;
flat out float extent;
void main() {
  gl_Position = style.y == pass ? vec4((place - centre) * scale, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  gl_PointSize = size;
  extent = size;
  colour = vec4(texelFetch(table, ivec2(style.x, 0), 0).rgb, strength);
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
flat in vec4 colour;
flat in float extent;
uniform bool round_;
out vec4 pixel;
void main() {
  float cover = round_ ? clamp(0.5 * extent - length(gl_PointCoord - 0.5) * extent, 0.0, 1.0) : 1.0;
  if (cover <= 0.0) discard;
  pixel = vec4(colour.rgb, 1.0) * colour.a * cover;
}`;

export class PointLayer {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import("./data.js").MapData} data
   * @param {import("./styles.js").Styles} styles
   * @throws {Error} where the browser has no WebGL2
   */
  constructor(canvas, data, styles) {
    Object.assign(this, { canvas, data, styles, lines: null, onRestored: () => {} });
    this.gl = canvas.getContext("webgl2", { antialias: false, depth: false, powerPreference: "high-performance" });
    if (!this.gl) throw new Error("This browser has no WebGL2, which draws the points best.");
    this.build();
    // A graphics card may forget everything, such as when a laptop wakes.
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => this.restore());
  }

  restore() {
    this.build();
    this.sendStyles();
    this.setLines(this.lines);
    this.onRestored();
  }

  build() {
    const { gl } = this;
    const program = buildProgram(gl);
    gl.useProgram(program);
    this.places = Object.fromEntries(
      ["centre", "scale", "size", "strength", "pass", "round_"].map((name) => [name, gl.getUniformLocation(program, name)]),
    );
    gl.bindVertexArray(gl.createVertexArray());
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, this.orderPoints(), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    this.styleBuffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.styleBuffer);
    gl.bufferData(gl.ARRAY_BUFFER, this.styles.bytes, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribIPointer(1, 2, gl.UNSIGNED_BYTE, 0, 0);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  orderPoints() {
    const { points, drawOrder } = this.data;
    const ordered = new Float32Array(points.length);
    for (let at = 0; at < drawOrder.length; at++) {
      ordered[2 * at] = points[2 * drawOrder[at]];
      ordered[2 * at + 1] = points[2 * drawOrder[at] + 1];
    }
    return ordered;
  }

  /** The styles are others now. */
  sendStyles() {
    const { gl } = this;
    const { bytes, table } = this.styles;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.styleBuffer);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, bytes);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, table.length / 4, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, table);
  }

  /** Lines between points, two items each; null for none. @param {Uint32Array | null} pairs */
  setLines(pairs) {
    const { gl } = this;
    this.lines = pairs;
    if (!pairs) return;
    const placeOf = new Uint32Array(this.data.numItems);
    this.data.drawOrder.forEach((item, at) => (placeOf[item] = at));
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, pairs.map((item) => placeOf[item]), gl.STATIC_DRAW);
  }

  /**
   * @param {import("./camera.js").Camera} camera
   * @param {number} radius  of a point, pixels of the layout
   * @param {number} count  how many are drawn: the first of the order, which is a sample of all
   */
  draw(camera, radius, count) {
    const { gl, places } = this;
    const { width, height } = this.canvas;
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2f(places.centre, camera.x, camera.y);
    gl.uniform2f(places.scale, (2 * camera.scale) / camera.width, (2 * camera.scale) / camera.height);
    gl.uniform1f(places.size, 2 * radius * camera.ratio + 1);
    if (this.lines) this.drawPass(gl.LINES, BRIGHT_PASS, LINE_STRENGTH, this.lines.length);
    if (this.styles.hasFaded) this.drawPass(gl.POINTS, FADED_PASS, FADED, count);
    this.drawPass(gl.POINTS, BRIGHT_PASS, chooseStrength(this.data.numItems, camera.zoom), count);
  }

  drawPass(shape, pass, strength, count) {
    const { gl, places } = this;
    gl.uniform1ui(places.pass, pass);
    gl.uniform1f(places.strength, strength);
    gl.uniform1i(places.round_, shape === gl.POINTS ? 1 : 0);
    if (shape === gl.LINES) gl.drawElements(gl.LINES, count, gl.UNSIGNED_INT, 0);
    else gl.drawArrays(gl.POINTS, 0, count);
  }

  close() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

function buildProgram(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`The points cannot be drawn by WebGL2: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}
