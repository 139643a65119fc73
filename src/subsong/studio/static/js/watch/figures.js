// The figures of a run: of each kind the newest, and those of earlier epochs with a slider.

import { url } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";

/** @param {string} run @returns {{element: HTMLElement, show: (figures: any[]) => void}} */
export function makeFigures(run) {
  const element = h("section.figures.stack", { "data-testid": "figures" });
  const address = (figure) => url(`/api/runs/${encodeURIComponent(run)}/figure`, { file: figure.file, at: figure.changed_at });
  /** @type {Map<string, {element: HTMLElement, show: (figures: any[]) => void}>} */
  const shown = new Map();
  return {
    element,
    show(figures) {
      const kinds = Map.groupBy ? Map.groupBy(figures, (figure) => figure.name) : groupByName(figures);
      // The curves are drawn on this page already, and move.
      kinds.delete("training curves");
      for (const [name, some] of kinds) {
        if (!shown.has(name)) shown.set(name, makeKind(name, address));
        shown.get(name).show(some);
      }
      replace(element, kinds.size ? [...kinds.keys()].map((name) => shown.get(name).element)
        : h("p.muted.small", {}, "Figures come with the epochs that draw them (training.figure_epochs)."));
    },
  };
}

function groupByName(figures) {
  const groups = new Map();
  for (const figure of figures) groups.set(figure.name, [...(groups.get(figure.name) ?? []), figure]);
  return groups;
}

function makeKind(name, address) {
  let figures = [];
  let isAtEnd = true;
  const image = h("img", { alt: name, loading: "lazy" });
  const link = h("a", { target: "_blank", rel: "noopener", title: "Open it large" }, image);
  const said = h("span.muted.small.number");
  const slider = h("input", { type: "range", min: "0", step: "1", "aria-label": `Epoch of ${name}`, "data-testid": `epochs-of-${name}`, oninput: () => { isAtEnd = Number(slider.value) === figures.length - 1; draw(); } });

  function draw() {
    const figure = figures[Number(slider.value)];
    const source = address(figure);
    if (image.getAttribute("src") !== source) image.src = source;
    link.href = source;
    replace(said, figure.epoch === null ? "" : `epoch ${figure.epoch}`);
  }

  return {
    element: h("figure.card.figure", {}, h("figcaption.row.spread", {}, h("strong", {}, name), said), link, slider),
    show(some) {
      figures = [...some].sort((a, b) => (a.epoch ?? 0) - (b.epoch ?? 0));
      slider.max = String(figures.length - 1);
      slider.hidden = figures.length < 2;
      if (isAtEnd) slider.value = slider.max;
      draw();
    },
  };
}
