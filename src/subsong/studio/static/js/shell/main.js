// The start: the rail, the keys that work everywhere, the labels' colours, and the page the address names.

import { get } from "./api.js";
import { setLabels } from "./colours.js";
import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { bindKeys, showHelp } from "./keys.js";
import { fail } from "./notes.js";
import { addressOf, goTo, onPage, readAddress, startRouter } from "./router.js";
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

function drawRail(rail) {
  const links = PAGES.map(([name, title], index) =>
    h("a.page", { href: addressOf(name), "data-page": name, "data-testid": `go-${name}`, title: `${title} (Alt+${index + 1})` }, icon(name), title));
  const theme = h("button", { onclick: toggleTheme, "data-testid": "theme" });
  const drawTheme = () => replace(theme, icon(getTheme() === "dark" ? "sun" : "moon"), getTheme() === "dark" ? "Light" : "Dark");
  onTheme(drawTheme);
  drawTheme();
  replace(rail,
    h("a.brand", { href: "#/project", "aria-label": "Subsong" }, h("img", { src: "/static/icon.svg", alt: "" })),
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
// On its way while the labels come; the router tells what is wrong with a page.
import(`../${readAddress().page}/view.js`).catch(() => {});
nameWindow().catch(fail);
await readLabels().catch(fail);
await startRouter(document.getElementById("place"), PAGES.map(([name]) => name));
// The other pages' code comes while nothing else is to be done, so that they open at once.
const whenIdle = window.requestIdleCallback ?? ((run) => setTimeout(run, 500));
for (const [name] of PAGES) whenIdle(() => import(`../${name}/view.js`).catch(() => {}));
