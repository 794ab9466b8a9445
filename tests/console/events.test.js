import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { NARROW, assertNoSidewaysScroll, assertQuiet, keepPicture, startBrowser } from "./browser.js";
import { enterCampaign, startGateway } from "./gateway.js";

const BURY = `
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as bus:
    bus.execute("DELETE FROM deliveries WHERE consumer = 'sync'")
    bus.execute("INSERT INTO dead_letters SELECT id, 'sync', 5, published_at, 'Unavailable: why' FROM user_events")
`;

const PUBLISH = `
import json, sqlite3, sys, time
with sqlite3.connect(sys.argv[1]) as bus:
    for number in range(60):
        event = {"detail-type": "user.upsert", "detail": {"globalUserId": "many"}}
        row = (f"many-{number}", json.dumps(event), time.time() + number)
        bus.execute("INSERT INTO user_events VALUES (?, ?, ?)", row)
`;

let gateway;
let browser;
let folder;
let event;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "fanscore-events-"));
  const database = join(folder, "fans.db");
  gateway = await startGateway("", "0", { more: ["--db", database] });
  browser = await startBrowser();
  event = await enterCampaign(gateway);
  const page = await openEvents();
  await page.locator(".deliveries .fate").nth(3).waitFor();
  while ((await fates(page)).some((fate) => fate !== "delivered")) {
    await page.getByRole("button", { name: "Show events" }).click();
    await page.waitForResponse(/workbench\/events/);
  }
  await page.close();
  await promisify(execFile)("python3", ["-c", BURY, database]);
});
after(async () => {
  await Promise.all([gateway, browser].map((each) => each?.stop()));
  await rm(folder, { recursive: true });
});

const openEvents = (options = {}) => browser.open(`${gateway.url}#events`, options);
const fates = (page) => page.locator(".deliveries .fate").allInnerTexts();

test("A dead letter is shown with its reason, and can be sent again", async () => {
  const page = await openEvents();
  await page.getByRole("heading", { name: "1 dead letter, oldest first" }).waitFor();
  assert.deepEqual(await fates(page), ["delivered", "delivered", "delivered", "dead letter"]);
  await page.locator(".event").getByText("5 attempts. Unavailable: why.").waitFor();
  await keepPicture(page, "dead-letter-desktop-light");
  await page.getByRole("button", { name: `Retry sync for ${event}` }).click();
  await page.getByRole("status").getByText("1 delivery sent again, all delivered.").waitFor();
  await page.locator(".event-told").getByText("1 delivery sent again, all delivered.").waitFor();
  assert.deepEqual(await fates(page), Array(4).fill("delivered"));
  assert.equal(await page.locator(".dead").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement.id), `event-${event}`);
  assertQuiet(page);
  await page.close();
});

test("A replay is asked for twice, and warns of what reaches the outside", async () => {
  const page = await openEvents({ viewport: NARROW, colorScheme: "dark" });
  const replay = page.getByRole("button", { name: "Replay…" });
  await replay.click();
  const dialog = page.getByRole("dialog", { name: "Deliver this event again?" });
  await dialog.waitFor();
  await assertNoSidewaysScroll(page);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual(page.seen.posts, []);
  await replay.press("Enter");
  await dialog.getByRole("checkbox", { name: "entry" }).uncheck();
  await dialog.getByRole("checkbox", { name: "profile" }).uncheck();
  await dialog.getByRole("button", { name: "Deliver again" }).click();
  await dialog.getByText("Choose at least one consumer.").waitFor();
  await dialog.getByRole("checkbox", { name: "sync" }).check();
  await dialog.getByText("cannot be taken back").waitFor();
  await dialog.getByRole("checkbox", { name: "profile" }).check();
  await dialog.getByRole("button", { name: "Deliver again" }).click();
  await page.getByRole("status").getByText("2 deliveries replayed, all delivered.").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), `replay-${event}`);
  assertQuiet(page);
  await page.close();
});

test("The events of one fan lead to that fan, and the event can be looked at", async () => {
  const page = await openEvents();
  await page.getByLabel("Only of fan").fill("user123");
  await page.getByRole("button", { name: "Show events" }).click();
  await page.getByText("1 event of user123, newest first.").waitFor();
  await page.getByText("The event as it is delivered").click();
  assert.match(await page.locator(".event pre").innerText(), /"globalUserId": "user123"/);
  await page.locator(".event").getByRole("link", { name: "user123" }).click();
  await page.getByRole("heading", { name: "user123", exact: true }).waitFor();
  const entries = page.getByRole("region", { name: "Entries", exact: true });
  await entries.getByText("camp1", { exact: true }).waitFor();
  await page.close();
});

test("Older events are shown when they are asked for", async () => {
  await promisify(execFile)("python3", ["-c", PUBLISH, join(folder, "fans.db")]);
  const page = await browser.open(`${gateway.url}#events?fan=many`);
  await page.getByText("50 events of many, newest first, and there are older ones.").waitFor();
  const ids = page.locator(".event-facts code");
  assert.equal(await ids.first().innerText(), "many-59");
  await page.getByRole("button", { name: "Show older" }).press("Enter");
  await page.getByText("60 events of many, newest first.").waitFor();
  assert.equal(await ids.last().innerText(), "many-0");
  assert.equal(await page.evaluate(() => document.activeElement.id), "event-many-9");
  assert.equal(await page.getByRole("button", { name: "Show older" }).count(), 0);
  await page.close();
});

test("Without events that is said, with what makes one", async () => {
  const page = await openEvents();
  await page.getByLabel("Only of fan").fill("top-fan");
  await page.getByRole("button", { name: "Show events" }).click();
  await page.getByText("Nothing was published of top-fan in the last 30 days.").waitFor();
  await page.getByText("Enter a campaign as a fan, in the query view").waitFor();
  await page.close();
});
