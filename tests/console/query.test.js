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
  const titles = await examples.locator("option:not([disabled])").allInnerTexts();
  assert.ok(titles.length > 5);
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
