// Numbers for people.

/** @param {number | null} seconds @returns {string} such as "2 min 5 s" */
export function saySeconds(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** @param {number | null} value @returns {string} four digits that count */
export function sayNumber(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const isFar = size >= 1e5 || (size < 1e-3 && size > 0);
  const text = isFar ? value.toExponential(2) : Number(value.toPrecision(4)).toLocaleString("en-US", { maximumFractionDigits: 6 });
  return text.replaceAll("-", "−");
}

/** "1 recording", "2 recordings". */
export const countNoun = (number, noun, several = `${noun}s`) => `${number.toLocaleString("en-US")} ${number === 1 ? noun : several}`;

/** @param {number} seconds  since 1970 @returns {string} day and time of this place */
export const sayTime = (seconds) => new Date(seconds * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
