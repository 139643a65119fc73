// The script that draws curves, fetched from the installed package when it is first needed.

let loading = null;

/** @returns {Promise<any>} Plotly */
export function loadPlotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/vendor/plotly.min.js";
    script.onload = () => resolve(globalThis.Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error("The script that draws curves could not be loaded: python -m pip install 'subsong[studio]' brings it."));
    };
    document.head.append(script);
  });
  return loading;
}
