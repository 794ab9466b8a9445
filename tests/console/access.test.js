import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { DESKTOP, NARROW, assertNoSidewaysScroll, keepPicture, startBrowser } from "./browser.js";
import { enterCampaign, startGateway } from "./gateway.js";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const HOSTILE = new URLSearchParams({
  fan: `"><script>alert(1)</script>#ü%2D${"W".repeat(95)}`,
  event: "e".repeat(128),
});
const VIEWS = [
  ["A score", "#score?fan=top-fan&event=evt456", "How it adds up"],
  ["A score below zero", "#score?fan=bottom-fan&event=evt456", "How it adds up"],
  [
    "A score of long ids",
    `#score?fan=${"f".repeat(128)}&event=${"e".repeat(128)}`,
    "How it adds up",
  ],
  ["An error", "#score?fan=a%E2%80%AEb&event=", "identity.sub"],
  ["A query", "#query?example=home", "What ran for it"],
  ["A refused query", "#query?example=refused", "Only the owner may ask for this"],
  ["A failed mutation", "#query?example=save", "proxy_tm_account_service is unavailable"],
  ["The policy lab", "#lab?fan=user123&event=evt456", "A thousand made-up fans"],
  ["The policy lab for no fan", "#lab?fan=a%E2%80%AEb&event=", "identity.sub"],
  ["A service’s query", "#query?example=service", "What ran for it"],
  ["No fan yet", "#fans", "Who is this fan?"],
  ["A fan", "#fans?fan=user123&event=evt456", "The reasons, with what was found"],
  ["A fan of a hostile id", `#fans?${HOSTILE}`, "Demand records"],
  ["Events", "#events", "user.upsert"],
  ["No events", "#events?fan=top-fan", "What was published, and what became of it?"],
];

let gateway;
let working;
let browser;

before(async () => {
  gateway = await startGateway("arm_scoring,proxy_tm_account_service");
  working = await startGateway("notification_endpoint");
  await enterCampaign(working);
  browser = await startBrowser();
});
after(() => Promise.all([gateway, working, browser].map((each) => each?.stop())));

async function openView(address, heading, options) {
  const { url } = address.startsWith("#events") ? working : gateway;
  const page = await browser.open(`${url}${address}`, options);
  if (address.startsWith("#query")) await page.getByRole("button", { name: "Run" }).click();
  await page.getByRole("heading", { name: heading }).first().waitFor();
  return page;
}

for (const colorScheme of ["light", "dark"]) {
  for (const [what, address, heading] of VIEWS) {
    test(`${what}, ${colorScheme}: no accessibility rule is broken, wide or narrow`, async () => {
      const page = await openView(address, heading, { colorScheme, reducedMotion: "reduce" });
      for (const viewport of [DESKTOP, NARROW]) {
        await page.setViewportSize(viewport);
        assert.deepEqual(await broken(page), []);
        await assertNoSidewaysScroll(page);
      }
      await page.close();
    });
  }
}

for (const colorScheme of ["light", "dark"]) {
  test(`The policy lab with a diff and a mistake, ${colorScheme}: no rule is broken`, async () => {
    const page = await openView("#lab", "One fan", { colorScheme, reducedMotion: "reduce" });
    await page.getByRole("spinbutton", { name: "Start without history", exact: true }).fill("40");
    await page.getByRole("textbox", { name: /^Version/ }).fill("trial-1");
    await page.getByRole("button", { name: "Show the diff" }).click();
    await page.getByRole("link", { name: "Open the full report" }).waitFor();
    for (const viewport of [DESKTOP, NARROW]) {
      await page.setViewportSize(viewport);
      assert.deepEqual(await broken(page), []);
      await assertNoSidewaysScroll(page);
    }
    await page.getByRole("spinbutton", { name: "Below: ARM: medium risk" }).fill("1");
    await page.locator("#lab-stale").waitFor();
    await page.getByRole("textbox", { name: /^Version/ }).fill("");
    await page.getByRole("button", { name: "Export" }).click();
    await page.getByRole("heading", { name: "Not exported" }).waitFor();
    assert.deepEqual(await broken(page), []);
    await assertNoSidewaysScroll(page);
    await page.close();
  });
}

