// The two axes: time below the picture, frequency at its left.

import { chooseStep, chooseTimeStep, formatTime, listTicks } from "./ticks.js";
import { endOf, hzToY, timeToX } from "./viewport.js";

const TIME_TICK_PX = 90;
const HZ_TICK_PX = 34;
const MARK_PX = 5;
const FONT = "11px system-ui, sans-serif";

/** @typedef {{context: CanvasRenderingContext2D, width: number, height: number, ink: Object<string, string>}} Sheet what is drawn on, and the theme's colours */

/** @param {Sheet} sheet */
function prepare({ context, width, height, ink }) {
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  context.fillStyle = ink.muted;
  context.strokeStyle = ink.faint;
  context.lineWidth = 1;
}

/** Draw the axis of time, with the stretches that were looked at as a band. @param {Sheet} sheet */
export function drawTimeAxis(sheet, view, reviewed) {
  const { context, width, ink } = sheet;
  prepare(sheet);
  const step = chooseTimeStep((view.span_s / width) * TIME_TICK_PX);
  context.textAlign = "center";
  context.textBaseline = "top";
  context.beginPath();
  for (const time_s of listTicks(view.start_s, endOf(view), step)) {
    const x = Math.round(timeToX(view, width, time_s)) + 0.5;
    context.moveTo(x, 0);
    context.lineTo(x, MARK_PX);
    const text = formatTime(time_s, step);
    const half = context.measureText(text).width / 2 + 2;
    context.fillText(text, Math.min(Math.max(x, half), width - half), MARK_PX + 2);
  }
  context.stroke();
  context.fillStyle = ink.good;
  for (const [start_s, stop_s] of reviewed) {
    const left = timeToX(view, width, start_s);
    context.fillRect(left, 0, timeToX(view, width, stop_s) - left, 3);
  }
}

/** Draw the axis of frequency beside each spectrogram. @param {Sheet} sheet @param {import("./rows.js").Row[]} rows */
export function drawFrequencyAxis(sheet, view, rows) {
  const { context, width } = sheet;
  prepare(sheet);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const row of rows) drawRowAxis(context, width, view, row, rows.length > 1);
}

function drawRowAxis(context, width, view, { channel, spectrogram, waveform }, named) {
  const { top, height } = spectrogram;
  const step = chooseStep(((view.high_hz - view.low_hz) / height) * HZ_TICK_PX);
  context.beginPath();
  for (const hz of listTicks(view.low_hz, view.high_hz, step)) {
    const y = Math.round(top + hzToY(view, height, hz)) + 0.5;
    context.moveTo(width - MARK_PX, y);
    context.lineTo(width, y);
    const text = String(Number((hz / 1000).toFixed(3)));
    context.fillText(text, width - MARK_PX - 3, Math.min(Math.max(y, top + 6), top + height - 6));
  }
  context.stroke();
  context.save();
  context.translate(8, top + height / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText("kHz", 0, 0);
  context.restore();
  if (named) context.fillText(`ch ${channel}`, width - 3, (waveform ? waveform.top : top) + 8);
}
