// The bar above the picture: playing, zooming, what is drawn and how.

import { h } from "../shell/dom.js";
import { button, select, toggle } from "./buttons.js";
import { zoomToSelected } from "./commands.js";
import { createPictureMenu } from "./picture_menu.js";
import { SPEEDS, ULTRASOUND_RATE_HZ } from "./playback.js";
import { showStretch, zoomTime } from "./viewport.js";

const ZOOM = 0.6;
const MOST_STACKED = 8;
const SHIFTS_HZ = [0, 20_000, 40_000, 60_000, 80_000];

/** @param {import("./stage.js").Stage} stage @param {import("./playback.js").Playback} playback */
export function createToolbar(stage, playback) {
  const { state } = stage;
  return h("div.toolbar", { role: "toolbar", "aria-label": "Picture and sound" },
    drawPlayback(state, playback), drawZoom(state), drawToggles(state), drawChannels(state), h("span.room"), createPictureMenu(stage), drawPanelToggle(state));
}

function drawPlayback(state, playback) {
  const start = button({ icon: "play", label: "Play what is selected, or on from the cursor", keys: "Space", testid: "play", class: "start", run: () => playback.toggle() });
  const stop = button({ icon: "stop", label: "Stop", keys: "Space", testid: "stop", run: () => playback.stop() });
  const draw = () => {
    start.hidden = state.playing_s !== null;
    stop.hidden = state.playing_s === null;
  };
  state.on("playing", draw);
  draw();
  const speeds = SPEEDS.map((speed) => [speed, speed === 1 ? "1×" : `1/${Math.round(1 / speed)}×`]);
  const loop = settingToggle(state, "loop", { icon: "loop", label: "Repeat", keys: "Shift+L" });
  return h("div.tools", {}, start, stop,
    select({ label: "Speed; slower sounds lower", testid: "speed", choices: speeds, value: playback.speed, onChange: (speed) => playback.setManner({ speed }) }),
    state.info.sample_rate_hz > ULTRASOUND_RATE_HZ && drawShift(playback), loop);
}

/** Ultrasound is heard at its own speed when it is moved down in frequency. */
function drawShift(playback) {
  const choices = SHIFTS_HZ.map((hz) => [hz, hz === 0 ? "not shifted" : `−${hz / 1000} kHz`]);
  return select({ label: "Shift into hearing: moved down in frequency", testid: "shift", choices, value: playback.shift_hz, onChange: (shift_hz) => playback.setManner({ shift_hz }) });
}

function drawZoom(state) {
  const centre = () => state.view.start_s + state.view.span_s / 2;
  const zoom = (factor) => () => state.setView(zoomTime(state.view, state.bounds, factor, centre()));
  const whole = () => state.setView(showStretch(state.view, state.bounds, 0, state.info.duration_s, 0));
  return h("div.tools", {},
    button({ icon: "plus", label: "Zoom in", keys: "+, Ctrl and wheel", testid: "zoom-in", run: zoom(ZOOM) }),
    button({ icon: "minus", label: "Zoom out", keys: "-", testid: "zoom-out", run: zoom(1 / ZOOM) }),
    button({ text: "Selection", label: "Zoom to what is selected", keys: "Ctrl+E", run: () => zoomToSelected(state, showStretch) }),
    button({ text: "All", label: "Show the whole recording", keys: "Ctrl+0", testid: "zoom-all", run: whole }));
}

function settingToggle(state, key, options) {
  const { element, set } = toggle({ ...options, run: () => state.setSettings({ [key]: !state.settings[key] }) });
  const draw = () => set(state.settings[key]);
  state.on("settings", draw);
  draw();
  return element;
}

function drawToggles(state) {
  return h("div.tools", {},
    settingToggle(state, "follow", { text: "Follow", label: "The picture follows the playing", keys: "Shift+F" }),
    settingToggle(state, "showWaveform", { text: "Waveform", label: "Waveform above the spectrogram", keys: "Shift+W", testid: "show-waveform" }),
    settingToggle(state, "drawBoxes", { text: "Boxes", label: "Draw with bounds in frequency", keys: "Shift+B", testid: "draw-boxes" }),
    settingToggle(state, "snap", { text: "Snap", label: "Edges hold on to edges nearby; Alt, pressed during a drag, turns it over", keys: "Shift+S" }),
    settingToggle(state, "goOn", { text: "Go on", label: "A label given by its key goes on to the next annotation", keys: "Shift+G", testid: "go-on" }));
}

function drawChannels(state) {
  const { num_channels } = state.info;
  if (num_channels === 1) return null;
  const every = Array.from({ length: num_channels }, (_, channel) => channel);
  const choices = every.map((channel) => [channel, `channel ${channel}`]);
  if (num_channels <= MOST_STACKED) choices.unshift(["all", "all channels"]);
  const value = state.channels.length > 1 ? "all" : state.channels[0];
  const choose = (chosen) => state.setChannels(chosen === "all" ? every : [chosen]);
  return h("div.tools", {}, select({ label: "Channels that are shown", testid: "channels", choices, value, onChange: choose }));
}

const drawPanelToggle = (state) => settingToggle(state, "showPanel", { text: "Panel", label: "Table, history and files at the side", testid: "show-panel" });
