import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { test } from "node:test";

// No package.json beside the console's modules says that they are modules: browsers need none.
const hook = "(url, context, next) => next(url, { ...context, format: 'module' })";
register(`data:text/javascript,${encodeURIComponent(`export const load = ${hook};`)}`);
const load = (name) =>
  import(new URL(`../../src/fanscore_appsync/local/console/lab/${name}`, import.meta.url));

const vectors = JSON.parse(
  await readFile(new URL("../golden/decide-vectors.json", import.meta.url), "utf8"),
);
const { decide, readFindings, readPolicy } = await load("decide.js");
const { distribution, figures, scoresOf } = await load("figures.js");
const { decimal, isLess, roundHalfUp } = await load("decimals.js");

test("The console decides every vector as the core does: score, codes, points and words", () => {
  assert.equal(vectors.decisions.length, 16);
  for (const { signals, policy, fans } of vectors.decisions) {
    const read = readPolicy(policy, signals);
    for (const { findings, ...expected } of fans) {
      const { score, rawScore, reasons, degraded } = decide(read, readFindings(findings));
      assert.deepEqual(
        {
          score: String(score),
          rawScore: String(rawScore),
          reasons: reasons.map(({ code, points, message }) => [code, String(points), message]),
          degraded,
        },
        expected,
        JSON.stringify({ policy, findings }),
      );
    }
  }
});

test("The console's figures of a change are those of the core's policy diff", () => {
  const crowd = vectors.crowd.map(readFindings);
  const { signals } = vectors.decisions[0];
  assert.equal(vectors.diffs.length, 3);
  for (const { old, new: edited, ...core } of vectors.diffs) {
    const policies = [old, edited].map((each) => readPolicy(each, signals));
    const scores = policies.map((each) => scoresOf(each, crowd));
    const { "newcomer.mean": newcomers, "history.mean": others, ...found } = figures(
      ...scores,
      crowd,
    );
    const { "old.newcomer.mean": oldNewcomers, "old.history.mean": oldOthers, ...named } = found;
    assert.deepEqual(
      named,
      Object.fromEntries(Object.keys(named).map((name) => [name, core.figures[name]])),
    );
    assert.equal(Object.keys(named).length, 15);
    const [history] = core.partitions.filter(({ name }) => name === "newcomers and others");
    assert.deepEqual(
      [
        ["newcomers", oldNewcomers, newcomers],
        ["with a history", oldOthers, others],
      ],
      history.cohorts.map((each) => [each.name, each.old.mean, each.new.mean]),
    );
    assert.deepEqual(
      distribution(...policies, ...scores).map((each) => ({
        ...each,
        atLeast: Number(each.atLeast),
        atMost: Number(each.atMost),
      })),
      core.distribution,
    );
  }
});

test("Decimals are compared and rounded exactly, however long they are", () => {
  const digits = "0.3000000000000000000000000000000000000001";
  assert.equal(isLess(decimal("0.3"), decimal(digits)), true);
  assert.equal(isLess(decimal(digits), decimal("0.30")), false);
  assert.equal(isLess(decimal("-0"), decimal("0.0")), false);
  assert.deepEqual(
    ["0.5", "1.5", "-0.5", "-0.4", "2.49999999999999999999", "9007199254740993"].map((text) =>
      String(roundHalfUp(decimal(text))),
    ),
    ["1", "2", "-1", "0", "2", "9007199254740993"],
  );
  for (const text of ["", ".5", "5.", "1e3", "0x1", " 1", "1_0", "NaN", "\u0661"]) {
    assert.throws(() => decimal(text), RangeError, text);
  }
});
