// The start: what the address asks for is shown, such as  #item=42.

function openAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1)).get("item");
  const item = wanted === null ? -1 : data.ids.indexOf(wanted);
  if (item < 0) return;
  pinItem(item);
  showItem(item);
}

fillColourSelect();
connectButtons();
for (const fact of data.facts) addElement(find("facts"), "p", "", fact);
find("note").textContent = data.note;
themeListeners.push(() => {
  updateColours();
  drawLegend();
  for (const listener of pictureListeners) listener();
  requestDraw();
});
setTheme(darkSetting.matches ? "dark" : "light");
const firstColumn = columns.find((column) => column.kind === "category") ?? columns.find((column) => column.kind === "number");
colourBy(data.colour_by ?? firstColumn?.name ?? "");
new ResizeObserver(resizeStage).observe(stage);
resizeStage();
openAddress();
