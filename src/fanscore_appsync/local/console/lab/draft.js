/**
 * A policy while it is edited: each value as the text that was typed, by the path that the loader
 * names it by, such as `policy.arm.bands[0].below`.
 */

import { decimal, isLess } from "./decimals.js";

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const INTEGER = /^-?\d+$/;
const PLAIN_DECIMAL = /^-?\d+(?:\.\d{1,9})?$/;
const LIMIT = 2n ** 53n;

export const VERSION = "policy.version";
export const LOW = "policy.range[0]";
export const HIGH = "policy.range[1]";
export const NO_HISTORY = "policy.no_history_raw_score";

/** The path of what counts where a signal's system gave no answer. */
export const unavailableOf = (name) => `policy.${name}.unavailable`;

/** The path of a member of a band. */
export const bandPath = (name, index, member) => `policy.${name}.bands[${index}].${member}`;

/** Make a draft of a policy's parts, as the gateway gives them. */
export function draftOf(parts) {
  const values = {
    [VERSION]: parts.version,
    [LOW]: String(parts.range[0]),
    [HIGH]: String(parts.range[1]),
    [NO_HISTORY]: String(parts.no_history_raw_score),
  };
  const signals = Object.entries(parts.signals).map(([name, { unavailable, bands }]) => {
    values[unavailableOf(name)] = String(unavailable);
    bands.forEach(({ below, points }, index) => {
      if (below !== null) values[bandPath(name, index, "below")] = below;
      values[bandPath(name, index, "points")] = String(points);
    });
    return { name, codes: bands.map((band) => band.code) };
  });
  return { signals, values };
}

/** Return a draft with one value changed. */
export function edited(draft, where, text) {
  return { ...draft, values: { ...draft.values, [where]: text } };
}

/** Return the parts of a draft, as the gateway gives those of a policy. */
export function partsOf({ signals, values }) {
  const at = (where) => tidied(values[where]);
  const sections = signals.map(({ name, codes }) => [
    name,
    {
      unavailable: at(unavailableOf(name)),
      bands: codes.map((code, index) => ({
        below: index === codes.length - 1 ? null : shortened(at(bandPath(name, index, "below"))),
        points: at(bandPath(name, index, "points")),
        code,
      })),
    },
  ]);
  return {
    version: values[VERSION],
    range: [at(LOW), at(HIGH)],
    no_history_raw_score: at(NO_HISTORY),
    signals: Object.fromEntries(sections),
  };
}

/** Write a draft as a policy's JSON. What is no number stays a text, for the loader to refuse. */
export function textOf(draft) {
  const { version, range, no_history_raw_score: start, signals } = partsOf(draft);
  const sections = Object.entries(signals).map(([name, { unavailable, bands }]) => {
    const lines = bands.map(({ below, points, code }) => {
      const bound = below === null ? "" : `"below": ${token(below)}, `;
      return `{${bound}"points": ${token(points)}, "code": ${JSON.stringify(code)}}`;
    });
    return `"${name}": {"unavailable": ${token(unavailable)}, "bands": [${lines.join(", ")}]}`;
  });
  const members = [
    `"version": ${JSON.stringify(version)}`,
    `"range": [${range.map(token).join(", ")}]`,
    `"no_history_raw_score": ${token(start)}`,
    ...sections,
  ];
  return `{${members.join(", ")}}`;
}

/** Whether a draft can decide as it is; its version does not matter for that. */
export function isDecidable(draft) {
  const { range, no_history_raw_score: start, signals } = partsOf(draft);
  const worths = Object.values(signals);
  const integers = worths.flatMap(({ unavailable, bands }) => [
    unavailable,
    ...bands.map((band) => band.points),
  ]);
  if (![...range, start, ...integers].every(isInteger)) return false;
  const [low, high, begin] = [...range, start].map(BigInt);
  const inOrder = low < high && low <= begin && begin <= high;
  return inOrder && worths.every(({ bands }) => isAscending(bands));
}

/** Whether two drafts say the same, their version aside. */
export function isSame(one, other) {
  return textOf(edited(one, VERSION, "")) === textOf(edited(other, VERSION, ""));
}

function isAscending(bands) {
  const bounds = bands.slice(0, -1).map((band) => band.below);
  return (
    bounds.every((bound) => PLAIN_DECIMAL.test(bound) && bound.length < 30) &&
    bounds.slice(1).every((bound, index) => isLess(decimal(bounds[index]), decimal(bound)))
  );
}

function isInteger(text) {
  if (!INTEGER.test(text) || text.length > 20) return false;
  const number = BigInt(text);
  return -LIMIT < number && number < LIMIT;
}

/** Spell a number as JSON does, where a person may have left out or added a zero. */
function tidied(text) {
  return text
    .trim()
    .replace(/^(-?)0+(?=\d)/, "$1")
    .replace(/^(-?)\./, "$10.");
}

/** Leave out the zeros after which a decimal number ends. */
function shortened(text) {
  return /^-?\d+\.\d*$/.test(text) ? text.replace(/\.?0*$/, "") : text;
}

function token(text) {
  return JSON_NUMBER.test(text) ? text : JSON.stringify(text);
}
