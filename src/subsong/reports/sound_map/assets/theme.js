// Light or dark: the reader's setting until the button is pressed.

const darkSetting = matchMedia("(prefers-color-scheme: dark)");
const themeListeners = [];
let themeColours = {};

const getTheme = () => document.documentElement.dataset.theme;

function parseColour(text) {
  const hex = text.trim().slice(1);
  return [0, 2, 4].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  const style = getComputedStyle(document.documentElement);
  for (const part of ["paper", "ink", "muted", "line", "faint", "accent"]) {
    themeColours[part] = style.getPropertyValue(`--${part}`).trim();
  }
  for (const listener of themeListeners) listener();
}

darkSetting.addEventListener("change", () => setTheme(darkSetting.matches ? "dark" : "light"));
