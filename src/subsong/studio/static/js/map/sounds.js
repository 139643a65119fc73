// Hearing items: one sound, or a whole trajectory with a point that moves along it.

import { url } from "../shell/api.js";
import { fail } from "../shell/notes.js";
import { play, stop } from "../shell/player.js";

export class Sounds {
  /**
   * @param {import("./data.js").MapData} data
   * @param {import("./details.js").DetailStore} details
   * @param {import("./paths.js").Paths} paths
   * @param {() => void} redraw
   */
  constructor(data, details, paths, redraw) {
    Object.assign(this, { data, details, paths, redraw });
    /** @type {{item: number, share: number, place: [number, number] | null} | null} */
    this.playing = null;
    this.turn = 0;
  }

  get has() {
    return this.data.description.has_sound;
  }

  async playItem(item) {
    if (!this.has || item < 0) return;
    const mine = ++this.turn;
    try {
      const known = await this.details.load(item);
      if (mine !== this.turn) return;
      const span = Math.max(known.offset_s - known.onset_s, 1e-3);
      const follow = (time) => ({ item, share: Math.min((time - known.onset_s) / span, 1), place: null });
      await this.start({ item }, known.onset_s, known.speed, follow);
    } catch (error) {
      fail(error);
    }
  }

  /** The whole song an item is of. */
  async playPath(item) {
    const items = this.paths.of(item);
    if (!this.has || !items.length) return;
    const mine = ++this.turn;
    try {
      const known = await this.details.load(items[0]);
      if (mine !== this.turn) return;
      const follow = (time) => ({ item, share: 0, place: this.paths.locate(items, time) });
      await this.start({ item, whole: true }, known.onset_s, known.speed, follow);
    } catch (error) {
      fail(error);
    }
  }

  start(query, startS, speed, follow) {
    const show = (playing) => {
      this.playing = playing;
      this.redraw();
    };
    return play({
      url: url(`${this.data.address}/sound`, { ...query, v: this.data.description.version }),
      startS,
      speed: speed ?? 1,
      onTime: (time) => show(follow(time)),
      onEnd: () => show(null),
    });
  }

  stop() {
    this.turn++;
    stop();
  }
}
