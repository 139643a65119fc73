// How the picture is shown: kept in this browser, the same for all recordings of a project.

const KEY = "subsong-annotate";

const USUAL = {
  floor_db: -85,
  ceiling_db: -25,
  gamma: 1,
  isAuto: true, // contrast fits itself to each recording that is opened
  colours: "theme",
  window_ms: 0,
  showWaveform: true,
  drawBoxes: false,
  snap: false,
  goOn: false, // a label given by its key goes on to the next annotation
  follow: true,
  loop: false,
  showPanel: true,
};

/** Settings as they were left, completed. */
export function readSettings() {
  try {
    return { ...USUAL, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return { ...USUAL };
  }
}

export const keepSettings = (settings) => localStorage.setItem(KEY, JSON.stringify(settings));
