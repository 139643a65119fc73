// Settings of settings: all that they say together, and the one that an error is about.

const ROW = "*";

/** What several fields say together. @param {import("./fields.js").Field[]} fields @returns {Object<string, string>} */
export const collectAll = (fields) => Object.assign({}, ...fields.map((field) => field.collect()));

/** The keys on the way to a setting: with slashes where a name holds a dot. */
export const splitPath = (path) => path.split(path.includes("/") ? "/" : ".");

/** The path of something inside a part. */
export function inside(path, key) {
  const keys = [...splitPath(path), key];
  return keys.join(keys.some((one) => one.includes(".")) ? "/" : ".");
}

/** A key as it stands in a mapping: in quotes where it could be read as a number or a word of YAML. */
export function writeKey(key) {
  return /^[A-Za-z_][\w-]*$/.test(key) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(key) ? key : JSON.stringify(key);
}

/** The field of a path, or the nearest around it; null where there is none. */
export const findField = (fields, path) => find(fields, splitPath(path));

function find(fields, keys) {
  for (const field of fields) {
    const own = splitPath(field.path);
    if (own.length > keys.length || !own.every((key, at) => key === ROW || key === keys[at])) continue;
    if (own.length === keys.length) return field;
    const row = field.row?.(keys[own.length]);
    const found = find(row ? [row] : field.row ? [] : field.children?.() ?? [], keys);
    if (found || field.children) return found ?? field;
  }
  return null;
}

/** Take away what was said to be wrong. @param {import("./fields.js").Field[]} fields */
export function clearErrors(fields) {
  for (const field of fields) {
    field.setError(null);
    if (field.children) clearErrors(field.children());
  }
}
