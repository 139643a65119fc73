// Asking the server. Every refusal is one sentence of the server's, in an ApiError.

export class ApiError extends Error {
  /**
   * @param {number} status  of HTTP; 0: the server did not answer
   * @param {string} message  the server's sentence
   * @param {any} body  all it said
   */
  constructor(status, message, body = null) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/**
 * The address of a route with its query; empty values are left out, lists become repeated keys.
 * @param {string} path  such as "/api/sound/tile"
 * @param {Object<string, any>} [query]
 */
export function url(path, query = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/** @param {AbortSignal} [signal] @returns {Promise<any>} parsed JSON */
export const get = async (path, query = {}, signal = undefined) => (await ask(url(path, query), { signal })).json();

/** @returns {Promise<ArrayBuffer>} */
export const getBytes = async (path, query = {}, signal = undefined) => (await ask(url(path, query), { signal })).arrayBuffer();

/** @returns {Promise<Blob>} */
export const getBlob = async (path, query = {}, signal = undefined) => (await ask(url(path, query), { signal })).blob();

/** What the server says beside the content counts as well. @returns {Promise<Response>} */
export const getAnswer = (path, query = {}, signal = undefined) => ask(url(path, query), { signal });

/** Send JSON. @returns {Promise<any>} parsed JSON */
export async function post(path, body = {}, query = {}) {
  const headers = { "Content-Type": "application/json" };
  return (await ask(url(path, query), { method: "POST", headers, body: JSON.stringify(body) })).json();
}

/** Send a file in a form. @param {File} file @returns {Promise<any>} parsed JSON */
export async function upload(path, file, query = {}) {
  const form = new FormData();
  form.append("file", file);
  return (await ask(url(path, query), { method: "POST", body: form })).json();
}

async function ask(address, options) {
  const headers = { ...options.headers, ...(options.method === "POST" ? { "X-Subsong": "1" } : {}) };
  let response;
  try {
    response = await fetch(address, { ...options, headers, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "The studio's server does not answer. Is it still running? Nothing saved so far is lost.");
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw new ApiError(response.status, body?.error ?? `${response.status} ${response.statusText}`, body);
}
