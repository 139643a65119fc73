// What stands in the address: #/annotate?recording=bird1/a.wav&at=12.5

/** What the address says. @returns {{page: string, parameters: Object<string, string>}} */
export function readAddress() {
  const [page, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { page: page || "project", parameters: Object.fromEntries(new URLSearchParams(query)) };
}

/** The address of a page. @param {string} page @param {Object<string, any>} [parameters] */
export function addressOf(page, parameters = {}) {
  const known = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const query = new URLSearchParams(known.map(([name, value]) => [name, String(value)])).toString();
  return `#/${page}${query ? `?${query}` : ""}`;
}
