// Hearing what is seen: at its own speed, slowed, or moved down in frequency where it lies above hearing.

import { url } from "../shell/api.js";
import { fail } from "../shell/notes.js";
import { isPlaying, play, stop } from "../shell/player.js";
import { findStretch } from "./commands.js";
import { endOf, fitView } from "./viewport.js";

/** Where a browser may not play at the recording's own rate, and where nobody hears the upper half. */
export const ULTRASOUND_RATE_HZ = 96_000;
export const SPEEDS = [1, 1 / 2, 1 / 4, 1 / 10, 1 / 20];
const FOLLOW_AT = 0.94;
const FOLLOW_TO = 0.06;

export class Playback {
  /** @param {import("./state.js").State} state */
  constructor(state) {
    this.state = state;
    this.speed = state.info.sample_rate_hz > ULTRASOUND_RATE_HZ ? 1 / 10 : 1;
    this.shift_hz = 0;
    this.isOn = false;
  }

  /** Play what is selected, or on from the cursor; stop where it plays. */
  toggle() {
    if (this.isOn && isPlaying()) return this.stop();
    const stretch = findStretch(this.state);
    const isLong = stretch && stretch.stop_s > stretch.start_s;
    this.start(isLong ? stretch : { start_s: this.#findStart(), stop_s: this.state.info.duration_s });
  }

  /** Play what is in view. */
  playView = () => this.start({ start_s: this.state.view.start_s, stop_s: endOf(this.state.view) });

  /** @param {{start_s: number, stop_s: number}} stretch */
  start({ start_s, stop_s }) {
    const { state } = this;
    const query = { recording: state.info.name, channel: state.activeChannel, start_s, stop_s, speed: this.speed, shift_hz: this.shift_hz };
    // The player tells the end of what played before it begins anew.
    play({
      url: url("/api/sound/audio", query),
      startS: start_s,
      speed: this.speed,
      loop: state.settings.loop,
      onTime: (time_s) => this.#follow(Math.min(time_s, stop_s)),
      onEnd: () => this.#end(),
    }).catch(fail);
    this.isOn = true;
    state.setPlaying(start_s);
  }

  stop() {
    if (this.isOn) stop();
  }

  /** Play at another speed, or another shift, from where it is. */
  setManner({ speed = this.speed, shift_hz = this.shift_hz }) {
    this.speed = speed;
    this.shift_hz = shift_hz;
    const { playing_s } = this.state;
    if (playing_s !== null) this.start({ start_s: playing_s, stop_s: findStretch(this.state)?.stop_s ?? this.state.info.duration_s });
    this.state.tell("playing");
  }

  #findStart() {
    const { cursor_s, view, info } = this.state;
    const isInView = cursor_s >= view.start_s && cursor_s <= endOf(view) && cursor_s < info.duration_s - 0.01;
    return isInView ? cursor_s : view.start_s;
  }

  #follow(time_s) {
    const { state } = this;
    state.setPlaying(time_s);
    const { view } = state;
    const isOutside = time_s > view.start_s + FOLLOW_AT * view.span_s || time_s < view.start_s;
    if (state.settings.follow && isOutside && endOf(view) < state.info.duration_s)
      state.setView(fitView({ ...view, start_s: time_s - FOLLOW_TO * view.span_s }, state.bounds));
  }

  #end() {
    this.isOn = false;
    this.state.setPlaying(null);
  }
}
