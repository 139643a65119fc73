// The keyboard, and the buttons that do the same.

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function toggleTool(name) {
  state[name] = !state[name];
  const tool = { lasso: "tool-lasso", pictures: "tool-pictures", listen: "tool-hover" }[name];
  find(tool).setAttribute("aria-pressed", String(state[name]));
  stage.classList.toggle("lasso", state.lasso);
  requestDraw(false);
}

function moveTo(way) {
  const middle = findNearest(view.width / 2, view.height / 2, Infinity);
  const next = state.pinned < 0 ? middle : findNeighbour(state.pinned, ...way);
  if (next < 0) return;
  pinItem(next);
  showItem(next);
  if (state.listen) playItem(next);
}

// Lets go of one thing at a time, the latest first.
function letGo() {
  stopSound();
  if (state.pinned >= 0) pinItem(-1);
  else if (state.selected) selectItems(null);
  else if (state.lasso) toggleTool("lasso");
  else {
    searchField.value = "";
    search("");
  }
}

const ACTIONS = {
  " ": () => playItem(state.pinned >= 0 ? state.pinned : state.hovered),
  Escape: letGo,
  "?": () => find("help").showModal(),
  "/": () => searchField.focus(),
  "+": () => zoomAt(view.width / 2, view.height / 2, 1.4),
  "=": () => zoomAt(view.width / 2, view.height / 2, 1.4),
  "-": () => zoomAt(view.width / 2, view.height / 2, 1 / 1.4),
  0: fitView,
  l: () => toggleTool("lasso"),
  p: () => pictures && toggleTool("pictures"),
  h: () => sounds && toggleTool("listen"),
  d: () => setTheme(getTheme() === "dark" ? "light" : "dark"),
};

document.addEventListener("keydown", (event) => {
  const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
  if (typing && event.key === "Escape") event.target.blur();
  const pressing = event.target.tagName === "BUTTON" && event.key === " ";
  if (typing || pressing || find("help").open || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = WAYS[event.key] ? () => moveTo(WAYS[event.key]) : ACTIONS[event.key] ?? ACTIONS[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
});

function connectButtons() {
  const clicks = {
    "tool-lasso": ACTIONS.l,
    "tool-pictures": ACTIONS.p,
    "tool-hover": ACTIONS.h,
    "tool-fit": fitView,
    "tool-theme": ACTIONS.d,
    "tool-help": ACTIONS["?"],
    "item-play": () => playItem(state.pinned),
    "selection-clear": () => selectItems(null),
    "selection-copy": copyIds,
    "selection-csv": downloadCsv,
  };
  for (const [id, action] of Object.entries(clicks)) find(id).addEventListener("click", action);
  find("tool-pictures").hidden = pictures === null;
  find("tool-hover").hidden = sounds === null;
  searchField.addEventListener("input", () => search(searchField.value));
}
