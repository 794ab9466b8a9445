/** A real Chromium, and pages in it that notice what must not happen. */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const SCREENSHOTS = fileURLToPath(new URL("../../build/screenshots/", import.meta.url));
const PATIENCE_MS = 60_000;
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };
export const NARROW = { width: 360, height: 740 };

/** Start Chromium with an empty profile of its own. */
export async function startBrowser() {
  const profile = await mkdtemp(join(tmpdir(), "fanscore-console-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    chromiumSandbox: false,
    args: FLAGS,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  return {
    /**
     * Open a page that remembers what its console said and where its requests went, and wait until
     * a console in it answers to a person.
     */
    open: async (
      address,
      { viewport = DESKTOP, colorScheme = "light", reducedMotion = "no-preference" } = {},
    ) => {
      const page = await context.newPage();
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion });
      page.seen = watch(page);
      await page.goto(address);
      await page.locator(":root:not(:has(main[aria-busy=true]))").waitFor({ state: "attached" });
      return page;
    },
    stop: async () => {
      await context.close();
      await rm(profile, { recursive: true });
    },
  };
}

/** Keep a picture of the whole page. */
export async function keepPicture(page, name) {
  await page.screenshot({
    path: `${SCREENSHOTS}${name}.png`,
    fullPage: true,
    animations: "disabled",
  });
}

/** Check that a page has been quiet and has stayed at home; `expected` errors are told by a part. */
export function assertQuiet(page, expected = []) {
  const complaints = page.seen.complaints.filter(
    (text) => !expected.some((part) => text.includes(part)),
  );
  assert.deepEqual(complaints, []);
  assert.deepEqual([...page.seen.origins], [new URL(page.url()).origin]);
}

/** Check that nothing sticks out sideways. */
export async function assertNoSidewaysScroll(page) {
  const [content, room] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(content <= room, `the page is ${content} px wide, and there are ${room}`);
}

function watch(page) {
  const seen = { complaints: [], origins: new Set(), posts: [] };
  page.on("console", (said) => {
    if (["error", "warning"].includes(said.type())) seen.complaints.push(said.text());
  });
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  page.on("request", (request) => {
    seen.origins.add(new URL(request.url()).origin);
    if (request.method() === "POST") seen.posts.push(request.url());
  });
  return seen;
}