for (const colorScheme of ["light", "dark"]) {
  test(`A list of found fans and a dialog break no rule either, ${colorScheme}`, async () => {
    const options = { colorScheme, reducedMotion: "reduce" };
    const fans = await openView("#fans", "Who is this fan?", options);
    await fans.getByRole("combobox", { name: "Find a fan" }).fill("b");
    await fans.getByRole("option").first().waitFor();
    await fans.keyboard.press("ArrowDown");
    assert.deepEqual(await broken(fans), []);
    await fans.close();
    const events = await openView("#events", "user.upsert", options);
    await events.getByRole("button", { name: "Replay…" }).click();
    await events.getByRole("checkbox", { name: "sync" }).check();
    assert.deepEqual(await broken(events), []);
    await events.close();
  });
}

test("The keyboard reaches everything in the order of the page, and shows where it is", async () => {
  const page = await openView("#score?fan=user123&event=evt456", "How it adds up");
  const reached = [];
  for (let presses = 0; presses < 10; presses += 1) {
    await page.keyboard.press("Tab");
    reached.push(
      await page.evaluate(() => {
        const { id, innerText } = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        return [id || innerText, outlineStyle !== "none" && parseFloat(outlineWidth) >= 2];
      }),
    );
  }
  assert.deepEqual(reached, [
    ["skip", true],
    ["to-score", true],
    ["to-query", true],
    ["to-lab", true],
    ["to-fans", true],
    ["to-events", true],
    ["score-fan", true],
    ["score-event", true],
    ["Show score", true],
    ["user123 usual", true],
  ]);
  await page.close();
});

test("The keyboard gets into the editor, out of it, and on to the response", async () => {
  const page = await openView("#query?example=home", "What ran for it");
  await page.getByRole("textbox", { name: "Query" }).focus();
  const reached = [];
  for (let presses = 0; presses < 3; presses += 1) {
    await page.keyboard.press("Tab");
    reached.push(
      await page.evaluate(() => document.activeElement.id || document.activeElement.innerText),
    );
  }
  assert.deepEqual(reached, ["query-variables", "Run", "query-response"]);
  await page.close();
});

test("The skip link goes to the content, and leaves the address alone", async () => {
  const page = await openView("#score?fan=user123&event=evt456", "How it adds up");
  const address = page.url();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  assert.equal(page.url(), address);
  await page.close();
});

test("What happened is announced to those who do not see it", async () => {
  const page = await openView("#score?fan=user123&event=evt456", "How it adds up");
  await page
    .getByRole("status")
    .getByText("user123 scores 82. Degraded: no answer from ARM risk scoring.", { exact: true })
    .waitFor();
  await page.close();
});

test("Nothing moves for those who asked for less motion", async () => {
  const page = await openView("#score?fan=user123&event=evt456", "How it adds up");
  const durations = () =>
    page.evaluate(() =>
      [...document.querySelectorAll("*")]
        .flatMap((each) => [
          getComputedStyle(each).transitionDuration,
          getComputedStyle(each).animationDuration,
        ])
        .filter((duration) => duration !== "0s"),
    );
  assert.notDeepEqual(await durations(), []);
  await page.emulateMedia({ reducedMotion: "reduce" });
  assert.deepEqual(await durations(), []);
  await page.close();
});

test("The score is readable on a phone", async () => {
  const page = await openView("#score?fan=user123&event=evt456", "How it adds up", {
    viewport: NARROW,
  });
  await keepPicture(page, "score-phone-light");
  const views = page.getByRole("navigation", { name: "Views" }).getByRole("link");
  const rows = await views.evaluateAll((links) => links.map((link) => link.offsetTop));
  assert.equal(new Set(rows).size, 1, `the views stand in rows: ${rows}`);
  const widths = await page
    .locator("#score-chart .label, #score-chart .value")
    .evaluateAll((texts) => texts.map((text) => text.getBoundingClientRect().right));
  assert.ok(Math.max(...widths) <= NARROW.width, String(widths));
  await page.close();
});

async function broken(page) {
  await page.evaluate(AXE);
  return page.evaluate(async (rules) => {
    const { violations } = await globalThis.axe.run({ runOnly: rules });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
    );
  }, RULES);
}
