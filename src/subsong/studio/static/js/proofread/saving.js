// Decisions on their way to the server: one after the other, each on top of the document as it is known to be.

import { post } from "../shell/api.js";

/** A proposal that somebody else decided on, or changed, meanwhile. */
export class GoneError extends Error {
  status = 409; // as the server says it
}

export class Saver {
  #revisions = new Map();
  // After something was taken back, a document is as it was at an earlier revision.
  #earlier = new Map();
  #line = Promise.resolve();
  #numWaiting = 0;

  /** @param {(isSaving: boolean) => void} onSaving  told whether anything is on its way */
  constructor(onSaving) {
    this.onSaving = onSaving;
  }

  /** Remember what the server says a document's revision is. */
  note(recording, revision) {
    this.#revisions.set(recording, revision);
  }

  /** @returns {number | undefined} */
  revisionOf(recording) {
    return this.#revisions.get(recording);
  }

  /** Wait until all that was asked for is saved, or has failed. */
  settle() {
    return this.#line;
  }

  /**
   * Save a decision on proposals of one recording.
   * @param {string} recording
   * @param {Object} edit  as the server takes it
   * @param {Object[]} annotations  the proposals, as they were looked at
   * @returns {Promise<{before: number, after: number}>} the revisions before and after it
   */
  edit(recording, edit, annotations) {
    return this.#inLine(async () => {
      try {
        return await this.#send("edit", recording, { edit });
      } catch (error) {
        // Something else of the recording was changed elsewhere: what was decided here holds as long as it looks the same.
        if (error.status !== 409) throw error;
        this.note(recording, error.body.document.revision);
        if (!annotations.every((one) => isStill(one, error.body.document))) throw new GoneError("This was decided elsewhere meanwhile.");
        return this.#send("edit", recording, { edit });
      }
    });
  }

  /** Take back a change, if nothing else was changed since. @param {{before: number, after: number}} step */
  undo(recording, { before, after }) {
    return this.#inLine(async () => {
      if (this.#find(recording) !== after) throw new GoneError(`${recording} was changed elsewhere since: take it back under Annotate.`);
      const undone = await this.#send("undo", recording, {});
      this.#earlier.set(`${recording} ${undone.after}`, before);
    });
  }

  // The revision whose content the document has now.
  #find(recording) {
    let revision = this.revisionOf(recording);
    while (this.#earlier.has(`${recording} ${revision}`)) revision = this.#earlier.get(`${recording} ${revision}`);
    return revision;
  }

  async #send(what, recording, body) {
    const before = this.revisionOf(recording);
    const answer = await post(`/api/annotations/${what}`, { recording, base_revision: before, ...body });
    this.note(recording, answer.revision);
    return { before, after: answer.revision };
  }

  #inLine(task) {
    this.onSaving(++this.#numWaiting > 0);
    const done = this.#line.then(task).finally(() => this.onSaving(--this.#numWaiting > 0));
    this.#line = done.catch(() => {});
    return done;
  }
}

const isStill = (one, document) =>
  document.annotations.some((other) => other.id === one.id && other.state === "proposed" && other.label === one.label && other.onset_s === one.onset_s && other.offset_s === one.offset_s);
