import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { assertQuiet, keepPicture, PHONE, startBrowser } from "./browser.js";
import { startGateway } from "./gateway.js";
import {
  chartSeen,
  eventField,
  fanField,
  openScore,
  reasonsSeen,
  shownScore,
  stepsSeen,
} from "./score_page.js";

const STEPS = [
  "getAccountFanscoreGlobalUserId",
  "getAccountFanscoreMemberId",
  "getArmScore",
  "getDiscoEventId",
  "getEventDemandRecord",
  "getBotOrNotCursor",
  "getBotOrNot",
  "calcAccountScore",
];

let gateway;
let degraded;
let browser;

before(async () => {
  gateway = await startGateway();
  degraded = await startGateway("arm_scoring");
  browser = await startBrowser();
});
after(() => Promise.all([gateway, degraded, browser].map((each) => each?.stop())));

test("The console opens with a score, explained", async () => {
  const page = await browser.open(gateway.url);
  await shownScore(page, "87");
  assert.equal(await page.title(), "Score · fanscore console");
  assert.equal(await page.locator("#score-whose").innerText(), "user123 for event evt456");
  assert.equal(await page.locator("#score-sum").innerText(), "75 + 5 + 4 + 3 = 87");
  await page.getByText("Every system answered", { exact: true }).waitFor();
  await page.getByText("Policy 2026-11-01").waitFor();
  assert.deepEqual(await reasonsSeen(page), [
    ["Account score", "ACCOUNT_SCORE", "Score of the fan's account.", "75", "75"],
    ["ARM: low risk", "ARM_LOW_RISK", "ARM risk score is below 3.", "+5", "80"],
    [
      "Event: demand",
      "EVENT_DEMAND",
      "Number of demand records for the event is 1 or more, and below 2.",
      "+4",
      "84",
    ],
    ["Model: likely human", "MODEL_LIKELY_HUMAN", "Bot probability is below 0.2.", "+3", "87"],
  ]);
  await keepPicture(page, "score-desktop-light");
  assertQuiet(page);
  await page.close();
});

test("The page may load nothing from elsewhere, and has no code or style in its markup", async () => {
  const answer = await fetch(gateway.url);
  assert.match(answer.headers.get("content-security-policy"), /^default-src 'self'(;|$)/);
  const markup = await answer.text();
  assert.doesNotMatch(
    markup,
    /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|(?:src|href)="(?:\w+:|\/\/)/,
  );
});

test("The picture says in words what it shows", async () => {
  const page = await openScore(browser, gateway, { fan: "bottom-fan", event: "evt456" });
  await page
    .getByRole("img", {
      name:
        "Waterfall chart. Account score 8, ARM: high risk \u221215, Event: no demand 0, " +
        "Model: likely bot \u221240, Clamped +47. Score 0.",
      exact: true,
    })
    .waitFor();
  await page.close();
});

for (const [fan, event, score] of [
  ["user123", "evt456", 87],
  ["top-fan", "evt456", 100],
  ["identity-fan", "evt456", 71],
  ["risky-fan", "unmapped-event", 49],
  ["bot-fan", "evt456", 5],
  ["bottom-fan", "evt456", 0],
  ["nobody-yet", "evt456", 50],
]) {
  test(`The bars of ${fan} follow one another and add up to the score`, async () => {
    const page = await openScore(browser, gateway, { fan, event });
    await shownScore(page, String(score));
    const bars = await chartSeen(page);
    let sum = 0;
    for (const bar of bars.slice(0, -1)) {
      assert.deepEqual(
        bar.ends,
        [sum, sum + bar.points].sort((a, b) => a - b),
        bar.label,
      );
      sum += bar.points;
    }
    assert.equal(sum, score);
    assert.deepEqual(bars.at(-1), { label: "Score", points: score, ends: [0, score] });
    const listed = (await reasonsSeen(page)).map(([title, , , points]) => [title, points]);
    const drawn = bars.slice(0, -1).map(({ label, text }) => [label, text]);
    assert.deepEqual(drawn, listed);
    assertQuiet(page);
    await page.close();
  });
}

