/** A fan's score with what was found for each reason, drawn of one explanation. */

import { h } from "../dom.js";
import { tellErrors } from "../problems.js";
import { drawRun } from "../run_picture.js";
import { answered, answeredClass, reasonLine, sumOf } from "../score_parts.js";
import { drawScore, scoreRows } from "../score_picture.js";
import { plain } from "../words.js";

const MISSING = {
  NOT_ASKED: "was not asked for",
  NO_SCORE: "none: ARM knows no score of this fan",
  NO_VERDICT: "none: the model has no verdict on this fan",
  UNAVAILABLE: "none: its system gave no answer",
};

/** Draw an explanation: the score or the error that came instead, and the run. */
export function drawExplanation({ fan, event, explanation }) {
  const { score, error, found, run } = explanation;
  return [
    error ? h("div", { class: "problems" }, tellErrors("h2", [error])) : null,
    score ? drawFound(fan, event, score, found) : null,
    run ? drawCardOfRun(run) : null,
  ];
}

function drawFound(fan, event, score, found) {
  const rows = scoreRows(score);
  return h(
    "div",
    { class: "found" },
    h(
      "section",
      { class: "card headline", "aria-labelledby": "fan-number-h" },
      h("h2", { id: "fan-number-h" }, "Score"),
      h("p", { class: "number" }, plain(score.score)),
      h("p", {}, event ? ["for event ", h("b", {}, event)] : "without an event"),
      h("p", { class: "sum" }, sumOf(score)),
      h("p", {}, h("span", { class: answeredClass(score) }, answered(score))),
      h("p", { class: "quiet foot" }, `Policy ${score.policyVersion} · `, toScore(fan, event)),
    ),
    h(
      "section",
      { class: "card", "aria-labelledby": "fan-chart-h" },
      h("h2", { id: "fan-chart-h" }, "How it adds up"),
      chart(rows),
    ),
    drawReasons(score, rows, found),
  );
}

function toScore(fan, event) {
  const address = `#score?${new URLSearchParams({ fan, event: event ?? "" })}`;
  return h("a", { href: address }, "Score view");
}

function chart(rows) {
  const element = h("div", {});
  let drawn = 0;
  new ResizeObserver(() => {
    const width = element.clientWidth;
    if (!width || width === drawn) return;
    drawn = width;
    element.replaceChildren(drawScore(rows, width));
  }).observe(element);
  return element;
}

function drawReasons(score, rows, found) {
  const lines = rows.slice(0, -1).map((row, at) => reasonLine(row, found[at] && valueOf(found[at])));
  return h(
    "section",
    { class: "card wide", "aria-labelledby": "fan-reasons-h" },
    h("h2", { id: "fan-reasons-h" }, "The reasons, with what was found"),
    h(
      "table",
      { class: "reasons" },
      h(
        "thead",
        {},
        h("tr", {}, ["Reason", "Points", "Sum"].map((name) => h("th", { scope: "col" }, name))),
      ),
      h("tbody", {}, lines),
      h(
        "tfoot",
        {},
        h("tr", {}, h("th", { scope: "row" }, "Score"), h("td", {}), h("td", {}, plain(score.score))),
      ),
    ),
  );
}

function valueOf({ what, value, missing }) {
  if (missing) return h("span", { class: "value" }, `${what}: ${MISSING[missing] ?? missing}`);
  if (value === null) return null;
  return h("span", { class: "value" }, `${what}: `, h("b", {}, value));
}

function drawCardOfRun(run) {
  const tookMs = run.rounds.reduce((sum, round) => sum + round.tookMs, 0);
  const field = { field: "VFApi.accountFanscore", path: [], batch: 1, cached: false, tookMs, trace: run };
  return h(
    "section",
    { class: "card", "aria-labelledby": "fan-run-h" },
    drawRun(field, h("h2", { id: "fan-run-h" }, "The run")),
  );
}
