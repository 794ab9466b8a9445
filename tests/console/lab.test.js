import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { NARROW, assertQuiet, keepPicture, startBrowser } from "./browser.js";
import { startGateway } from "./gateway.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const fanscore = async (...words) =>
  (await run(".venv/bin/fanscore", words, { cwd: ROOT, maxBuffer: 1 << 24 })).stdout;

let gateway;
let browser;
let folder;
let shipped;
let book;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "fanscore-lab-"));
  shipped = await fanscore("policy", "show");
  const kinder = { ...JSON.parse(shipped), version: "kinder", no_history_raw_score: 60 };
  book = { default: JSON.parse(shipped), events: { evt456: kinder } };
  await writeFile(join(folder, "book.json"), JSON.stringify(book));
  gateway = await startGateway("", "0", {
    variables: { FANSCORE_POLICY: join(folder, "book.json") },
  });
  browser = await startBrowser();
});
after(async () => {
  await Promise.all([gateway, browser].map((each) => each?.stop()));
  await rm(folder, { recursive: true });
});

async function openLab(address = "#lab?fan=user123&event=evt456", options = {}) {
  const page = await browser.open(`${gateway.url}${address}`, options);
  await page.locator("#lab-fan-found table").waitFor();
  return page;
}

const number = (page, name) => page.getByRole("spinbutton", { name, exact: true });
const slider = (page, name) => page.getByRole("slider", { name: `${name}, slider`, exact: true });
const versionField = (page) => page.getByRole("textbox", { name: /^Version/ });
const button = (page, name) => page.getByRole("button", { name, exact: true });

async function movers(page, text) {
  await page.locator("#lab-movers").getByText(text, { exact: true }).waitFor();
}

const UNMOVED = "0 up, 0 down, 1,000 stay.";

async function fanSeen(page) {
  return page
    .locator("#lab-fan-found tbody tr")
    .evaluateAll((rows) =>
      rows.map((row) => [...row.children].map((cell) => cell.innerText.replace(/\s+/g, " "))),
    );
}

test("Each slider changes the fan, the crowd and the figures at once, by keyboard too", async () => {
  const page = await openLab();
  await movers(page, UNMOVED);
  assert.equal(await page.locator(".lab-now").innerText(), "87");
  await slider(page, "Points: ARM: low risk").focus();
  for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press("ArrowRight");
  await movers(page, "424 up by 2.99 points on average, 0 down, 576 stay.");
  assert.equal(await number(page, "Points: ARM: low risk").inputValue(), "8");
  assert.equal(await page.locator(".lab-now").innerText(), "90");
  assert.deepEqual(await fanSeen(page), [
    ["Starts from 75 Account score", "+75", "+75"],
    ["ARM risk score 2 ARM: low risk", "+5", "+8"],
    ["Number of demand records for the event 1 Event: demand", "+4", "+4"],
    ["Bot probability 0.05 Model: likely human", "+3", "+3"],
  ]);
  await number(page, "Below: ARM: low risk").fill("2");
  await page.locator("#lab-fan-found").getByText("ARM: low risk → ARM: medium risk").waitFor();
  await page
    .getByRole("status")
    .getByText("user123 scores 87 live, 82 edited.", { exact: false })
    .waitFor();
  assertQuiet(page);
  await page.close();
});

test("Edits are undone one by one, and back to the live policy at once", async () => {
  const page = await openLab();
  const points = number(page, "Points: ARM: low risk");
  const start = number(page, "Start without history");
  await points.fill("9");
  await start.fill("30");
  await start.blur();
  await button(page, "Undo").click();
  assert.deepEqual([await points.inputValue(), await start.inputValue()], ["9", "50"]);
  await start.fill("20");
  await start.blur();
  await button(page, "Back to live").click();
  await movers(page, UNMOVED);
  assert.equal(await points.inputValue(), "5");
  assert.equal(await button(page, "Back to live").getAttribute("aria-disabled"), "true");
  await button(page, "Undo").click();
  assert.deepEqual([await points.inputValue(), await start.inputValue()], ["9", "20"]);
  await page.close();
});

