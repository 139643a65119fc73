// Where the marks of an axis are, and what they say: times in ms, s or h:min:s, frequencies in Hz or kHz.

/** A step of 1, 2 or 5 times a power of ten, at least as long as asked. */
export function chooseStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least * 0.999);
}

const CLOCK_STEPS_S = [10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

export const chooseTimeStep = (least_s) =>
  least_s <= 5 ? chooseStep(least_s) : (CLOCK_STEPS_S.find((step) => step >= least_s) ?? chooseStep(least_s));

const pad = (number, width = 2) => String(number).padStart(width, "0");

/** A time as a person writes it, as exact as the step of the axis asks for. */
export function formatTime(time_s, step_s) {
  const digits = Math.min(Math.max(0, -Math.floor(Math.log10(step_s) + 1e-9)), 6);
  const total = Number(Math.abs(time_s).toFixed(digits));
  const minutes = Math.floor(total / 60);
  const seconds = (total - 60 * minutes).toFixed(digits);
  if (minutes === 0) return `${seconds} s`;
  const rest = `${pad(minutes % 60)}:${seconds.padStart(digits > 0 ? digits + 3 : 2, "0")}`;
  return minutes < 60 ? rest.replace(/^0(?=\d)/, "") : `${Math.floor(minutes / 60)}:${rest}`;
}

export function formatDuration(duration_s) {
  const duration_ms = Math.round(duration_s * 10_000) / 10;
  if (duration_ms < 100) return `${duration_ms.toFixed(1)} ms`;
  if (duration_ms < 999.5) return `${duration_ms.toFixed(0)} ms`;
  return formatTime(duration_s, duration_s < 60 ? 0.01 : 1);
}

export function formatHz(hz) {
  return hz < 1000 ? `${Math.round(hz)} Hz` : `${(hz / 1000).toFixed(hz < 20000 ? 2 : 1)} kHz`;
}

/** Marks from low to high, `step` apart. @returns {number[]} */
export function listTicks(low, high, step) {
  const ticks = [];
  for (let number = Math.ceil(low / step - 1e-9); number * step <= high + step * 1e-9; number++) ticks.push(number * step);
  return ticks;
}
