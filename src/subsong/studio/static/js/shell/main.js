// The start: the rail, the keys that work everywhere, the labels' colours, and the page the address names.

import { addressOf } from "./address.js";
import { askForModules } from "./ahead.js";
import { get } from "./api.js";
import { setLabels } from "./colours.js";
import { h, replace } from "./dom.js";
import { whenIdle } from "./frames.js";
import { icon } from "./icons.js";
import { bindKeys, showHelp } from "./keys.js";
import { fail } from "./notes.js";
import { goTo, onPage, startRouter } from "./router.js";
import { getTheme, onTheme, toggleTheme } from "./theme.js";

const PAGES = [
  ["project", "Project"],
  ["annotate", "Annotate"],
  ["predict", "Predict"],
  ["proofread", "Proofread"],
  ["map", "Map"],
  ["dataset", "Dataset"],
  ["train", "Train"],
  ["watch", "Watch"],
];

const [AFTER_MS, APART_MS] = [1500, 300];

function drawRail(rail) {
  const links = PAGES.map(([name, title], index) =>
    h("a.page", { href: addressOf(name), "data-page": name, "data-testid": `go-${name}`, title: `${title} (Alt+${index + 1})` }, icon(name), title));
  const theme = h("button", { onclick: toggleTheme, "data-testid": "theme" });
  const drawTheme = () => replace(theme, icon(getTheme() === "dark" ? "sun" : "moon"), getTheme() === "dark" ? "Light" : "Dark");
  onTheme(drawTheme);
  drawTheme();
  replace(rail,
    h("a.brand", { href: "#/project", "aria-label": "Subsong" }, h("img", { src: new URL("../../icon.svg", import.meta.url).href, alt: "" })),
    links,
    h("div.end", {}, theme, h("button", { onclick: showHelp, "data-testid": "show-help" }, icon("help"), "Keys")));
  onPage((name) => {
    for (const link of links) {
      if (link.dataset.page === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  });
}

async function readLabels() {
  const { labels } = await get("/api/labels");
  setLabels([...new Set(labels.map((entry) => entry.label))]);
}

async function nameWindow() {
  const project = await get("/api/project");
  document.title = `${project.name} – Subsong`;
}

bindKeys("everywhere", [
  { keys: "?", label: "Show the keys of this page", run: showHelp },
  { keys: "Alt+D", label: "Light or dark", run: toggleTheme },
  ...PAGES.map(([name, title], index) => ({ keys: `Alt+${index + 1}`, label: title, group: "Pages", run: () => goTo(name) })),
]);
drawRail(document.getElementById("rail"));
nameWindow().catch(fail);
await readLabels().catch(fail);
await startRouter(document.getElementById("place"), PAGES.map(([name]) => name));
// The other pages' code comes one after the other while nothing else is to be done, so that they open at once.
for (const [index, [name]] of PAGES.entries()) setTimeout(() => whenIdle(() => askForModules(name, "low")), AFTER_MS + index * APART_MS);
