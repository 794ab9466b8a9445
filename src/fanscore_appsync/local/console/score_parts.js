/** Parts of a score that more than one view shows: the sum, who answered, and a line of a reason. */

import { h } from "./dom.js";
import { pointsText } from "./score_picture.js";
import { REASONS, SIGNALS, and, plain } from "./words.js";

/** Write how the points of a score add up. */
export function sumOf(score) {
  const [base, ...others] = score.reasons.map((reason) => reason.points);
  const terms = others
    .filter(Boolean)
    .map((points) => `${points < 0 ? "\u2212" : "+"} ${Math.abs(points)}`);
  return [plain(base), ...terms, "=", plain(score.score)].join(" ");
}

/** Say which systems gave no answer. */
export function answered(score) {
  const missing = score.degraded.map((signal) => SIGNALS[signal] ?? signal);
  return missing.length ? `Degraded: no answer from ${and(missing)}` : "Every system answered";
}

/** Return the class of the badge that says so. */
export function answeredClass(score) {
  return score.degraded.length ? "badge degraded" : "badge good";
}

/** Return a line of the table of reasons; `found` is said below the meaning, if it is given. */
export function reasonLine(row, found = null) {
  const told = [row.message, REASONS[row.code]?.more].filter(Boolean);
  const words = told.map((text) => (text.endsWith(".") ? text : `${text}.`)).join(" ");
  return h(
    "tr",
    { class: row.kind },
    h(
      "th",
      { scope: "row" },
      h("span", { class: "reason-title" }, row.title),
      " ",
      h("code", {}, row.code),
      h("span", { class: "meaning" }, words),
      found,
    ),
    h("td", {}, pointsText(row)),
    h("td", {}, plain(row.to)),
  );
}
