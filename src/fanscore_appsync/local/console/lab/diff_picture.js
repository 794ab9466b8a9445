/** The headline figures of the core's policy diff, by the names that rules know them by. */

import { h } from "../dom.js";
import { plain } from "../words.js";

const MOVES = {
  up: "Move up",
  down: "Move down",
};
const STANDINGS = {
  "score.mean": "Mean score",
  "newcomer.parity_difference": "Parity difference",
  "newcomer.parity_ratio": "Parity ratio, lower by higher",
  "newcomer.parity_ratio_to_others": "Parity ratio, newcomers by others",
  "newcomer.conditional_difference": "Conditional difference, greatest",
  "newcomer.conditional_ratio": "Conditional ratio, least",
  "newcomer.counterfactual_penalty": "Counterfactual penalty",
};

/** Write the figures of a report as tables. */
export function diffTable({ figures, people }) {
  return h(
    "div",
    { class: "lab-diff" },
    table(
      [`Of ${people.toLocaleString("en")} fans`, "People", "Share", "Mean points", "Most"],
      Object.entries(MOVES).map(([name, title]) => [
        title,
        name,
        plain(figures[`${name}.people`]),
        `${(100 * figures[`${name}.share`]).toFixed(1)} %`,
        figures[`${name}.mean`].toFixed(2),
        plain(figures[`${name}.most`]),
      ]),
    ),
    table(
      ["Figure", "Live", "Edited"],
      Object.entries(STANDINGS).map(([name, title]) => [
        title,
        name,
        figure(figures[`old.${name}`]),
        figure(figures[name]),
      ]),
    ),
  );
}

function table(heads, rows) {
  return h(
    "table",
    { class: "lab-table" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        heads.map((text) => h("th", { scope: "col" }, text)),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map(([title, name, ...cells]) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, title, h("code", { class: "lab-codes" }, breakable(name))),
          cells.map((text) => h("td", {}, text)),
        ),
      ),
    ),
  );
}

/** Let a name go on in the next line after a dot or an underscore. */
function breakable(name) {
  return name.split(/(?<=[._])/).map((part) => [part, h("wbr")]);
}

function figure(number) {
  return number === null ? "–" : plain(number.toFixed(3));
}
