/** One fan under two policies: both scores, and each reason as it was and as it becomes. */

import { h } from "../dom.js";
import { plain, reasonTitle, signed } from "../words.js";

/**
 * Draw the decisions on one fan.
 *
 * @param {object} old the live decision
 * @param {object} now the edited one
 * @param {{name: string, valueName: string}[]} signals whose reasons follow the first
 * @param {object} findings as the gateway gave them
 */
export function drawFan(old, now, signals, findings) {
  const rows = [
    row("Starts from", old.reasons[0], now.reasons[0], findings.raw),
    ...signals.map(({ name, valueName }, index) =>
      row(valueName, old.reasons[index + 1], now.reasons[index + 1], value(findings, name)),
    ),
    row("Kept within the range", clamped(old), clamped(now)),
  ];
  return [
    h(
      "p",
      { class: "lab-scores" },
      h("span", { class: "lab-old" }, plain(old.score)),
      h("span", { "aria-hidden": "true" }, " → "),
      h("span", { class: "unseen" }, " live, edited: "),
      h("span", { class: `lab-now ${direction(old.score, now.score)}` }, plain(now.score)),
      " ",
      h("span", { class: "quiet" }, moveText(old.score, now.score)),
    ),
    h(
      "table",
      { class: "lab-table" },
      h(
        "thead",
        {},
        h("tr", {}, ["Reason", "Live", "Edited"].map((text) => h("th", { scope: "col" }, text))),
      ),
      h("tbody", {}, rows),
    ),
  ];
}

/** Say in words how far a score moves. */
export function moveText(old, now) {
  if (old === now) return "stays";
  return now > old ? `up ${now - old}` : `down ${old - now}`;
}

function row(title, old, now, found) {
  if (!old && !now) return null;
  const isChanged = old?.points !== now?.points || old?.code !== now?.code;
  return h(
    "tr",
    { class: isChanged ? direction(old?.points ?? 0n, now?.points ?? 0n) : null },
    h(
      "th",
      { scope: "row" },
      title,
      found === undefined ? null : [" ", h("code", {}, found)],
      h("span", { class: "quiet lab-codes" }, codes(old, now)),
    ),
    h("td", {}, points(old)),
    h("td", {}, points(now)),
  );
}

function codes(old, now) {
  const titles = [old, now].filter(Boolean).map((reason) => reasonTitle(reason.code));
  return [...new Set(titles)].join(" → ");
}

function points(reason) {
  return reason ? signed(reason.points) : "0";
}

function clamped({ reasons }) {
  return reasons.find((reason) => reason.code === "CLAMPED");
}

function value({ signals }, name) {
  const found = signals[name];
  return /\d/.test(found ?? "") ? found : undefined;
}

function direction(old, now) {
  return now > old ? "rises" : now < old ? "falls" : "stays";
}