test("A mistake is the loader's, and stands at its input", async () => {
  const page = await openLab();
  const bound = number(page, "Below: ARM: medium risk");
  await bound.fill("3");
  const said = "policy.arm.bands[1].below: expected more than 3";
  await page.locator(".lab-mistake").getByText(said, { exact: true }).waitFor();
  assert.equal(await bound.getAttribute("aria-invalid"), "true");
  await page.locator("#lab-stale").waitFor();
  await page.getByRole("status").getByText(`Not a policy: ${said}.`, { exact: true }).waitFor();
  await bound.fill("3.000000001");
  await page.locator("#lab-stale").waitFor({ state: "hidden" });
  assert.equal(await bound.getAttribute("aria-invalid"), null);
  await number(page, "Points: ARM: high risk").fill("0.5");
  const other = "policy.arm.bands[2].points: expected an integer";
  await page.locator(".lab-mistake").getByText(other, { exact: true }).waitFor();
  await page.close();
});

test("An export needs a version of its own, and is what the loader's writer writes", async () => {
  const page = await openLab();
  await number(page, "Points: ARM: low risk").fill("8");
  await button(page, "Export").click();
  const taken = 'policy.version: the live policy of version "2026-11-01" is another';
  await page.locator("#lab-version-mistake").getByText(taken, { exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "lab-version");
  await versionField(page).fill("trial 1/ä");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    button(page, "Export").click(),
  ]);
  assert.equal(download.suggestedFilename(), "trial_1_.json");
  const path = join(folder, "exported.json");
  await download.saveAs(path);
  assert.equal(await readFile(path, "utf8"), await fanscore("policy", "show", "--policy", path));
  const expected = JSON.parse(shipped);
  expected.version = "trial 1/ä";
  expected.arm.bands[0].points = 8;
  assert.deepEqual(JSON.parse(await readFile(path, "utf8")), expected);
  await page.close();
});

test("A policy is imported; one with a mistake is not, and nothing is lost", async () => {
  const page = await openLab();
  const points = number(page, "Points: ARM: low risk");
  await points.fill("11");
  const picker = page.locator("#lab-file");
  const give = (name, text) =>
    picker.setInputFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });
  for (const [name, text, said] of [
    [
      "bad.json",
      shipped.replace('"below": 6', '"below": 2'),
      "policy.arm.bands[1].below: expected more than 3",
    ],
    ["book.json", JSON.stringify(book), "policy: expected a policy, not a policy book"],
    ["cut.json", shipped.slice(0, 40), "$: not JSON"],
  ]) {
    await give(name, text);
    await page.getByText(`${name} is not imported: ${said}`, { exact: false }).waitFor();
    assert.equal(await points.inputValue(), "11");
  }
  await give("latin.json", Buffer.from([0x7b, 0xe4]));
  await page.getByText("latin.json is not imported: it is not UTF-8.").waitFor();
  const own = JSON.parse(shipped);
  own.version = "own";
  own.arm.bands = [{ below: 1, points: 7, code: "ARM_TINY" }, { points: -1, code: "ARM_OTHER" }];
  await give("own.json", JSON.stringify(own));
  await page.getByText("Imported own.json.", { exact: true }).waitFor();
  assert.equal(await number(page, "Points: Arm tiny").inputValue(), "7");
  assert.equal(await versionField(page).inputValue(), "own");
  await button(page, "Undo").click();
  assert.equal(await points.inputValue(), "11");
  assertQuiet(page);
  await page.close();
});

