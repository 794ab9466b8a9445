import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PHONE, assertQuiet, keepPicture, startBrowser } from "./browser.js";
import { startGateway } from "./gateway.js";

const MUTATION = "mutation Activate {\n  lnaaActivate { isMember }\n}";

let gateway;
let failing;
let browser;

before(async () => {
  gateway = await startGateway();
  failing = await startGateway("proxy_tm_account_service");
  browser = await startBrowser();
});
after(() => Promise.all([gateway, failing, browser].map((each) => each?.stop())));

const openQuery = (parameters, at = gateway, options = {}) =>
  browser.open(`${at.url}#query?${new URLSearchParams(parameters)}`, options);
const field = (page, name) => page.getByRole("textbox", { name });
const run = (page) => page.getByRole("button", { name: "Run" }).click();
const response = async (page) =>
  JSON.parse(await page.getByRole("region", { name: "Response as JSON" }).innerText());
const answered = (page, text) => page.locator("#query-status").getByText(text).waitFor();

test("Every example of the documentation is answered, and only the refused one with an error", async () => {
  const page = await openQuery({});
  const examples = page.getByLabel("Example");
  await examples.locator("option", { hasText: "Refused" }).waitFor({ state: "attached" });
  const titles = await examples.locator("option:not([disabled])").allInnerTexts();
  assert.ok(titles.includes("Any fan's score, as a service"));
  for (const title of titles) {
    await examples.selectOption(title);
    await run(page);
    await answered(page, title.startsWith("Refused") ? "HTTP 200, 1 error" : "HTTP 200, no errors");
    await page.getByRole("heading", { name: "What ran for it" }).waitFor();
  }
  assertQuiet(page);
  await page.close();
});

test("A query of several fields shows its data and what ran for each field", async () => {
  const page = await openQuery({ example: "home" });
  await run(page);
  await answered(page, "HTTP 200, no errors");
  const { api, demand } = (await response(page)).data;
  assert.deepEqual(api, {
    campaign: { name: "The Great Show", status: "OPEN" },
    eligibility: { eligible: true, reasons: [] },
    lnaaMembership: { isMember: true, tier: "GOLD", since: "2024-05-01" },
  });
  assert.deepEqual(demand.records.items[0].event, {
    name: "The Great Show",
    venue: { name: "Great Hall", city: "London" },
  });
  const fields = await page.locator("#query-run h3").allInnerTexts();
  assert.deepEqual(fields.sort(), [
    "Demand.records",
    "DemandRecord.event",
    "VFApi.campaign",
    "VFApi.eligibility",
    "VFApi.lnaaMembership",
  ]);
  await keepPicture(page, "query-desktop-light");
  assertQuiet(page);
  await page.close();
});

test("Ctrl+Enter runs the query with its variables", async () => {
  const page = await openQuery({ example: "score" });
  await field(page, "Variables").fill('{"fan": "user123"}');
  await field(page, "Query").press("Control+Enter");
  await answered(page, "HTTP 200, no errors");
  assert.equal((await response(page)).data.api.accountFanscore.score, 83);
  await page.close();
});

test("An address holds query, variables and caller, and opening it runs nothing", async () => {
  const page = await openQuery({});
  await field(page, "Query").fill(MUTATION);
  await field(page, "Variables").fill("{}");
  await page.getByRole("radio", { name: "Nobody" }).check();
  await run(page);
  await answered(page, "HTTP 401, 1 error");
  const shared = await browser.open(page.url());
  assert.equal(await field(shared, "Query").inputValue(), MUTATION);
  assert.equal(await field(shared, "Variables").inputValue(), "{}");
  assert.ok(await shared.getByRole("radio", { name: "Nobody" }).isChecked());
  await shared.getByText("Run the query to see its answer here.").waitFor();
  assert.deepEqual(shared.seen.posts, []);
  await shared.close();
  await page.close();
});

test("Who calls decides: a fan, an API key, or nobody", async () => {
  const page = await openQuery({ example: "event", as: "none" });
  await run(page);
  await answered(page, "HTTP 401, 1 error");
  await page.getByText("UnauthorizedException", { exact: true }).waitFor();

  await page.getByRole("radio", { name: "API key" }).check();
  await page.waitForFunction(
    (key) => document.querySelector("#query-key").value === key,
    gateway.key,
  );
  await run(page);
  await answered(page, "HTTP 200, no errors");
  assert.ok(!page.url().includes(gateway.key), "the key is in the address");

  await page.getByLabel("Example").selectOption("Score of a fan");
  await page.getByRole("radio", { name: "API key" }).check();
  await run(page);
  await page.getByRole("heading", { name: "User not logged in" }).waitFor();
  await page.getByText("This is for fans: choose a fan as the caller.").waitFor();
  await page.close();
});

test("A service asks for any fan, by the role that is typed", async () => {
  const page = await openQuery({ example: "service", as: "service", role: "nightly-report" });
  await run(page);
  await answered(page, "HTTP 200, no errors");
  assert.equal((await response(page)).data.api.accountFanscore.score, 100);
  assert.equal(new URLSearchParams(new URL(page.url()).hash.split("?")[1]).get("role"), "nightly-report");
  await field(page, "Role").fill("no role");
  await run(page);
  await page.getByRole("heading", { name: "The name of a role has letters" }).waitFor();
  await page.close();
});