test("The run is told step by step, with its rounds", async () => {
  const page = await openScore(browser, gateway, { fan: "nobody-yet", event: "" });
  await shownScore(page, "50");
  const early = ["getAccountFanscoreMemberId", "getDiscoEventId", "getEventDemandRecord"];
  assert.deepEqual(
    await stepsSeen(page),
    STEPS.map((name) => [name, early.includes(name) ? "returned early" : "ran"]),
  );
  await page.getByText("2 rounds · 4 questions · ").waitFor();
  await page
    .getByText(
      "getAccountFanscoreMemberId, getDiscoEventId and getEventDemandRecord returned early: " +
        "nothing was left to ask, and the run went on.",
    )
    .waitFor();
  await page.close();
});

test("A degraded score is told in words, and in another colour than the rest", async () => {
  const page = await openScore(browser, degraded, { fan: "user123", event: "evt456" });
  await shownScore(page, "82");
  await page.getByText("Degraded: no answer from ARM risk scoring", { exact: true }).waitFor();
  const [, arm] = await reasonsSeen(page);
  assert.deepEqual(arm, [
    "ARM: no answer",
    "ARM_UNAVAILABLE",
    "ARM risk scoring gave no answer. The policy says what counts instead. " +
      "Once arm_scoring answers, the score may change.",
    "0",
    "75",
  ]);
  assert.deepEqual(
    await stepsSeen(page),
    STEPS.map((name) => [name, name === "getArmScore" ? "degraded" : "ran"]),
  );
  await page
    .getByText("getArmScore degraded: no answer came, and the run went on without it.")
    .waitFor();
  const fact = page.getByRole("listitem").filter({ hasText: "getArmScore" }).locator(".facts");
  assert.match(await fact.innerText(), /arm_scoring <?[\d.]+ ms Unavailable: declared out of order$/);
  const colours = await page
    .locator("#score-run .fate")
    .evaluateAll((marks) => marks.map((mark) => getComputedStyle(mark).color));
  assert.equal(colours.filter((colour) => colour === colours[2]).length, 1);
  await keepPicture(page, "degraded-desktop-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await keepPicture(page, "degraded-desktop-dark");
  await page.setViewportSize(PHONE);
  await keepPicture(page, "degraded-phone-dark");
  assertQuiet(page);
  await page.close();
});

test("A typed fan without an event is scored, and the address keeps both", async () => {
  const page = await openScore(browser, gateway, { fan: "user123", event: "evt456" });
  await fanField(page).fill("bot-fan");
  await eventField(page).fill("");
  await page.getByRole("button", { name: "Show score" }).click();
  await shownScore(page, "5");
  assert.equal(await page.locator("#score-whose").innerText(), "bot-fan without an event");
  assert.equal(new URL(page.url()).hash, "#score?fan=bot-fan&event=");

  const shared = await browser.open(page.url());
  await shownScore(shared, "5");
  await shared.close();

  await page.goBack();
  await shownScore(page, "87");
  assert.equal(await fanField(page).inputValue(), "user123");
  await page.close();
});

test("A sample is one click or key away, is marked as chosen, and keeps the focus", async () => {
  const page = await browser.open(gateway.url);
  await page.getByRole("link", { name: "risky-fan high risk" }).press("Enter");
  await shownScore(page, "49");
  assert.equal(await page.evaluate(() => document.activeElement.innerText), "risky-fan high risk");
  assert.equal(await page.locator(".chip[aria-current]").innerText(), "risky-fan high risk");
  assert.equal(await eventField(page).inputValue(), "unmapped-event");
  await page.close();
});

test("A score can be opened as the query behind it", async () => {
  const page = await openScore(browser, gateway, { fan: "top-fan", event: "disco456" });
  await page.getByRole("link", { name: "Open as a query" }).click();
  await page.getByRole("heading", { name: "Ask the API" }).waitFor();
  assert.deepEqual(JSON.parse(await page.getByLabel("Variables").inputValue()), {
    fan: "top-fan",
    event: "disco456",
  });
  await page.getByRole("button", { name: "Run" }).click();
  await page.getByRole("region", { name: "Response as JSON" }).getByText('"score": 100').waitFor();
  await page.close();
});

test("An id that is none is told, and no old score is left standing", async () => {
  const page = await openScore(browser, gateway, { fan: "user123", event: "evt456" });
  await shownScore(page, "87");
  await eventField(page).fill("evt\u202e456");
  await page.keyboard.press("Enter");
  await page.getByText("INVALID_ID", { exact: true }).waitFor();
  await page.locator("#score-number").waitFor({ state: "hidden" });
  await keepPicture(page, "error-desktop-light");
  await page.close();
});

test("Without a fan nothing is asked, and the field has the focus", async () => {
  const page = await openScore(browser, gateway, { fan: "", event: "" });
  await page
    .getByRole("status")
    .getByText("Type a fan's id, or choose one of the samples.")
    .waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "score-fan");
  assertQuiet(page);
  await page.close();
});

