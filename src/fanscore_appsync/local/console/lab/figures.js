/**
 * What a change of policy does to many fans: some figures of the core's policy diff, by its names
 * (docs/reference/policy-diff.md). They are exact while sums of scores are below 2^53.
 */

import { decide } from "./decide.js";

const MOST_BUCKETS = 22n;

/** Decide the score of each fan. */
export function scoresOf(policy, crowd) {
  return crowd.map((findings) => decide(policy, findings).score);
}

/**
 * Compare the scores of the same fans under two policies.
 *
 * @param {bigint[]} old the scores under the old policy
 * @param {bigint[]} now the scores under the new one
 * @param {{origin: string}[]} crowd whose scores they are
 */
export function figures(old, now, crowd) {
  const rises = now.map((score, index) => score - old[index]);
  return {
    people: crowd.length,
    ...moves("up", rises, crowd.length),
    ...moves(
      "down",
      rises.map((rise) => -rise),
      crowd.length,
    ),
    ...standing("", now, crowd),
    ...standing("old.", old, crowd),
  };
}

/** Count the scores under two policies in buckets of a round width, over both ranges. */
export function distribution(oldPolicy, newPolicy, old, now) {
  const low = least(oldPolicy.low, newPolicy.low);
  const high = greatest(oldPolicy.high, newPolicy.high);
  const width = roundWidth(high - low);
  const [before, after] = [old, now].map((scores) => counted(scores, width));
  const buckets = [];
  for (let number = floor(low, width); number <= floor(high, width); number += 1n) {
    buckets.push({
      atLeast: greatest(low, number * width),
      atMost: least(high, number * width + width - 1n),
      old: before.get(number) ?? 0,
      new: after.get(number) ?? 0,
    });
  }
  return buckets;
}

function moves(name, rises, people) {
  const moved = rises.filter((rise) => rise > 0n);
  return {
    [`${name}.people`]: moved.length,
    [`${name}.share`]: people ? moved.length / people : null,
    [`${name}.mean`]: mean(moved) ?? 0,
    [`${name}.most`]: Number(moved.reduce(greatest, 0n)),
  };
}

function standing(prefix, scores, crowd) {
  const isNew = (_, index) => crowd[index].origin === "NO_HISTORY";
  const newcomers = scores.filter(isNew);
  const others = scores.filter((score, index) => !isNew(score, index));
  const byOthers = ratio(newcomers, others);
  const ofBoth = [byOthers, ratio(others, newcomers)].filter((each) => each !== null);
  const named = {
    "score.mean": mean(scores),
    "newcomer.mean": mean(newcomers),
    "history.mean": mean(others),
    "newcomer.parity_ratio": ofBoth.length ? Math.min(...ofBoth) : null,
    "newcomer.parity_ratio_to_others": byOthers,
  };
  return Object.fromEntries(
    Object.entries(named).map(([name, value]) => [`${prefix}${name}`, value]),
  );
}

/** Divide the mean of some scores by the mean of others, where that says something. */
function ratio(some, others) {
  if (!some.length || !others.length) return null;
  const number = sum(some) * BigInt(others.length);
  const by = sum(others) * BigInt(some.length);
  return number >= 0n && by > 0n ? Number(number) / Number(by) : null;
}

function mean(scores) {
  return scores.length ? Number(sum(scores)) / scores.length : null;
}

function sum(numbers) {
  return numbers.reduce((total, each) => total + each, 0n);
}

function counted(scores, width) {
  const counts = new Map();
  for (const score of scores) {
    const number = floor(score, width);
    counts.set(number, (counts.get(number) ?? 0) + 1);
  }
  return counts;
}

function roundWidth(span) {
  for (let decade = 1n; ; decade *= 10n) {
    const width = [decade, 2n * decade, 5n * decade].find(
      (each) => span / each + 2n <= MOST_BUCKETS,
    );
    if (width) return width;
  }
}

function floor(number, by) {
  return number / by - (number < 0n && number % by ? 1n : 0n);
}

function least(one, other) {
  return one < other ? one : other;
}

function greatest(one, other) {
  return one > other ? one : other;
}