test("The core's diff says what the page says, and opens as its full report", async () => {
  const page = await openLab("#lab?fan=user123&event=evt456&policy=evt456");
  await page.getByRole("combobox", { name: "Live policy" }).waitFor();
  await movers(page, UNMOVED);
  await number(page, "Start without history").fill("40");
  await versionField(page).fill("colder");
  await button(page, "Show the diff").click();
  const link = page.getByRole("link", { name: "Open the full report" });
  await link.waitFor();
  const [ways, figures] = await page.locator("#lab-diff-found tbody").evaluateAll((bodies) =>
    bodies.map((body) =>
      Object.fromEntries(
        [...body.rows].map((row) => [
          row.querySelector("code").innerText,
          [...row.cells].slice(1).map((cell) => cell.innerText),
        ]),
      ),
    ),
  );
  const files = { "old.json": book.events.evt456, "new.json": { ...book.events.evt456 } };
  Object.assign(files["new.json"], { version: "colder", no_history_raw_score: 40 });
  for (const [name, policy] of Object.entries(files)) {
    await writeFile(join(folder, name), JSON.stringify(policy));
  }
  const paths = ["old.json", "new.json", "findings.jsonl"].map((each) => join(folder, each));
  const [old, edited, findings] = paths;
  await writeFile(findings, await fanscore("policy", "sample-findings", "--people", "1000"));
  const core = JSON.parse(
    await fanscore("policy", "diff", old, edited, "--findings", findings, "--format", "json"),
  ).figures;
  assert.deepEqual(ways.down, [
    `${core["down.people"]}`,
    `${(100 * core["down.share"]).toFixed(1)} %`,
    core["down.mean"].toFixed(2),
    `${core["down.most"]}`,
  ]);
  assert.deepEqual(
    figures,
    Object.fromEntries(
      Object.keys(figures).map((name) => [
        name,
        [core[`old.${name}`], core[name]].map((each) => each.toFixed(3).replace("-", "\u2212")),
      ]),
    ),
  );
  assert.equal(Object.keys(figures).length, 7);
  const [down, by] = [core["down.people"], core["down.mean"].toFixed(2)];
  await movers(page, `0 up, ${down} down by ${by} points on average, ${1000 - down} stay.`);
  const [report] = await Promise.all([page.context().waitForEvent("page"), link.click()]);
  await report.getByRole("heading", { name: "Policy diff" }).waitFor();
  await report.getByRole("cell", { name: "colder" }).waitFor();
  await report.close();
  assertQuiet(page);
  await page.close();
});

test("Another live policy and another fan are chosen, and kept in the address", async () => {
  const page = await openLab();
  await page.getByRole("combobox", { name: "Live policy" }).selectOption("Event evt456 – kinder");
  assert.equal(await number(page, "Start without history").inputValue(), "60");
  await number(page, "Start without history").fill("55");
  await page.locator("#lab-live").selectOption("Default – 2026-11-01");
  await button(page, "Undo").click();
  assert.equal(await number(page, "Start without history").inputValue(), "55");
  await page.locator("#lab-live").selectOption("Event evt456 – kinder");
  await page.locator("#lab-fan").fill("nobody-yet");
  await button(page, "Look up").click();
  await page.locator("#lab-fan-found").getByText("No history").waitFor();
  assert.equal(await page.locator(".lab-now").innerText(), "60");
  assert.equal(new URL(page.url()).hash, "#lab?fan=nobody-yet&event=evt456&policy=evt456");
  await page.evaluate(() => (location.hash = "#lab?fan=bot-fan&event=evt456&policy=evt456"));
  await page.locator("#lab-fan-found").getByText("Model: likely bot").waitFor();
  await page.close();
});

test("On a phone, what changes stays in sight", async () => {
  const page = await openLab(undefined, { viewport: NARROW });
  await number(page, "Points: Model: likely bot").fill("-50");
  const strip = page.locator("#lab-strip");
  await strip.getByText("▼", { exact: false }).waitFor();
  const { y } = await strip.boundingBox();
  assert.ok(y >= 0 && y < NARROW.height, String(y));
  await keepPicture(page, "lab-phone-light");
  await page.close();
});

test("A signal of one's own has its sliders, and counts for a fan", async () => {
  const presale = await startGateway("", "0", {
    variables: {
      FANSCORE_API: "presale.api:PRESALE",
      PYTHONPATH: join(ROOT, "examples", "presale"),
    },
  });
  try {
    const page = await browser.open(`${presale.url}#lab?fan=user123&event=evt456`);
    await page.getByText("Nothing is made up of loyalty: these fans count as not asked.").waitFor();
    await number(page, "Below: Loyalty few points").fill("1200.5");
    const moved = "Loyalty many points → Loyalty few points";
    await page.locator("#lab-fan-found").getByText(moved).waitFor();
    assert.deepEqual((await fanSeen(page)).at(-1), [
      "Number of loyalty points 1200 Loyalty many points → Loyalty few points",
      "+2",
      "0",
    ]);
    assertQuiet(page);
    await page.close();
  } finally {
    await presale.stop();
  }
});