test("A late answer does not take the place of a newer one", async () => {
  const page = await browser.open(`${gateway.url}#query`);
  let release;
  const released = new Promise((resolve) => {
    release = resolve;
  });
  await page.route(
    "**/graphql",
    async (route) => {
      await released;
      await route.continue().catch(() => {});
    },
    { times: 1 },
  );
  const first = page.waitForRequest("**/graphql");
  await page.getByRole("navigation").getByRole("link", { name: "Score" }).click();
  await first;
  await page.getByRole("link", { name: "top-fan" }).click();
  await shownScore(page, "100");
  release();
  assert.equal(await page.locator("#score-number").innerText(), "100");
  await page.close();
});

test("A gateway that is gone is told, and asked again once it is back", async () => {
  const first = await startGateway();
  const page = await openScore(browser, first, { fan: "user123", event: "evt456" });
  await first.stop();
  await page.getByRole("link", { name: "top-fan" }).click();
  await page.getByRole("heading", { name: "The gateway cannot be reached." }).waitFor();
  await page.locator("#score-number").waitFor({ state: "hidden" });
  await page.setViewportSize(PHONE);
  await keepPicture(page, "unreachable-phone-light");
  const second = await startGateway("", new URL(first.url).port);
  await page.getByRole("button", { name: "Try again" }).click();
  await shownScore(page, "100");
  assertQuiet(page, ["ERR_CONNECTION_REFUSED"]);
  await page.close();
  await second.stop();
});

test("An answer that is not JSON is told with its status", async () => {
  const page = await browser.open(`${gateway.url}#query`);
  await page.route("**/graphql", (route) =>
    route.fulfill({ status: 502, body: "<h1>Bad gateway</h1>" }),
  );
  await page.getByRole("navigation").getByRole("link", { name: "Score" }).click();
  await page
    .getByRole("heading", { name: "The gateway answered HTTP 502, but not with JSON." })
    .waitFor();
  await page.close();
});

test("A gateway that gives no tokens is told", async () => {
  const page = await browser.open(`${gateway.url}#query`);
  await page.route("**/dev/token", (route) => route.fulfill({ status: 404, json: {} }));
  await page.getByRole("navigation").getByRole("link", { name: "Score" }).click();
  await page
    .getByRole("heading", { name: "The gateway gave no token for this fan (HTTP 404)." })
    .waitFor();
  await page.close();
});

test("A gateway that sends no trace still shows the score", async () => {
  const page = await browser.open(`${gateway.url}#query`);
  await page.route("**/graphql", async (route) => {
    const response = await route.fetch();
    const { extensions, ...json } = await response.json();
    assert.ok(extensions.fanscore);
    await route.fulfill({ response, json });
  });
  await page.getByRole("navigation").getByRole("link", { name: "Score" }).click();
  await shownScore(page, "87");
  await page.getByText("This gateway sends no trace, so the run cannot be drawn.").waitFor();
  await page.close();
});
