/** The views of fans and events: there only where the gateway has them, on a person's own machine. */

import { fetched } from "./api.js";

const NOTHING = { stores: false, sample: false, local: false, consumers: [] };

/**
 * Ask the gateway what it has to look into, and open the views of that.
 *
 * @param {(name: string, how: "push" | "replace") => void} moved is called when a view has moved on
 * @returns {Promise<{about: object, views: object}>}
 */
export async function openWorkbench(moved) {
  const about = await askAbout();
  if (!about.stores) return { about, views: {} };
  const { openViews } = await import("./workbench/views.js");
  return { about, views: openViews(about, moved) };
}

async function askAbout() {
  try {
    const { status, text } = await fetched("dev/workbench/about", {});
    return status === 200 ? { ...JSON.parse(text), local: true } : NOTHING;
  } catch {
    return NOTHING;
  }
}
