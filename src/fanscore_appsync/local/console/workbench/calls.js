/** Calls of the workbench: what it answers, or why it does not. */

import { NoAnswer, fetched, post } from "../api.js";

/** Get a document; parameters that are null or undefined are left out. */
export async function look(page, parameters, signal) {
  const given = Object.entries(parameters).filter(([, value]) => value ?? false);
  const path = `dev/workbench/${page}?${new URLSearchParams(given)}`;
  const { status, text } = await fetched(path, { signal });
  return checked(status, parsed(text));
}

/** Have something done, and return what came of it. */
export async function act(page, wish) {
  const { status, document } = await post(
    `dev/workbench/${page}`,
    wish,
    {},
    new AbortController().signal,
  );
  return checked(status, document);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function checked(status, document) {
  if (status === 200 && document) return document;
  const told = document?.errors?.[0]?.message;
  throw new NoAnswer(
    told ? `${told}.` : `The gateway answered HTTP ${status}.`,
    status === 503 ? "Others may be writing at length. Try again." : "Look at what was asked for.",
  );
}