test("A batch is drawn as the one call that it is, with its items", async () => {
  const page = await openQuery({ example: "save", as: "fan", fan: "user123" });
  const save = await field(page, "Variables").inputValue();
  await field(page, "Variables").fill(save.replace("disco456", "evt123"));
  await run(page);
  await answered(page, "HTTP 200, no errors");
  await page.getByLabel("Example").selectOption("Several fields at once");
  await run(page);
  await page.getByRole("heading", { name: "DemandRecord.event" }).waitFor();
  const batch = page.locator(".run", { hasText: "DemandRecord.event" });
  assert.equal(await batch.count(), 1);
  const items = await batch.locator(".items li").allInnerTexts();
  assert.deepEqual(items.sort().map((text) => text.split(":")[0]), [
    "demand.records.items[0].event",
    "demand.records.items[1].event",
  ]);
  await page.close();
});

test("Runs of a batch are put together: fates counted, questions told apart from shared ones", async () => {
  const page = await openQuery({});
  const [merged, sentence] = await page.evaluate(async () => {
    const { batchSentence, callsOf, mergedRun } = await import("/batch_picture.js");
    const asked = (shared, failure = null) => ({
      step: 0, question: "Q", source: "s", tookMs: shared ? 1 : 2, failure, reason: null, shared,
    });
    const trace = (fate, ...questions) => ({
      steps: [{ name: "get", fate }],
      rounds: questions.length ? [{ tookMs: 2, asked: questions }] : [],
    });
    const item = (number, one) => ({
      path: ["items", number, "event"], field: "A.b", call: 3, batch: 4, cached: false, trace: one,
    });
    const items = [
      item(0, trace("ran", asked(false))),
      item(1, trace("ran", asked(true))),
      item(2, trace("failed", asked(false, "Unavailable"))),
      item(3, null),
      { ...item(4, null), cached: true },
    ];
    const other = { path: ["x"], field: "A.c", call: 4, batch: 1, cached: false, trace: null };
    const calls = callsOf([items[0], other, ...items.slice(1)]);
    return [
      [calls.map((call) => call.length), mergedRun(items.slice(0, 3).map((each) => each.trace))],
      batchSentence(items),
    ];
  });
  const shown = { step: 0, question: "Q", source: "s", tookMs: 2, reason: null, shared: false };
  assert.deepEqual(merged, [
    [5, 1],
    {
      steps: [{ name: "get", fate: "failed", told: "ran 2 and failed 1" }],
      rounds: [
        {
          tookMs: 2,
          asked: [
            { ...shown, failure: null, count: 1, sharedCount: 1 },
            { ...shown, failure: "Unavailable", count: 1, sharedCount: 0 },
          ],
        },
      ],
    },
  ]);
  assert.equal(sentence, "get failed for 1 of 4. No step ran for 1 of 4. 1 more item came from the cache.");
  await page.close();
});

test("A refusal is told with its code, its place and what to do", async () => {
  const page = await openQuery({ example: "refused" }, gateway, { viewport: PHONE });
  await run(page);
  await page.getByRole("heading", { name: "Only the owner may ask for this" }).waitFor();
  assert.deepEqual(await page.locator(".problem code").allInnerTexts(), [
    "403",
    "NOT_OWNER",
    "at api.accountFanscore",
    "line 3, column 5",
  ]);
  await page.getByText("Fans may only ask for what is their own: call as that fan.").waitFor();
  await page.getByText("No step ran: the call was refused before the first").waitFor();
  await keepPicture(page, "refused-phone-light");
  assertQuiet(page);
  await page.close();
});

test("A failed run tells which step failed, and which were not reached", async () => {
  const page = await openQuery({ example: "save" }, failing, { colorScheme: "dark" });
  await run(page);
  await page.getByText("UNAVAILABLE", { exact: true }).waitFor();
  await page.getByText("tmAccountInfo failed: the run ended with its error.").waitFor();
  const fates = await page.locator("#query-run .fate").allInnerTexts();
  assert.deepEqual(fates, ["failed", "not reached", "not reached", "not reached"]);
  await keepPicture(page, "failed-desktop-dark");
  await page.close();
});

test("A query that is not GraphQL is told with its place", async () => {
  const page = await openQuery({ query: "query {\n  api {", as: "fan", fan: "user123" });
  await run(page);
  await answered(page, "1 error");
  await page
    .locator(".problem")
    .getByText(/^line \d+, column \d+$/)
    .waitFor();
  await page.close();
});

for (const [variables, told] of [
  ['{"fan": }', /^The variables are not JSON: /],
  ["[1]", "The variables are not a JSON object."],
]) {
  test(`Variables that cannot be sent are told, and nothing is: ${variables}`, async () => {
    const page = await openQuery({ example: "score", variables });
    await run(page);
    await page.getByRole("heading", { name: told }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "query-variables");
    assert.equal(await field(page, "Variables").getAttribute("aria-invalid"), "true");
    assert.deepEqual(page.seen.posts, []);
    await page.close();
  });
}

test("What others wrote is shown as text, never as markup", async () => {
  const page = await openQuery({ query: '{ api { "<img src=x onerror=alert(1)>" } }' });
  await run(page);
  await answered(page, "1 error");
  assert.equal(await page.locator("main img").count(), 0);
  await page.close();
});
