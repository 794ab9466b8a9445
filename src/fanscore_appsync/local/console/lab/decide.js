/**
 * The rules of a score, as the core has them in fanscore_core/scoring.py: a pure function of a
 * policy and findings. Vectors hold both to each other: tests/golden/decide-vectors.json.
 */

import { decimal, isLess, roundHalfUp } from "./decimals.js";

const ORIGINS = {
  ACCOUNT_SCORE: "Score of the fan's account",
  IDENTITY_SCORE: "Score of the fan's identity",
  NO_HISTORY: "Nothing is known of the fan yet",
};
const MISSING = {
  NOT_ASKED: "was not asked",
  NO_SCORE: "knows no score for the fan",
  NO_VERDICT: "has no verdict on the fan",
  UNAVAILABLE: "gave no answer",
};

/**
 * Read a valid policy, so that it can decide.
 *
 * @param {object} policy its parts, as the gateway gives them; numbers may be texts
 * @param {{name: string, valueName: string, asked: string}[]} signals in the order of the reasons
 */
export function readPolicy(policy, signals) {
  const [low, high] = policy.range.map(BigInt);
  return {
    low,
    high,
    noHistory: BigInt(policy.no_history_raw_score),
    signals: signals.map((signal) => readSignal(signal, policy.signals[signal.name])),
  };
}

/** Read the findings of a fan, as the gateway gives them. */
export function readFindings({ origin, raw, signals }) {
  return {
    origin,
    raw: raw === undefined ? null : roundHalfUp(decimal(raw)),
    signals: new Map(Object.entries(signals).map(([name, found]) => [name, readFinding(found)])),
  };
}

/**
 * Decide a score. Points are of type bigint: sums of them may be too great for a number.
 *
 * @returns {{score: bigint, rawScore: bigint, reasons: {code: string, points: bigint,
 *   message: string}[], degraded: string[]}} the points of the reasons sum to the score
 */
export function decide(policy, findings) {
  const rawScore = findings.raw ?? policy.noHistory;
  const { origin } = findings;
  const reasons = [{ code: origin, points: rawScore, message: ORIGINS[origin] }];
  const degraded = [];
  let total = rawScore;
  for (const signal of policy.signals) {
    const found = findings.signals.get(signal.name) ?? "NOT_ASKED";
    const reason = typeof found === "string" ? signal.missing[found] : bandOf(signal, found);
    if (found === "UNAVAILABLE") degraded.push(signal.name);
    reasons.push(reason);
    total += reason.points;
  }
  const { low, high } = policy;
  const score = total < low ? low : total > high ? high : total;
  if (score !== total) {
    const message = `A score is never below ${low} or above ${high}`;
    reasons.push({ code: "CLAMPED", points: score - total, message });
  }
  return { score, rawScore, reasons, degraded };
}

function readSignal({ name, valueName, asked }, { unavailable, bands }) {
  const missing = Object.entries(MISSING).map(([way, words]) => {
    const points = way === "UNAVAILABLE" ? BigInt(unavailable) : 0n;
    return [way, { code: `${name.toUpperCase()}_${way}`, points, message: `${asked} ${words}` }];
  });
  return {
    name,
    missing: Object.fromEntries(missing),
    bands: bands.map(({ below, points, code }, index) => ({
      below: below === null ? null : decimal(below),
      reason: {
        code,
        points: BigInt(points),
        message: `${valueName} ${bounds(bands[index - 1]?.below ?? null, below)}`,
      },
    })),
  };
}

function bounds(lower, below) {
  if (lower === null) return below === null ? "is known" : `is below ${below}`;
  return `is ${lower} or more${below === null ? "" : `, and below ${below}`}`;
}

function readFinding(found) {
  return Object.hasOwn(MISSING, found) ? found : decimal(found);
}

function bandOf(signal, value) {
  return signal.bands.find(({ below }) => below === null || isLess(value, below)).reason;
}
