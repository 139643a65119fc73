// The Project page: what there is, what to correct next, and every recording.

import { get } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { bindKeys } from "../shell/keys.js";
import { fail } from "../shell/notes.js";
import { createBirds } from "./birds.js";
import { createHeader } from "./header.js";
import { createPipeline } from "./pipeline.js";
import { createQueue } from "./queue.js";
import { createTable } from "./table.js";

// While lengths of many recordings are still being read, the page asks again after so long.
const PENDING_MS = 1500;

/**
 * Open the page.
 * @param {HTMLElement} place
 * @param {Object<string, string>} parameters  what the list of recordings shows: search, bird, state, sort, descending, from
 */
export async function open(place, parameters) {
  let timer = 0;
  let isClosed = false;
  const queue = createQueue();
  const pipeline = createPipeline(refresh);
  const header = createHeader(pipeline);
  const table = createTable(parameters);
  const birds = createBirds((bird) => table.filter({ bird }));
  const unbind = bindKeys("project", [...table.bindings, ...header.bindings]);
  replace(place, h("div.page.project", {}, header.element, pipeline.element, queue.element, birds.element, table.element));

  async function refresh() {
    clearTimeout(timer);
    try {
      const [project, { items }] = await Promise.all([get("/api/project"), get("/api/queue", { limit: 8 }), table.load()]);
      if (isClosed) return;
      header.show(project);
      birds.show(project);
      queue.show(items, project);
      table.showBirds(project.birds);
      if (project.num_pending) timer = setTimeout(refresh, PENDING_MS);
    } catch (error) {
      fail(error);
    }
  }

  await Promise.all([refresh(), pipeline.find()]);
  return {
    close() {
      isClosed = true;
      clearTimeout(timer);
      unbind();
      for (const part of [queue, pipeline, table]) part.close();
    },
  };
}
