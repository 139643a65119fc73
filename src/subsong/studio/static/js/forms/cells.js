// A value in a list, or beside its name in a table: small enough to stand in a line with others.

import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { isText, makeControl, quote, unquote } from "./controls.js";
import { newId } from "./fields.js";

/**
 * @param {any} node  of the value
 * @param {{isFixed: boolean, isNamed: boolean}} how  without buttons; with a name before it
 * @param {{remove: () => void, insert: (values: string[]) => void, change: () => void}} actions
 */
export function makeCell(node, { isFixed, isNamed }, actions) {
  const id = newId();
  const item = unquote(node);
  const control = makeControl(item, id);
  const error = h("p.wrong", { id: `${id}-error`, hidden: true, role: "alert" });
  const name = isNamed && h("input.cell-name", { type: "text", value: item.title === "*" ? "" : item.title, placeholder: "name", "aria-label": "Name", spellcheck: "false", autocomplete: "off", "data-testid": "cell-name" });
  const remove = !isFixed && h("button.quiet.icon-only.small-button", { type: "button", title: "Remove", "aria-label": "Remove", onclick: actions.remove, "data-testid": "remove-cell" }, icon("close"));
  const element = h("span.cell", { "data-testid": "cell" }, name, name && ":", control.element, remove, error);
  control.input.id = id;
  control.input.setAttribute("aria-label", item.title === "*" ? "Value" : item.title);
  control.input.setAttribute("aria-describedby", `${id}-error`);
  control.input.addEventListener("input", () => { fit(); actions.change(); });
  if (name) name.addEventListener("input", actions.change);
  else if (!isFixed && control.input.type === "text") listenToKeys(control, actions);
  const fit = () => { if (control.input.type === "text") control.input.size = Math.min(24, Math.max(2, control.input.value.length)); };
  const read = () => control.read() ?? (item.default === "null" ? "" : item.default);
  fit();
  return {
    element,
    path: item.path,
    usual: '""',
    name: () => name.value.trim(),
    isChanged: () => false,
    text: () => (isText(item) ? JSON.stringify(read()) : quote(item, read())),
    focus: () => (name || control.input).focus(),
    setError(message) {
      control.input.setAttribute("aria-invalid", message ? "true" : "false");
      element.classList.toggle("invalid", Boolean(message));
      error.hidden = !message;
      replace(error, message ?? "");
    },
  };
}

/** Enter and commas begin the next value, Backspace in an empty one removes it: a list is typed as it is read. */
function listenToKeys(control, actions) {
  const { input } = control;
  input.addEventListener("keydown", (event) => {
    if (event.key === "Backspace" && !input.value) actions.remove();
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) actions.insert([null]);
    else return;
    event.preventDefault();
  });
  input.addEventListener("input", () => {
    if (!input.value.includes(",")) return;
    const [first, ...rest] = input.value.replace(/[[\]]/g, "").split(",").map((one) => one.trim());
    input.value = first;
    actions.insert(rest.map((one) => one || null));
  });
}
