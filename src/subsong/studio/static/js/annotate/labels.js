// Which labels there are, and which key gives each.

import { listLabels } from "../shell/colours.js";

/** Letters that do something else on this page. */
export const COMMAND_LETTERS = "adenprx";
const DIGITS = "1234567890";
const LETTERS = "bcfghijklmoqstuvwyz";

/** Labels of the project and of this recording, most frequent first; `chosen` is among them. @returns {string[]} */
export function gatherLabels(document, chosen) {
  const counts = countLabels(document);
  const own = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  return [...new Set([...listLabels(), ...own, chosen])].filter(Boolean);
}

/** @returns {Map<string, number>} label -> how many annotations have it */
export function countLabels(document) {
  const counts = new Map();
  for (const { label } of document.annotations.values()) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/**
 * Keys for labels: a letter or digit for itself where it is free, else the next free digit, then letter.
 *
 * @param {string[]} labels
 * @returns {Map<string, string>} label -> key; labels beyond the keyboard have none
 */
export function assignKeys(labels) {
  const keys = new Map();
  const free = new Set([...DIGITS, ...LETTERS]);
  for (const label of labels) if (free.delete(label)) keys.set(label, label);
  for (const label of labels) {
    if (keys.has(label)) continue;
    const [key] = free;
    if (key === undefined) break;
    free.delete(key);
    keys.set(label, key);
  }
  return keys;
}
