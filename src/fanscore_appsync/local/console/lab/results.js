/** What an edited policy does beside the live one: to the sample, to a fan, and in a sentence. */

import { byId, h } from "../dom.js";
import { plain } from "../words.js";
import { drawHistogram, figureTable, moversText, rounded } from "./crowd_picture.js";
import { decide } from "./decide.js";
import { drawFan } from "./fan_picture.js";
import { distribution, figures, scoresOf } from "./figures.js";

const histogram = byId("lab-histogram");
let buckets = null;

/** Draw the histogram anew whenever its place changes its width. */
export function keepHistogramWide() {
  new ResizeObserver(drawBuckets).observe(histogram);
}

/**
 * Show the results of a policy, and return them in a sentence.
 *
 * @param {{policy: object, scores: bigint[]}} live the live policy, and its scores of the sample
 * @param {object} policy the edited one
 * @param {{signals: object[], crowd: object[]}} known the signals, and the sample
 * @param {{id: string, findings: object, read: object} | null} fan that is looked at
 */
export function showResults(live, policy, { signals, crowd }, fan) {
  const scores = scoresOf(policy, crowd);
  const found = figures(live.scores, scores, crowd);
  byId("lab-movers").textContent = `${moversText(found)}.`;
  byId("lab-figures").replaceChildren(figureTable(found));
  buckets = distribution(live.policy, policy, live.scores, scores);
  drawBuckets();
  const both = fan && [live.policy, policy].map((each) => decide(each, fan.read));
  byId("lab-fan-found").replaceChildren(...(both ? drawFan(...both, signals, fan.findings) : []));
  const fanScores = both?.map((each) => plain(each.score));
  byId("lab-strip").replaceChildren(...strip(found, fan, fanScores));
  return sentence(found, fan, fanScores);
}

function drawBuckets() {
  const width = histogram.clientWidth;
  if (buckets && width) histogram.replaceChildren(drawHistogram(buckets, width));
}

function strip(found, fan, scores) {
  const parts = [
    `▲ ${found["up.people"]}`,
    `▼ ${found["down.people"]}`,
    `mean ${means(found, 1).join(" → ")}`,
    fan ? `${fan.id} ${scores.join(" → ")}` : null,
  ];
  return parts.filter(Boolean).map((text) => h("span", {}, text));
}

function sentence(found, fan, scores) {
  const [before, after] = means(found, 2);
  const moved = `Of ${found.people} made-up fans ${moversText(found)}`;
  const crowd = `${moved}; mean score ${before} live, ${after} edited.`;
  return fan ? `${crowd} ${fan.id} scores ${scores[0]} live, ${scores[1]} edited.` : crowd;
}

function means(found, digits) {
  return ["old.score.mean", "score.mean"].map((name) => rounded(found[name], digits));
}
