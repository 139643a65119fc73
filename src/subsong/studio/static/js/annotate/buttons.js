// Buttons of the bars: pressed with the mouse they leave the focus where it is, so that keys go on working on the picture.

import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";

const keepFocus = (event) => event.preventDefault();

/**
 * @param {{icon?: string, text?: string, label: string, keys?: string, testid?: string, class?: string, run: () => void}} options
 *   `label`: what it does, for the tip and for who cannot see the icon
 */
export function button({ icon: name, text, label, keys, testid, class: kind, run }) {
  return h("button", {
    type: "button", class: [kind, text ? "" : "icon-only"].filter(Boolean).join(" "), title: keys ? `${label} (${keys})` : label,
    "aria-label": label, "data-testid": testid, onmousedown: keepFocus, onclick: run,
  }, name && icon(name), text);
}

/** A button that is in or out. */
export function toggle(options) {
  const element = button({ ...options, class: `toggle ${options.class ?? ""}` });
  return { element, set: (isOn) => element.setAttribute("aria-pressed", String(Boolean(isOn))) };
}

/** @param {{label: string, testid?: string, choices: [any, string][], value: any, onChange: (value: any) => void}} options */
export function select({ label, testid, choices, value, onChange }) {
  const element = h("select", { "aria-label": label, title: label, "data-testid": testid },
    choices.map(([choice, text]) => h("option", { value: String(choice), selected: choice === value }, text)));
  element.addEventListener("change", () => {
    onChange(choices[element.selectedIndex][0]);
    element.blur();
  });
  return element;
}

/**
 * A button that opens a panel below it; a press elsewhere, or Escape, closes it.
 *
 * @param {{text: string, label: string, testid?: string, draw: () => Node}} options
 */
export function menu({ text, label, testid, draw }) {
  const panel = h("div.menu-panel", { hidden: true });
  const opener = h("button.menu-opener", { type: "button", "aria-expanded": "false", "data-testid": testid, title: label, onclick: () => show(panel.hidden) }, text, icon("down"));
  const element = h("div.menu", {}, opener, panel);
  const closeOutside = (event) => { if (!element.contains(event.target)) show(false); };
  const closeByKey = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    show(false);
    opener.focus();
  };
  function show(isOpen) {
    if (isOpen) replace(panel, draw());
    panel.hidden = !isOpen;
    opener.setAttribute("aria-expanded", String(isOpen));
    const change = isOpen ? "addEventListener" : "removeEventListener";
    document[change]("pointerdown", closeOutside, true);
  }
  element.addEventListener("keydown", closeByKey);
  return { element, show };
}
