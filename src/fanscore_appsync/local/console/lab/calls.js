/** What the lab asks of the gateway, which answers on this machine alone. */

import { NoAnswer, fetched, post } from "../api.js";

/** Get the live policies, and what the signals are called. */
export async function livePolicies() {
  return JSON.parse(await page("dev/lab/policies"));
}

/** Get the findings of made-up fans. */
export async function sampleFindings() {
  const lines = await page("dev/lab/sample");
  return lines.trimEnd().split("\n").map(JSON.parse);
}

/** Ask what is known of a fan: `findings`, or the `error` for which there are none. */
export function findingsOf(fan, event, signal) {
  return posted("dev/lab/findings", { fan, event }, signal);
}

/** Have a policy's text read as the loader reads it: its parts, or the `mistake`. */
export function check(policy, signal) {
  return posted("dev/lab/check", { policy }, signal);
}

/** Have the core compare a live policy with another on the made-up fans. */
export function diff(event, policy, signal) {
  return posted("dev/lab/diff", { event, policy }, signal);
}

/** Return the address of the same as a page. */
export function reportAddress(event, policy) {
  const parameters = { ...(event === null ? {} : { event }), policy };
  return `dev/lab/report?${new URLSearchParams(parameters)}`;
}

async function posted(path, body, signal = new AbortController().signal) {
  const { status, document } = await post(path, body, {}, signal);
  if (status !== 200) throw refused(status, document.errors?.[0]?.message);
  return document;
}

async function page(path) {
  const { status, text } = await fetched(path, {});
  if (status !== 200) throw refused(status);
  return text;
}

function refused(status, told = "Look at the log of the gateway.") {
  if (status === 404) {
    return new NoAnswer(
      "This gateway has no policy lab.",
      "It is there while the gateway listens on loopback alone, and for this machine.",
    );
  }
  return new NoAnswer(`The gateway refused this (HTTP ${status}).`, told);
}
