// From the nodes of a schema to what one types into.

import { makeEither } from "./either.js";
import { makeField } from "./fields.js";
import { makeGroup, makeVariants } from "./groups.js";
import { makeList } from "./lists.js";
import { makeParts } from "./parts.js";

const MAKERS = { group: makeGroup, variants: makeVariants, either: makeEither, list: makeList, table: makeList, parts: makeParts };
const LARGE = ["group", "variants", "parts"];

/**
 * Make the fields of a tree.
 * @param {any[]} nodes  of /api/schema
 * @param {() => void} onChange
 * @param {number} level  how deep
 * @returns {import("./fields.js").Field[]}
 */
export function makeNodes(nodes, onChange, level = 0) {
  // Single settings first: what stands below the title of a group belongs to that group. At the top the server orders.
  const isLarge = (node) => LARGE.includes(node.type);
  const ordered = level ? [...nodes.filter((node) => !isLarge(node)), ...nodes.filter(isLarge)] : nodes;
  return ordered.map((node) => (MAKERS[node.type] ?? makeField)(node, onChange, level, makeNodes));
}
