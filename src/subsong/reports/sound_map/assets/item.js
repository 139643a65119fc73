// One item: beside the pointer while pointed at, in the panel when held.

const tip = find("tip");
const status = find("status");

function describe(item) {
  return state.column ? `${state.column.name}: ${readText(state.column, item)}` : "";
}

function drawTip() {
  const item = state.hovered;
  tip.hidden = item < 0 || outline.length > 0;
  if (tip.hidden) return;
  const canvas = tip.querySelector("canvas");
  showPicture(canvas, item);
  canvas.style.width = pictures ? `${Math.min((144 * pictures.width) / pictures.height, 220)}px` : "";
  tip.querySelector(".tip-name").textContent = data.ids[item];
  tip.querySelector(".tip-more").textContent = describe(item);
  const gap = 16;
  const right = screenX[item] + gap + tip.offsetWidth < view.width;
  const below = screenY[item] + gap + tip.offsetHeight < view.height;
  const left = right ? screenX[item] + gap : Math.max(4, screenX[item] - gap - tip.offsetWidth);
  const top = below ? screenY[item] + gap : Math.max(4, screenY[item] - gap - tip.offsetHeight);
  tip.style.transform = `translate(${left}px, ${top}px)`;
}

function hoverItem(item) {
  if (item === state.hovered) return;
  state.hovered = item;
  stage.classList.toggle("point", item >= 0);
  if (item >= 0 && state.listen) playItem(item);
  drawTip();
  requestDraw(false);
}

function pinItem(item) {
  state.pinned = item;
  find("item").hidden = item < 0;
  find("hint").hidden = item >= 0 || state.selected !== null;
  if (item >= 0) drawItem();
  const address = item >= 0 ? `#item=${encodeURIComponent(data.ids[item])}` : "#";
  history.replaceState(null, "", address);
  requestDraw(false);
}

function drawItem() {
  const item = state.pinned;
  showPicture(find("item-picture"), item);
  find("item-name").textContent = data.ids[item];
  find("item-play").hidden = !hasSound(item);
  const list = find("item-values");
  list.replaceChildren();
  for (const column of columns) {
    addElement(list, "dt", "", column.name);
    addElement(list, "dd", "", readText(column, item));
  }
  status.textContent = `${data.ids[item]}. ${describe(item)}`;
}

pictureListeners.push(() => {
  drawTip();
  if (state.pinned >= 0) showPicture(find("item-picture"), state.pinned);
  requestDraw(false);
});
