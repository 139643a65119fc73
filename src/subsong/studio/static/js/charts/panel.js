// One chart of one quantity, in the colours of the page: lines of one run, or of several that are compared.

import { listColours } from "../shell/colours.js";
import { h } from "../shell/dom.js";
import { getColour } from "../shell/theme.js";
import { smooth } from "./series.js";

const CONFIG = { displaylogo: false, responsive: true, modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]], displayModeBar: "hover" };
const MARKED = 40;
// So few epochs or steps have a tick each.
const FEW = 8;

/**
 * @typedef {{axis: "epoch" | "step", logX: boolean, logY: boolean, smoothing: number}} Look
 * @typedef {{run: string, index: number, isOnly: boolean, line: import("./series.js").Line}} Curve
 */

/** @param {any} plotly @param {string} name */
export function makePanel(plotly, name, isMain) {
  const place = h("div.plot", { "data-testid": `plot-${name}` });
  const element = h("figure.panel", { class: isMain ? "main" : "" }, h("figcaption", {}, name.replaceAll("_", " ")), place);
  return {
    element,
    /** @param {Curve[]} curves @param {Look} look */
    draw(curves, look) {
      place.dataset.points = String(curves.reduce((sum, { line }) => sum + line.x.length, 0));
      return plotly.react(place, curves.flatMap((curve) => trace(curve, look)), layout(look, isMain, Math.max(1, ...curves.map(({ line }) => line.x.at(-1) ?? 1))), CONFIG);
    },
    close: () => plotly.purge(place),
  };
}

function trace({ run, index, isOnly, line }, look) {
  const palette = listColours();
  const isTrain = line.split === "train";
  const colour = isOnly ? palette[isTrain || !line.split ? 0 : 1] : palette[index % palette.length];
  const name = isOnly ? line.split || "value" : `${run}${line.split ? ` ${line.split}` : ""}`;
  const style = {
    x: line.x, name, type: "scatter", mode: line.x.length <= MARKED ? "lines+markers" : "lines", connectgaps: false,
    line: { color: colour, width: 1.8, dash: !isOnly && isTrain ? "dot" : "solid" }, marker: { size: 4, color: colour },
    hovertemplate: "%{y:.5g}",
  };
  const smoothed = { ...style, y: smooth(line.y, look.smoothing) };
  if (!look.smoothing) return [smoothed];
  const raw = { ...style, y: line.y, opacity: 0.25, hoverinfo: "skip", hovertemplate: undefined, showlegend: false, line: { ...style.line, width: 1 }, mode: "lines" };
  return [raw, smoothed];
}

function layout(look, isMain, lastX) {
  const axis = { gridcolor: getColour("line"), zerolinecolor: getColour("line"), linecolor: getColour("faint"), color: getColour("muted"), automargin: true };
  const spike = { showspikes: true, spikemode: "across", spikethickness: 1, spikedash: "dot", spikecolor: getColour("muted"), spikesnap: "cursor" };
  return {
    uirevision: `${look.axis} ${look.logX} ${look.logY}`,
    margin: { l: 44, r: 10, t: 6, b: 34 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", size: 11.5, color: getColour("ink") },
    xaxis: { ...axis, ...spike, unifiedhovertitle: { text: `${look.axis} %{x}` }, title: { text: look.axis, standoff: 4 }, type: look.logX ? "log" : "linear", dtick: look.logX || lastX > FEW ? undefined : 1 },
    yaxis: { ...axis, type: look.logY ? "log" : "linear", exponentformat: "e" },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: getColour("muted"), activecolor: getColour("accent") },
    hovermode: "x unified",
    hoverlabel: { bgcolor: getColour("raised"), bordercolor: getColour("line"), font: { color: getColour("ink") } },
    showlegend: isMain, legend: { orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom", font: { color: getColour("ink") } },
  };
}
