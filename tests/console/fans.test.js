import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { NARROW, assertNoSidewaysScroll, assertQuiet, keepPicture, startBrowser } from "./browser.js";
import { enterCampaign, startGateway } from "./gateway.js";

const KEEP_RECEIPT = `
import json, sqlite3, sys
said = {"eventId": "evt456", "decidedAt": "2026-11-01T08:00:00Z", "policyVersion": "2026-11-01", "decision": {"score": 87}}
item = {"PK": "fan:held", "SK": "receipt#evt456#2026-11-01T08:00:00Z", "document": json.dumps(said), "leaf": "1f2e"}
with sqlite3.connect(sys.argv[1]) as store:
    store.execute("INSERT INTO demand_table VALUES (?, ?, ?)", (item["PK"], item["SK"], json.dumps(item)))
    for number, document in enumerate(["null", "[", 5, {"decision": 5}]):
        odd = {"PK": "fan:odd", "SK": f"receipt#evt456#{number}", "document": document}
        store.execute("INSERT INTO demand_table VALUES (?, ?, ?)", (odd["PK"], odd["SK"], json.dumps(odd)))
    store.execute("INSERT INTO demand_table VALUES (?, ?, ?)", ("fan:odd", "receipt#far", '{"PK": "fan:odd", "SK": "receipt#far", "x": 1e999}'))
`;

let gateway;
let own;
let folder;
let browser;

before(async () => {
  gateway = await startGateway();
  folder = await mkdtemp(join(tmpdir(), "fanscore-own-"));
  own = await startGateway("", "0", { more: ["--db", join(folder, "fans.db")] });
  browser = await startBrowser();
});
after(async () => {
  await Promise.all([gateway, own, browser].map((each) => each?.stop()));
  await rm(folder, { recursive: true });
});

const openFans = (parameters = {}, options = {}) =>
  browser.open(`${gateway.url}#fans?${new URLSearchParams(parameters)}`, options);
const search = (page) => page.getByRole("combobox", { name: "Find a fan" });
const found = (page) => page.getByRole("listbox", { name: "Fans" }).getByRole("option");
const heading = (page, name) => page.getByRole("heading", { name, exact: true }).waitFor();
const card = (page, name) => page.getByRole("region", { name, exact: true });

test("A fan is found by the beginning of the id, with the keyboard alone", async () => {
  const page = await openFans();
  await search(page).focus();
  await page.keyboard.type("bo");
  await found(page).first().waitFor();
  assert.deepEqual(await found(page).allInnerTexts(), ["bot-fan", "bottom-fan"]);
  assert.equal(await search(page).getAttribute("aria-expanded"), "true");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal(await search(page).getAttribute("aria-activedescendant"), "fans-found-1");
  assert.equal(await found(page).nth(1).getAttribute("aria-selected"), "true");
  await page.keyboard.press("Escape");
  assert.equal(await search(page).getAttribute("aria-expanded"), "false");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await heading(page, "bottom-fan");
  assert.equal(new URL(page.url()).hash, "#fans?fan=bottom-fan&event=");
  await page.goBack();
  await page.getByText("Find a fan to see what is known.").waitFor();
  assertQuiet(page);
  await page.close();
});

test("Where no fan's id begins so, that is said; a whole id opens all the same", async () => {
  const page = await openFans();
  await search(page).fill("nobody");
  await page.getByText("Nothing is stored of a fan whose id begins with “nobody”.").waitFor();
  assert.equal(await search(page).getAttribute("aria-expanded"), "false");
  await search(page).fill("nobody-yet");
  await search(page).press("Enter");
  await heading(page, "nobody-yet");
  await page.getByText("Nothing is stored of this fan").waitFor();
  await page.close();
});

test("A fan's page shows the score, and the value behind each reason", async () => {
  const page = await openFans({ fan: "nobody-yet", event: "evt456" });
  await heading(page, "nobody-yet");
  assert.deepEqual(await page.locator("#fans-view .reasons .value").allInnerTexts(), [
    "ARM risk score: none: ARM knows no score of this fan",
    "Number of demand records for the event: 0",
    "Bot probability: none: the model has no verdict on this fan",
  ]);
  await page.getByRole("link", { name: "user123 usual" }).last().click();
  await heading(page, "user123");
  assert.deepEqual(await page.locator("#fans-view .reasons .value").allInnerTexts(), [
    "Stored raw score: 75",
    "ARM risk score: 2",
    "Number of demand records for the event: 1",
    "Bot probability: 0.05",
  ]);
  await page.getByRole("img", { name: /^Waterfall chart\. Account score 75/ }).waitFor();
  assertQuiet(page);
  await page.close();
});

