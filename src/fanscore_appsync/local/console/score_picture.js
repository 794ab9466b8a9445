/** A score as a picture: each reason's bar begins where the one before it ended. */

import { svg } from "./dom.js";
import { plain, reasonTitle, signed } from "./words.js";

const WIDE = 560;
const BAR = 20;
const CAP = 4;
const LABEL_WIDTH = 172;
const VALUE_WIDTH = 52;
const TICK_STEPS = [10, 20, 25, 50, 100, 200, 250, 500, 1000];
const LEAST_TOP = 100;

/** Return the rows of a score: base, boosts, clamp and total, each with where it begins and ends. */
export function scoreRows(score) {
  let at = 0;
  const rows = score.reasons.map(({ code, points, message }, position) => {
    const row = { code, points, message, title: reasonTitle(code), from: at, to: at + points };
    at += points;
    return { ...row, kind: kindOf(code, points, position) };
  });
  return [
    ...rows,
    { kind: "total", title: "Score", points: score.score, from: 0, to: score.score },
  ];
}

/** Say a score in one sentence, for those who do not see the picture. */
export function scoreSentence(rows) {
  const parts = rows.slice(0, -1).map((row) => `${row.title} ${pointsText(row)}`);
  return `Waterfall chart. ${parts.join(", ")}. Score ${plain(rows.at(-1).points)}.`;
}

/** Write a row's points: with a sign, where they are added. */
export function pointsText(row) {
  return row.kind === "base" || row.kind === "total" ? plain(row.points) : signed(row.points);
}

/** Draw the rows of a score, as wide as there is room. */
export function drawScore(rows, width) {
  const plan = planOf(rows, width);
  const height = plan.top + rows.length * plan.rowHeight + 24;
  return svg(
    "svg",
    {
      class: "picture",
      role: "img",
      "aria-label": scoreSentence(rows),
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
    },
    hatches(),
    plan.ticks.map((tick) => drawTick(plan, tick, height)),
    rows.slice(0, -1).map((row, at) => drawConnector(plan, row, at)),
    rows.map((row, at) => drawRow(plan, row, at)),
  );
}

function kindOf(code, points, position) {
  if (position === 0) return "base";
  if (code === "CLAMPED") return "clamp";
  if (code.endsWith("_UNAVAILABLE")) return "degraded";
  if (points === 0) return "zero";
  return points > 0 ? "up" : "down";
}

function planOf(rows, width) {
  const wide = width >= WIDE;
  const ends = rows.flatMap((row) => [row.from, row.to]);
  const ticks = ticksOf(Math.min(0, ...ends), Math.max(LEAST_TOP, ...ends), wide ? 6 : 4);
  const left = wide ? LABEL_WIDTH : 8;
  const scale = (width - left - VALUE_WIDTH) / (ticks.at(-1) - ticks[0]);
  return {
    wide,
    ticks,
    top: 4,
    rowHeight: wide ? 38 : 46,
    barAt: wide ? 9 : 21,
    x: (points) => left + (points - ticks[0]) * scale,
  };
}

function ticksOf(low, high, most) {
  const step = TICK_STEPS.find((each) => (high - low) / each <= most) ?? (high - low) / most;
  const ticks = [];
  for (let at = Math.floor(low / step); at <= Math.ceil(high / step); at += 1)
    ticks.push(at * step);
  return ticks;
}

function drawTick(plan, tick, height) {
  const x = plan.x(tick);
  return [
    svg("line", {
      class: tick === 0 ? "grid zero-line" : "grid",
      x1: x,
      x2: x,
      y1: plan.top,
      y2: height - 22,
    }),
    svg("text", { class: "tick", x, y: height - 6, "text-anchor": "middle" }, plain(tick)),
  ];
}

function drawConnector(plan, row, at) {
  const x = plan.x(row.to);
  const y = plan.top + at * plan.rowHeight + plan.barAt + BAR;
  return svg("line", { class: "connector", x1: x, x2: x, y1: y, y2: y + plan.rowHeight - BAR });
}

function drawRow(plan, row, at) {
  const y = plan.top + at * plan.rowHeight;
  const [low, high] = [row.from, row.to].sort((a, b) => a - b).map(plan.x);
  const bar =
    row.points === 0
      ? svg("circle", {
          class: `dot ${row.kind}`,
          cx: low,
          cy: y + plan.barAt + BAR / 2,
          r: row.kind === "degraded" ? 7 : 5,
        })
      : svg("rect", {
          class: `bar ${row.kind}`,
          x: low,
          y: y + plan.barAt,
          width: Math.max(high - low, 2),
          height: BAR,
          rx: Math.min(CAP, (high - low) / 2),
        });
  const label = plan.wide
    ? { x: 0, y: y + plan.barAt + BAR / 2 + 5 }
    : { x: plan.x(plan.ticks[0]) + 6, y: y + 15 };
  const beside = row.points === 0 ? low + 14 : high + 8;
  return svg(
    "g",
    { class: row.kind === "total" ? "row total" : "row" },
    svg("text", { class: `label ${row.kind}`, ...label }, row.title),
    bar,
    svg(
      "text",
      { class: `value ${row.kind}`, x: beside, y: y + plan.barAt + BAR / 2 + 5 },
      pointsText(row),
    ),
  );
}

function hatches() {
  return svg("defs", {}, ["clamp", "degraded"].map(hatch));
}

function hatch(name) {
  return svg(
    "pattern",
    {
      id: `hatch-${name}`,
      width: 7,
      height: 7,
      patternUnits: "userSpaceOnUse",
      patternTransform: "rotate(45)",
    },
    svg("rect", { class: `hatch-ground ${name}`, width: 7, height: 7 }),
    svg("rect", { class: `hatch-line ${name}`, width: 3, height: 7 }),
  );
}
