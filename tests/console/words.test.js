import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { startBrowser } from "./browser.js";
import { startGateway } from "./gateway.js";

const read = (path) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
const found = (text, pattern) => [...text.matchAll(pattern)].map((match) => match[1]);

let gateway;
let browser;
let page;

before(async () => {
  gateway = await startGateway();
  browser = await startBrowser();
  page = await browser.open(gateway.url);
});
after(() => Promise.all([gateway, browser].map((each) => each?.stop())));

const exported = (module, name) =>
  page.evaluate(async ([path, key]) => (await import(path))[key], [`/${module}`, name]);

test("Every reason code of the documentation has a title, of its own or made of its words", async () => {
  const codes = found(await read("docs/reference/reason-codes.md"), /^\| `([A-Z_]+)`/gm);
  assert.ok(codes.length > 20);
  const own = Object.keys(await exported("words.js", "REASONS"));
  assert.deepEqual(own.filter((code) => !codes.includes(code)), []);
  const titles = await page.evaluate(
    async (each) => each.map((await import("/words.js")).reasonTitle),
    codes,
  );
  assert.deepEqual(titles.filter((title) => !/^[A-Z][^_]+$/.test(title)), []);
});

test("Every fate of a step has its words", async () => {
  const fates = found(await read("src/fanscore_core/engine/trace.py"), /^ {4}[A-Z_]+ = "(.+)"$/gm);
  assert.ok(fates.length > 5);
  assert.deepEqual(Object.keys(await exported("words.js", "FATES")).sort(), fates.sort());
});

test("The fans to choose are those of the sample data, and one of whom nothing is known", async () => {
  const sample = await read("src/fanscore_adapters/sample.json");
  const fans = found(sample, /"PK": "fan:([^"]+)", "SK": "identity"/g);
  const offered = (await exported("samples.js", "FANS")).map((fan) => fan.id);
  assert.deepEqual(offered.sort(), [...fans, "nobody-yet"].sort());
});