test("A fan's page shows records, entries and sessions, and the item behind each", async () => {
  await enterCampaign(gateway);
  const page = await openFans({ fan: "user123", event: "evt456" });
  await heading(page, "user123");
  const demand = card(page, "Demand records");
  const cells = await demand.getByRole("cell").allInnerTexts();
  assert.deepEqual(cells.slice(0, 3), ["disco456", "sale789", "saved"]);
  await demand.getByText("As stored").click();
  assert.match(await demand.locator("pre").innerText(), /"SK": "demand#disco456-sale789"/);
  await card(page, "Receipts").getByText("None are stored: receipts are off").waitFor();
  await card(page, "Liveness sessions").getByText("No liveness check was started.").waitFor();
  await keepPicture(page, "fan-desktop-light");
  await page.close();
});

test("From a fan's page one gets to the score, the query and the events, and back", async () => {
  const page = await openFans({ fan: "top-fan", event: "evt456" });
  await page.getByRole("link", { name: "Score view" }).click();
  await page.locator("#score-whose").getByText("top-fan").waitFor();
  await page.getByRole("link", { name: "The fan’s page" }).click();
  await heading(page, "top-fan");
  await page.getByRole("textbox", { name: "Score for event" }).or(
    page.getByRole("combobox", { name: "Score for event" }),
  ).fill("");
  await page.getByRole("button", { name: "Show score" }).last().click();
  await page.getByText("without an event").last().waitFor();
  await page.getByRole("link", { name: "Query as this fan" }).click();
  assert.equal(await page.locator("#query-fan").inputValue(), "top-fan");
  await page.goBack();
  await page.getByRole("link", { name: "Events of this fan" }).click();
  await page.getByText("Nothing was published of top-fan in the last 30 days.").waitFor();
  assertQuiet(page);
  await page.close();
});

for (const fan of ['"><script>alert(1)</script>', "ü#%2D'&=", "W".repeat(128)]) {
  test(`An id is text, whatever it holds: ${fan.slice(0, 20)}`, async () => {
    const page = await openFans({ fan, event: fan }, { viewport: NARROW });
    await heading(page, fan);
    assert.equal(await page.locator("main script").count(), 0);
    await assertNoSidewaysScroll(page);
    assertQuiet(page);
    await page.close();
  });
}

test("A receipt is shown with its time, event, score, policy and leaf", async () => {
  await promisify(execFile)("python3", ["-c", KEEP_RECEIPT, join(folder, "fans.db")]);
  const page = await browser.open(`${own.url}#fans?fan=held`);
  const cells = card(page, "Receipts").getByRole("cell");
  await cells.first().waitFor();
  const [decided, ...others] = await cells.allInnerTexts();
  assert.match(decided, /^1 Nov 2026/);
  assert.deepEqual(others.slice(0, 4), ["evt456", "87", "2026-11-01", "1f2e"]);
  await page.goto(`${own.url}#fans?fan=odd`);
  await card(page, "Receipts").getByText("As stored").nth(4).waitFor();
  await page.close();
});

test("The console is busy until it knows what its gateway has", async () => {
  const page = await browser.open(`${gateway.url}/icon.svg`);
  let release;
  const released = new Promise((resolve) => {
    release = resolve;
  });
  await page.route("**/dev/workbench/about", async (route) => {
    await released;
    await route.continue();
  });
  const asked = page.waitForRequest("**/dev/workbench/about");
  await page.goto(gateway.url);
  await asked;
  assert.equal(await page.locator("main[aria-busy=true]").count(), 1);
  release();
  await page.locator("main:not([aria-busy])").waitFor();
  assert.ok(await page.getByRole("link", { name: "top-fan" }).isVisible());
  await page.close();
});

test("Where the gateway has no workbench, there is no sign of it", async () => {
  const page = await browser.open(`${gateway.url}/icon.svg`);
  await page.route("**/dev/workbench/about", (route) => route.fulfill({ status: 404, body: "{}" }));
  await page.goto(`${gateway.url}/#fans`);
  await page.getByText("Type a fan's id.").waitFor({ state: "attached" });
  const views = page.getByRole("navigation", { name: "Views" }).getByRole("link");
  assert.deepEqual(await views.allInnerTexts(), ["Score", "Query"]);
  await page.getByRole("link", { name: "Query" }).click();
  assert.equal(await page.getByRole("radio", { name: "Service" }).count(), 0);
  await page.close();
});

test("What the gateway refuses is told plainly, and can be tried again", async () => {
  const page = await openFans({ fan: " x" });
  await heading(page, "fan: expected 1 to 128 characters, at most 400 bytes, with no control characters, and no white space at either end.");
  await page.getByRole("button", { name: "Try again" }).waitFor();
  await page.close();
});

test("On a database without the sample nothing of the sample is offered", async () => {
  const page = await browser.open(own.url);
  await page.getByText("Type a fan's id.").waitFor({ state: "attached" });
  assert.equal(await page.getByText("From the sample data").filter({ visible: true }).count(), 0);
  assert.equal(await page.locator("#score-fan").inputValue(), "");
  await page.getByRole("link", { name: "Fans" }).click();
  await page.getByText("Find a fan to see what is known.").waitFor();
  assert.equal(await page.locator(".chip").count(), 0);
  assertQuiet(page);
  await page.close();
});
