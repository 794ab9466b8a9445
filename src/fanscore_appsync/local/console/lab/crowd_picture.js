/** Many fans under two policies: a histogram of both, and the figures that matter most. */

import { h, svg } from "../dom.js";
import { plain } from "../words.js";

const HEIGHT = 170;
const FOOT = 22;
const LABEL_WIDTH = 34;
const MARGIN = 6;

/** Draw both distributions so many pixels wide: the live one broad, the edited one slim. */
export function drawHistogram(buckets, width) {
  const most = Math.max(1, ...buckets.flatMap((each) => [each.old, each.new]));
  const room = HEIGHT - FOOT;
  const step = (width - 2 * MARGIN) / buckets.length;
  const every = Math.ceil(LABEL_WIDTH / step);
  const bar = (index, people, share, kind) => {
    const height = (people / most) * (room - 4);
    const x = MARGIN + (index + (1 - share) / 2) * step;
    const place = { x, y: room - height, width: step * share, height };
    return svg("rect", { class: kind, ...place, rx: Math.min(2, height) });
  };
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, "aria-hidden": "true" },
    buckets.map((each, index) => [
      each.old ? bar(index, each.old, 0.86, "lab-bar-old") : null,
      each.new ? bar(index, each.new, 0.44, "lab-bar-new") : null,
      index % every === 0
        ? svg("text", { x: MARGIN + (index + 0.5) * step, y: HEIGHT - 5 }, plain(each.atLeast))
        : null,
    ]),
    svg("line", { x1: 0, x2: width, y1: room, y2: room }),
  );
}

/** Write the figures of a change as a table. */
export function figureTable(found) {
  const line = (title, name, digits) => {
    const [old, now] = [found[`old.${name}`], found[name]];
    return h(
      "tr",
      { class: old === now ? null : now > old ? "rises" : "falls" },
      h("th", { scope: "row" }, title),
      h("td", {}, rounded(old, digits)),
      h("td", {}, rounded(now, digits)),
    );
  };
  return h(
    "table",
    { class: "lab-table" },
    h(
      "thead",
      {},
      h("tr", {}, ["Mean score", "Live", "Edited"].map((text) => h("th", { scope: "col" }, text))),
    ),
    h(
      "tbody",
      {},
      line("Everybody", "score.mean", 2),
      line("Newcomers", "newcomer.mean", 2),
      line("With a history", "history.mean", 2),
      line("Parity ratio, lower by higher", "newcomer.parity_ratio", 3),
    ),
  );
}

/** Say how many fans move, and how far. */
export function moversText(found) {
  const moved = ["up", "down"].map((way) => {
    const people = found[`${way}.people`].toLocaleString("en");
    const by = found[`${way}.people`] ? ` by ${rounded(found[`${way}.mean`], 2)} points on average` : "";
    return `${people} ${way}${by}`;
  });
  const still = found.people - found["up.people"] - found["down.people"];
  return `${moved.join(", ")}, ${still.toLocaleString("en")} stay`;
}

/** Write a figure, or a dash where there is none. */
export function rounded(number, digits) {
  if (number === null || number === undefined) return "–";
  return plain(number.toFixed(digits));
}
