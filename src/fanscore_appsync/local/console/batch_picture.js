/** The runs of a response: each field's own, and those of a batch drawn as the one call they are. */

import { h } from "./dom.js";
import { drawRun, drawSteps, runFacts, runStyle } from "./run_picture.js";
import { FATES, and, count } from "./words.js";

const MOST_OPEN = 5;
const SEVERITY = ["ran", "returned early", "ended", "degraded", "not reached", "dropped", "failed"];

/** Draw what ran for each field of a response, in its order; the items of a batch together. */
export function drawRuns(fields) {
  return callsOf(fields).map((call) => {
    const heading = h("h3", {}, call[0].field);
    return isOfBatch(call[0]) ? drawBatch(call, heading) : drawRun(call[0], heading);
  });
}

/**
 * Put the fields of one call together, in the order of the first of each. Items of a list that came
 * from the cache stand with those of their list that were asked for.
 */
export function callsOf(fields) {
  const asked = fields.filter((field) => isOfBatch(field) && !field.cached);
  const callOfList = new Map(asked.map((field) => [listOf(field), nameOf(field)]).reverse());
  const calls = new Map();
  for (const [position, field] of fields.entries()) {
    let name = `field ${position}`;
    if (isOfBatch(field)) {
      name = field.cached ? (callOfList.get(listOf(field)) ?? listOf(field)) : nameOf(field);
    }
    calls.set(name, [...(calls.get(name) ?? []), field]);
  }
  return [...calls.values()];
}

function listOf({ path }) {
  return `list ${path.filter((part) => !Number.isInteger(part)).join(".")}`;
}

function nameOf({ call }) {
  return `call ${call}`;
}

/**
 * Put the runs of a batch together into one: its steps with how many items came to which fate, and
 * in each round the questions that a step asked, alike ones counted.
 */
export function mergedRun(traces) {
  const [first] = traces;
  return {
    steps: first.steps.map((step, at) => mergedStep(traces.map((trace) => trace.steps[at]))),
    rounds: longest(traces).map((_, number) =>
      mergedRound(traces.map((trace) => trace.rounds[number]).filter(Boolean)),
    ),
  };
}

// A field below an item of a list is asked for many items at once, even if there is only one.
function isOfBatch({ batch, path }) {
  return batch > 1 || Boolean(path?.some(Number.isInteger));
}

function drawBatch(fields, heading) {
  const called = fields.filter((field) => !field.cached);
  const traces = called.map((field) => field.trace).filter(Boolean);
  const merged = traces.length ? mergedRun(traces) : null;
  const field = { ...(called[0] ?? fields[0]), trace: merged };
  return h(
    "div",
    { class: "run", style: runStyle(merged) },
    h("div", { class: "run-head" }, heading, h("p", { class: "quiet" }, batchFacts(field))),
    h("p", { class: "summary" }, batchSentence(fields)),
    merged ? drawSteps(field) : null,
    h(
      "details",
      { class: "items", open: fields.length <= MOST_OPEN },
      h("summary", {}, `Which items: ${fields.length}`),
      h("ol", {}, fields.map(drawItem)),
    ),
  );
}

function batchFacts(field) {
  if (field.cached) return "no call";
  const asked = field.trace?.rounds.flatMap((round) => round.asked) ?? [];
  const shared = asked.reduce((sum, each) => sum + each.sharedCount, 0);
  return runFacts(field, {
    calls: `one call for ${count(field.batch, "item")}`,
    questions: asked.reduce((sum, each) => sum + each.count, 0),
    shared: shared ? `${shared} more shared` : null,
  });
}

/** Say what is out of the ordinary in a batch. */
export function batchSentence(fields) {
  const called = fields.filter((field) => !field.cached);
  if (!called.length) return "Answered from the cache.";
  const traces = called.map((field) => field.trace).filter(Boolean);
  const refused = called.length - traces.length;
  if (!traces.length) return "No step ran: every item was refused before the first.";
  const sentences = traces[0].steps.flatMap((step, at) =>
    Object.keys(FATES)
      .filter((fate) => fate !== "ran")
      .map((fate) => [fate, traces.filter((trace) => trace.steps[at].fate === fate).length])
      .filter(([, items]) => items)
      .map(([fate, items]) => `${step.name} ${fate} for ${items} of ${called.length}.`),
  );
  if (refused) sentences.push(`No step ran for ${refused} of ${called.length}.`);
  if (called.length < fields.length) {
    sentences.push(`${count(fields.length - called.length, "more item")} came from the cache.`);
  }
  return sentences.join(" ");
}

function mergedStep(steps) {
  const counts = new Map();
  for (const { fate } of steps) counts.set(fate, (counts.get(fate) ?? 0) + 1);
  const fates = [...counts.keys()].sort((a, b) => SEVERITY.indexOf(a) - SEVERITY.indexOf(b));
  const told = fates.length > 1 ? fates.map((fate) => `${fate} ${counts.get(fate)}`) : fates;
  return { name: steps[0].name, fate: fates.at(-1), told: and(told) };
}

function mergedRound(rounds) {
  const alike = new Map();
  for (const each of rounds.flatMap((round) => round.asked)) {
    const key = JSON.stringify([each.step, each.question, each.source, each.failure, each.reason]);
    const known = alike.get(key) ?? { ...each, shared: false, tookMs: 0, count: 0, sharedCount: 0 };
    alike.set(key, {
      ...known,
      tookMs: Math.max(known.tookMs, each.tookMs),
      count: known.count + (each.shared ? 0 : 1),
      sharedCount: known.sharedCount + (each.shared ? 1 : 0),
    });
  }
  return { tookMs: Math.max(0, ...rounds.map((round) => round.tookMs)), asked: [...alike.values()] };
}

function longest(traces) {
  return traces.map((trace) => trace.rounds).sort((a, b) => b.length - a.length)[0];
}

function drawItem({ path, cached, trace }) {
  const told = cached ? "answered from the cache" : itemText(trace);
  return h("li", {}, h("code", {}, pathText(path)), ": ", told);
}

function itemText(trace) {
  if (!trace) return "no step ran";
  const asked = trace.rounds.flatMap((round) => round.asked);
  const failed = trace.steps.filter((step) => step.fate === "failed").map((step) => step.name);
  const shared = asked.filter((each) => each.shared).length;
  const own = asked.length - shared;
  const told = [
    own ? `asked ${count(own, "question")}` : null,
    shared ? `shared ${count(shared, "question")} with another item` : null,
    failed.length ? `${and(failed)} failed` : null,
  ].filter(Boolean);
  return told.join(", ") || "asked nothing";
}

function pathText(path) {
  return path.map((part) => (Number.isInteger(part) ? `[${part}]` : `.${part}`)).join("").slice(1);
}
