// What annotations are called. One that is added here has a name of this page from its first moment to its last, also
// once the server has given it another: what is drawn, held or selected never changes its name under the hand.

import { readDocument } from "./document.js";
import { renameIds } from "./pending.js";

export class Names {
  constructor() {
    /** The server's name of what was added here. @type {Map<number, number>} */
    this.given = new Map();
    /** The page's name of the same. @type {Map<number, number>} */
    this.own = new Map();
  }

  /** Take the server's names of what was added here. @param {Map<number, number>} ids by the page's name */
  learn(ids) {
    for (const [own, given] of ids) {
      this.given.set(own, given);
      this.own.set(given, own);
    }
  }

  /** The document of an answer, in the page's names. */
  readDocument(answer) {
    return readDocument({ ...answer, annotations: answer.annotations.map(this.#rename) });
  }

  /** What an edit changed, in the page's names. */
  readChange(change) {
    return { ...change, changed: change.changed.map(this.#rename), removed: change.removed.map(this.#ownOf) };
  }

  /** An item in the server's names. @param {import("./pending.js").Item} item */
  forServer = (item) => renameIds(item, this.given);

  #ownOf = (id) => this.own.get(id) ?? id;

  #rename = (one) => ({ ...one, id: this.#ownOf(one.id) });
}
