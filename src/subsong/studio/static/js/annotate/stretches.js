// Stretches of time that were looked at: joined, taken away, asked for. Pairs [start_s, stop_s], in order, apart.

/** @typedef {[number, number]} Stretch */

/** @param {Stretch[]} stretches @returns {Stretch[]} */
export function addStretch(stretches, start_s, stop_s) {
  const apart = stretches.filter(([start, stop]) => stop < start_s || start > stop_s);
  const joined = stretches.filter(([start, stop]) => stop >= start_s && start <= stop_s);
  const whole = [Math.min(start_s, ...joined.map(([start]) => start)), Math.max(stop_s, ...joined.map(([, stop]) => stop))];
  return [...apart, whole].sort((a, b) => a[0] - b[0]);
}

/** @param {Stretch[]} stretches @returns {Stretch[]} */
export function removeStretch(stretches, start_s, stop_s) {
  return stretches.flatMap(([start, stop]) => {
    if (stop <= start_s || start >= stop_s) return [[start, stop]];
    return [[start, start_s], [stop_s, stop]].filter(([from, to]) => to > from);
  });
}

/** Whether a stretch lies wholly within those that were looked at. @param {Stretch[]} stretches */
export const covers = (stretches, start_s, stop_s) => stretches.some(([start, stop]) => start <= start_s + 1e-6 && stop >= stop_s - 1e-6);
