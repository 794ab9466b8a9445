/** The view of a score: a fan, an event, the picture, the reasons and the run. */

import { NoAnswer, ask } from "./api.js";
import { byId, h } from "./dom.js";
import { tellErrors, tellNoAnswer } from "./problems.js";
import { drawRun } from "./run_picture.js";
import { EVENTS, FANS, SCORE_QUERY } from "./samples.js";
import { answered, answeredClass, reasonLine, sumOf } from "./score_parts.js";
import { drawScore, scoreRows } from "./score_picture.js";
import { plain } from "./words.js";

const fan = byId("score-fan");
const event = byId("score-event");
const status = byId("score-status");
const result = byId("score-result");
const chart = byId("score-chart");
let running = new AbortController();
let asked = null;
let drawn = null;
let hasFans = false;
let hasSamples = false;

/**
 * Put the view to work.
 *
 * @param {() => void} moved is called when a person asks for another score
 * @param {{sample: boolean, stores: boolean}} about what this gateway has
 */
export function openScoreView(moved, about) {
  hasFans = about.stores;
  hasSamples = about.sample;
  if (hasSamples) offerSamples();
  byId("score-form").addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    moved();
    showScore();
  });
  new ResizeObserver(redraw).observe(chart);
}

function offerSamples() {
  fan.value = FANS[0].id;
  event.value = FANS[0].event;
  byId("samples").hidden = false;
  byId("sample-events").append(...EVENTS.map((each) => h("option", { value: each.id }, each.says)));
  byId("sample-fans").append(...FANS.map((each) => h("option", { value: each.id }, each.says)));
  byId("score-samples").append(...FANS.map((each) => h("li", {}, chip(each))));
}

/** Return what the view shows, as parameters of an address. */
export function scoreState() {
  return new URLSearchParams({ fan: fan.value.trim(), event: event.value.trim() });
}

/** Take over what an address says. */
export function takeScoreState(parameters) {
  fan.value = parameters.get("fan") ?? fan.value;
  event.value = parameters.get("event") ?? event.value;
}

/** Show the score, unless it is the one that was asked for last. */
export function showScoreOnce() {
  if (asked !== String(scoreState())) showScore();
}

async function showScore() {
  asked = String(scoreState());
  running.abort();
  running = new AbortController();
  const { signal } = running;
  markSamples();
  const variables = { fan: fan.value.trim(), event: event.value.trim() || null };
  if (!variables.fan) return askForFan();
  busy(true);
  try {
    const request = { query: SCORE_QUERY, variables };
    show(await ask(request, { kind: "fan", id: variables.fan }, signal), variables);
  } catch (error) {
    if (signal.aborted) return undefined;
    showNone(
      [tellNoAnswer("h2", error, showScore)],
      error instanceof NoAnswer ? error.message : "No score.",
    );
  }
  busy(false);
  return undefined;
}

function askForFan() {
  busy(false);
  fan.focus();
  showNone([], hasSamples ? "Type a fan's id, or choose one of the samples." : "Type a fan's id.");
}

function busy(is) {
  result.setAttribute("aria-busy", String(is));
  if (is) status.textContent = "Asking…";
}

function chip({ id, event: eventId, says }) {
  const address = `#score?${new URLSearchParams({ fan: id, event: eventId })}`;
  return h("a", { class: "chip", href: address }, id, " ", h("span", { class: "quiet" }, says));
}

function markSamples() {
  const here = `#score?${scoreState()}`;
  for (const link of byId("score-samples").querySelectorAll("a")) {
    if (link.getAttribute("href") === here) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function show({ body, status: code, fields }, variables) {
  const score = body.data?.api?.accountFanscore;
  const errors = body.errors?.map(({ locations, ...error }) => error) ?? [];
  if (score) {
    showFound(score, variables);
    byId("score-problems").replaceChildren(...tellErrors("h2", errors));
  } else {
    const [first = { message: `The gateway answered HTTP ${code} without a score.` }, ...others] =
      errors;
    const problems = tellErrors("h2", [first, ...others]);
    showNone(problems, `No score for ${variables.fan}: ${first.message}`);
  }
  showRun(fields);
}

function showFound(score, variables) {
  drawn = { rows: scoreRows(score) };
  byId("score-found").hidden = false;
  showHeadline(score, variables);
  showReasons(drawn.rows);
  redraw();
  status.textContent = `${variables.fan} scores ${plain(score.score)}. ${answered(score)}.`;
}

function showNone(problems, told) {
  drawn = null;
  byId("score-found").hidden = true;
  byId("score-run").hidden = true;
  byId("score-problems").replaceChildren(...problems);
  status.textContent = told;
}

function showHeadline(score, variables) {
  const whichEvent = variables.event
    ? ["for event ", h("b", {}, variables.event)]
    : ["without an event"];
  byId("score-number").textContent = plain(score.score);
  byId("score-whose").replaceChildren(h("b", {}, variables.fan), " ", ...whichEvent);
  byId("score-sum").textContent = sumOf(score);
  byId("score-policy").textContent = score.policyVersion;
  byId("score-as-query").href = asQuery(variables);
  byId("score-as-fan").href = `#fans?${new URLSearchParams({ fan: variables.fan, event: variables.event ?? "" })}`;
  byId("score-as-fan").hidden = !hasFans;
  const mark = byId("score-answered");
  mark.className = answeredClass(score);
  mark.textContent = answered(score);
}

function asQuery({ fan: id, event: eventId }) {
  const variables = JSON.stringify({ fan: id, event: eventId }, null, 2);
  return `#query?${new URLSearchParams({ example: "score", variables, as: "fan", fan: id })}`;
}

function showReasons(rows) {
  byId("score-reasons").replaceChildren(...rows.slice(0, -1).map((row) => reasonLine(row)));
  byId("score-total").textContent = plain(rows.at(-1).points);
}

function showRun(fields) {
  const pictures = fields?.map((field) => drawRun(field, h("h2", { id: "run-h" }, "The run")));
  byId("score-run").replaceChildren(...(pictures ?? [untraced()]));
  byId("score-run").hidden = false;
}

function untraced() {
  return h(
    "p",
    { class: "quiet", id: "run-h" },
    "This gateway sends no trace, so the run cannot be drawn.",
  );
}

function redraw() {
  const width = chart.clientWidth;
  if (!drawn || !width || drawn.width === width) return;
  drawn.width = width;
  chart.replaceChildren(drawScore(drawn.rows, width));
}
