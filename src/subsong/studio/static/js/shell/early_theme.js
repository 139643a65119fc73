// Before the first paint: the theme the reader chose, else the system's, so that the page does not flash.
(() => {
  const chosen = localStorage.getItem("subsong-theme");
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
