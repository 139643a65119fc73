// The command line that does the same as the page, with a button that copies it.

import { h, replace } from "../shell/dom.js";
import { icon } from "../shell/icons.js";
import { say } from "../shell/notes.js";

/** @returns {{element: HTMLElement, show: (command: string | null) => void}} */
export function makeCommand() {
  const text = h("code", { "data-testid": "command" });
  const copy = h("button.quiet", { type: "button", "data-testid": "copy-command", onclick: () => copyText(text) }, icon("copy"), "Copy");
  const element = h("section.command", { "aria-label": "The same on the command line", hidden: true },
    h("div.row.spread", {}, h("span.small.muted", {}, "The same on the command line"), copy), h("pre", {}, text));
  return {
    element,
    show(command) {
      element.hidden = !command;
      if (command) replace(text, command);
    },
  };
}

async function copyText(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    say("Copied");
  } catch {
    // Without leave to write to the clipboard: select it, so that Ctrl-C does.
    getSelection().selectAllChildren(element);
    say("Selected: copy it with Ctrl-C");
  }
}
