/** How far sliders go. Numbers that are typed may go further. */

import { HIGH, LOW, bandPath, unavailableOf } from "./draft.js";

const USUAL_POINTS = 50;
const FINEST = 3;

/** Limits of points: alike for all, so that their sliders can be compared. */
export function pointLimits({ signals, values }) {
  const points = signals.flatMap(({ name, codes }) => [
    values[unavailableOf(name)],
    ...codes.map((_, index) => values[bandPath(name, index, "points")]),
  ]);
  const most = Math.max(USUAL_POINTS, ...points.map((each) => Math.abs(each)));
  return { least: -most, most, step: 1 };
}

/** Limits of the bounds of a signal: its values in the sample, and some room beyond the bounds. */
export function boundLimits({ signals, values }, name, findings) {
  const { codes } = signals.find((each) => each.name === name);
  const bounds = codes.slice(0, -1).map((_, index) => values[bandPath(name, index, "below")]);
  const found = findings.map((each) => each.signals[name] ?? "").filter((text) => /\d/.test(text));
  const numbers = bounds.map(Number);
  const seen = found.length ? found.map(Number) : numbers.map((each) => 2 * each);
  const decimals = Math.min(FINEST, Math.max(...[...bounds, ...found].map(decimalsOf)));
  const most = Math.max(...seen, ...numbers);
  return {
    least: Math.floor(Math.min(0, ...seen, ...numbers)),
    most: Math.ceil(most > 0 ? most : most + 1),
    step: 10 ** -decimals,
  };
}

/** Limits of the least and the greatest score. */
export function rangeLimits({ values }) {
  const [low, high] = [values[LOW], values[HIGH]].map(Number);
  return { least: Math.min(-100, low), most: Math.max(200, high), step: 1 };
}

/** Limits of the score to start from. */
export function startLimits({ values }) {
  return { least: Number(values[LOW]), most: Number(values[HIGH]), step: 1 };
}

function decimalsOf(text) {
  return text.split(".")[1]?.length ?? 0;
}
