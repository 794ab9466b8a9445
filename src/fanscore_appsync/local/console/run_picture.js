/** A run as a picture: its steps against its rounds, in colour and in words. */

import { h } from "./dom.js";
import { FATES, and, count, ms } from "./words.js";

const REFUSED = "No step ran: the call was refused before the first.";
const LEAST_SHARE = 0.28;
const LEAST_BAR = 0.015;

/** Draw what the trace says of one field under a heading: its steps against its rounds. */
export function drawRun(field, heading) {
  return h(
    "div",
    { class: "run", style: runStyle(field.trace) },
    h("div", { class: "run-head" }, heading, h("p", { class: "quiet" }, runFacts(field))),
    h("p", { class: "summary" }, runSentence(field)),
    field.trace ? drawSteps(field) : null,
  );
}

/** Return the style that gives each round of a run its column, as wide as it took. */
export function runStyle(trace) {
  return { "--rounds": columnsOf(trace?.rounds.map((round) => round.tookMs) ?? []) };
}

/** Say what in the run of a field was out of the ordinary. */
export function runSentence({ cached, trace }) {
  if (cached) return "Answered from the cache.";
  if (!trace) return REFUSED;
  const sentences = Object.keys(FATES)
    .filter((fate) => fate !== "ran")
    .map((fate) => [fate, trace.steps.filter((step) => step.fate === fate)])
    .filter(([, steps]) => steps.length)
    .map(
      ([fate, steps]) => `${and(steps.map((step) => step.name))} ${fate}: ${FATES[fate].means}.`,
    );
  return sentences.join(" ");
}

/** Say how much a run took; a batch says itself what it asked. */
export function runFacts({ trace, cached, tookMs }, batch = {}) {
  const asked = trace?.rounds.flatMap((round) => round.asked).filter((each) => !each.shared) ?? [];
  const parts = [
    batch.calls,
    trace ? count(trace.rounds.length, "round") : null,
    trace ? count(batch.questions ?? asked.length, "question") : null,
    batch.shared,
    cached ? null : `${ms(tookMs)} in all`,
  ];
  return parts.filter(Boolean).join(" · ");
}

function columnsOf(rounds) {
  const total = rounds.reduce((sum, each) => sum + each, 0) || 1;
  const shares = rounds.map((each) => Math.max(each / total, LEAST_SHARE));
  return shares.map((share) => `minmax(0, ${(10 * share).toFixed(2)}fr)`).join(" ");
}

function drawHead(rounds) {
  return h(
    "div",
    { class: "rounds-head", "aria-hidden": "true" },
    h("span", {}),
    h(
      "div",
      { class: "rounds" },
      rounds.map((took, number) =>
        h("span", { class: "round-name" }, `Round ${number + 1} `, h("span", {}, ms(took))),
      ),
    ),
    h("span", {}),
  );
}

/** Draw the steps of a run against its rounds. */
export function drawSteps({ field, trace }) {
  return [
    trace.rounds.length > 1 ? drawHead(trace.rounds.map((round) => round.tookMs)) : null,
    h(
      "ol",
      { class: "steps", "aria-label": `Steps of ${field}` },
      trace.steps.map((step, position) => drawStep(trace, step, position)),
    ),
  ];
}

function drawStep(trace, step, position) {
  const asked = trace.rounds.flatMap((round, number) =>
    round.asked
      .filter((each) => each.step === position)
      .map((each) => ({ ...each, round: number })),
  );
  const tone = FATES[step.fate]?.tone ?? "ran";
  return h(
    "li",
    { class: `step ${tone}` },
    h(
      "div",
      { class: "step-name" },
      h("span", { class: "name" }, step.name),
      " ",
      h("span", { class: "fate" }, step.told ?? step.fate),
    ),
    h(
      "div",
      { class: "rounds", "aria-hidden": "true" },
      trace.rounds.map((round, number) =>
        h(
          "div",
          { class: "lane" },
          asked.filter((each) => each.round === number).map((each) => drawBar(each, round)),
        ),
      ),
    ),
    h("div", { class: "facts" }, asked.length ? asked.map(fact) : h("p", {}, silence(step))),
  );
}

function drawBar(asked, round) {
  const share = round.tookMs ? Math.min(asked.tookMs / round.tookMs, 1) : 1;
  const tone = asked.failure ? "bar failure" : "bar";
  return h("div", { class: tone, style: { "--share": `${100 * Math.max(share, LEAST_BAR)}%` } });
}

function fact(asked) {
  return h(
    "p",
    { title: `Round ${asked.round + 1}: ${asked.question}` },
    h("span", { class: "unseen" }, `Round ${asked.round + 1}, ${asked.question}: `),
    h("span", { class: "source" }, asked.source),
    " ",
    h("span", { class: "took" }, ms(asked.tookMs)),
    asked.shared ? " shared" : null,
    asked.count ? ` ${times(asked)}` : null,
    asked.failure ? h("span", { class: "failure" }, ` ${failure(asked)}`) : null,
  );
}

function times({ count: asked, sharedCount: shared }) {
  return shared ? `asked ${asked}×, shared ${shared}×` : `asked ${asked}×`;
}

function failure(asked) {
  return asked.reason ? `${asked.failure}: ${asked.reason}` : asked.failure;
}

function silence(step) {
  return step.fate === "ran" ? "asks nothing" : "asked nothing";
}
